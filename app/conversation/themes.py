"""What readers speak of: the words that several of them use, counted once for each conversation.

Small on purpose. No word is weighed and none is invented: a theme is a word, how many conversations hold it, and a
link to them.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

MOST: Final = 12
LEAST: Final = 2
_WORD: Final = re.compile(r"[^\W\d_]{4,30}")
_READ: Final = 4_000

_COMMON: Final = frozenset(
    re.findall(
        r"\S+",
        """about above after again against also always another anything around away back because been before being
        below best better between both cannot could didn doesn doing done dear does down during each either
        else enough even ever every everything feel find first from full further gave getting give going
        good great hello hers here hers herself himself into isn issue itself just keep kind know last later
        least less letter like little long look looking lots love made mail make many mark maybe might mine
        more most much must myself need never newsletter next nice nothing often once only other ours over
        please point quite rather read reading really regards right said same seem sent shall should since
        some something soon still such sure take tell than thank thanks that theirs them themselves then
        there these they thing things think this those though thought through time today together told took
        toward under until upon used very want wasn well went were what when where which while will wish
        with within without wonder would write writing wrote year years your yours yourself aber alle allem
        allen aller alles also andere anderen auch beim bereits besser bitte dabei damit danach danke dann
        daran darauf daraus darum dass davon dazu deine deinen deiner dem denn deren deshalb dessen diese
        diesem diesen dieser dieses doch dort durch eben eine einem einen einer eines einfach einmal etwas
        euch eure ganz geht gerade gern gibt gute guten habe haben hallo hast hatte hatten heute hier ihre
        ihrem ihren ihrer immer ist jede jedem jeden jeder jetzt kann kein keine keinen konnte kommt leider
        liebe lieber machen mehr mein meine meinem meinen meiner mich muss nach nicht nichts noch nochmal
        nur oder ohne schon sehr sein seine seinen seiner seit selbst sich sind sollte sondern und uns unser
        unsere unseren unter viel viele vielen vom vor waren warum wegen weil wenn werde werden wieder will
        wird wirklich wurde zum zur zwischen grüße gruß ainsi alors après assez aussi autre autres avant
        avec avez avoir avons beaucoup bien bonjour cela celle celui cette ceux chaque chez comme comment
        dans depuis dire donc elle elles encore entre est était être fait faire leur leurs mais merci mieux
        moins même notre nous parce pendant peut plus pour pourquoi pouvez puis quand quelque quelques quoi
        sans sera ses seulement sont sous sur tous tout toute toutes très trop une vers votre vous ahora
        algo algunos antes aquí aunque bien cada como cómo con contra cosa cuando cuándo desde donde dónde
        ella ellos entonces entre eres esta está estaba están estar este esto estos fueron gracias hace
        hacer hacia hasta hola lado más menos mismo mucho muchos muy nada nosotros nuestro nunca otra otro
        otros para parece pero poco porque puede pues qué quien quién quiere saber según sido siempre sobre
        solo sólo también tanto tener tiene todo todos usted varios veces agora ainda além alguma algum
        antes aqui assim através cada coisa com como contra depois desde dessa desse deste disso ela elas
        eles essa esse está estão estava este foi foram isso isto mais mas melhor mesmo minha muito muitos
        nada não nessa nesse nossa nosso nunca obrigada obrigado olá onde outra outro outros para pela pelo
        pessoas pode porque pouco qual quando quem sempre ser seu sobre são também tem tenho ter toda todo
        todos tudo uma vai você""",
    )
)


@dataclass(frozen=True)
class Theme:
    """A word and how many conversations hold it."""

    word: str
    threads: int


def find_themes(texts: Iterable[str], *, most: int = MOST) -> tuple[Theme, ...]:
    """The words that at least two of the texts share, the most shared first; each text is one conversation."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(set(_WORD.findall(text[:_READ].lower())) - _COMMON)
    shared = [(word, number) for word, number in counts.items() if number >= LEAST]
    shared.sort(key=lambda each: (-each[1], each[0]))
    return tuple(Theme(word, number) for word, number in shared[:most])
