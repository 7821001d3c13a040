"""Words that lean towards a lane without settling it. They add up, each word once, up to a limit.

Phrases know what they mean and miss most of what people say; single words know little and are nearly always there.
A word with a star stands for everything that begins so.
"""

from dataclasses import dataclass

from app.conversation.models import Lane


@dataclass(frozen=True)
class Vocabulary:
    """Words that speak for a lane, each with the same small weight."""

    lane: Lane
    weight: float
    most: float
    why: str
    words: frozenset[str]
    stems: tuple[str, ...]

    def found(self, said: frozenset[str]) -> list[str]:
        return sorted(word for word in said if word in self.words or word.startswith(self.stems))


def _vocabulary(lane: Lane, weight: float, most: float, why: str, table: str) -> Vocabulary:
    listed = table.split()
    return Vocabulary(
        lane,
        weight,
        most,
        why,
        frozenset(word for word in listed if not word.endswith("*")),
        tuple(word[:-1] for word in listed if word.endswith("*")),
    )


VOCABULARIES: tuple[Vocabulary, ...] = (
    _vocabulary(
        Lane.FEEDBACK,
        0.8,
        2.4,
        "speaks of what was written",
        """read reading reads issue issues article articles piece pieces chapter chapters
        paragraph* page
        pages section sections chart charts table tables graph diagram illustration* picture pictures
        example* story
        stories anecdote* headline* title titles subtitle* layout font fonts typeface design colour
        color colours colors
        tone style prose wording phrasing sentence sentences premise argument arguments conclusion*
        thesis metaphor*
        analogy framework* format length intro introduction ending summary summaries takeaway* checklist
        worksheet*
        cartoon* drawing* links link sunday* tuesday* newsletter* letter letters edition editions ps
        footnote* quote*
        wrote writes writing writer author authors claim claims definition statistic* figure figures topic
        topics subject
        subjects series interview interviews column essay
        text texte texto textos beitrag beiträge artikel ausgabe ausgaben abschnitt* kapitel absatz
        seite seiten tabelle*
        schrift beispiel* geschichte* titel überschrift* leitfaden gelesen lesen gelesene these numéro
        numéros chapitre*
        page partie* exemple* titre* lettre* lu lecture conclusion auteur boletín boletines artículo*
        capítulo* página*
        párrafo* ejemplo* título* letra leído lectura anterior anteriores edição edições artigo*
        capítulo* leitura
        exemplo* gráfico* lido tamanho""",
    ),
    _vocabulary(
        Lane.FEEDBACK,
        0.9,
        2.7,
        "judges it",
        """good great excellent brilliant superb terrific fantastic wonderful refreshing gorgeous clever
        sharp honest
        insightful thoughtful practical useful useless helpful funny hilarious witty inspiring moving
        beautiful clear
        unclear dull boring bland weak shallow thin vague generic obvious repetitive predictable preachy
        smug unfair
        naive simplistic lazy sloppy wrong right true untrue false correct incorrect inaccurate
        misleading outdated
        overlong long short tiny better best worse worst favourite favorite annoying wonderfully yawn meh
        agree* disagree* convinced unconvinced appreciat* enjoy* loved love liked hated dislike*
        resonat* laughed
        laugh smiled prefer preferred miss missed drop suggest* suggestion* wish cringe* groan* particularly
        especially instead
        rather honestly frankly actually although though somewhat nonsense rubbish gold gem kudos bravo
        mistake mistakes
        slip slips typo typos error errors fewer less clickbait jargon buzzword*
        gut guter gute gutes toll super stark starke starker klasse spannend hilfreich schwach
        langweilig winzig
        abgeschnitten endlich genau richtig falsch stimmt schönredet zustimmen gefallen gefällt gefiel
        leider fehler
        weniger lieber besser bon bonne bien mauvais excellent* passionnant* intéressant* ennuyeux
        faible injuste juste
        trop dommage trouve trouvé accord adoré aimé préfère erreur* moins mieux bueno buena bien malo
        mejor peor flojo
        excelente interesante aburrid* claro útil demasiado gustó gusta gustaba encantó encanta acuerdo
        pareció prefiero
        error chispa menos bom boa ótimo ótima excelente fraco cansativo repetitivo adorei gostei gosto concordo
        discordo achei prefiro pena valeu melhor pior""",
    ),
    _vocabulary(
        Lane.STUCK,
        0.9,
        2.7,
        "sounds like trouble",
        """stuck lost struggling struggle struggles torn confused puzzled baffled clueless desperate
        overwhelmed exhausted
        drowning panic panicking worried afraid scared nervous frustrated frustrating trouble problem
        problems dilemma
        challenge challenges failing fails failed fail broken blank empty invalid expired
        gibberish garbled
        missing nothing nobody never waiting still error spinning stalled blocked blocks blocking
        refuses refused resist*
        reject* vanish* ignored hates threatens fined crying cried quit quits quitting burnout fight
        fighting conflict
        deadline urgently asap spam junk token captcha password login log code codes download* upload
        reset install
        problem probleme weiterkomm* hänge blockt ratlos verzweifelt überfordert leer ungültig
        fehlgeschlagen
        angekommen funktioniert überzeugen problème* perdu perdue bloqué* coincé débordé* échou* jamais
        refuse* blanche
        marche menace problema* atascad* perdid* bloquead* desesperad* nunca falla blanco funciona
        rechaz* problema*
        travad* perdid* bloquead* desesperad* rejeita falha branco""",
    ),
    _vocabulary(
        Lane.STUCK,
        0.9,
        2.7,
        "asks for a hand",
        """how advice advise help tips tip pointers pointer guidance recommend recommendation*
        benchmark* template*
        trick tricks convince persuade persuading defend justify prove ammunition start where which
        resend explain
        clarify tell possible able unable whether idea ideas word? editable
        wie tipp tipps rat hilfe helfen empfehlen vorlage überzeugen vorgehen anfangen comment conseil
        conseils aide
        aider aidez recommand* convaincre commencer cómo consejo* ayuda ayudar recomiend* convencer
        empezar como dica*
        ajuda ajudar recomend* convencer começar lidaram""",
    ),
    _vocabulary(
        Lane.STUCK,
        0.4,
        1.2,
        "tells of work",
        """boss manager managers ceo cfo coo cto vp svp director board executive* team teams colleague*
        staff engineers
        engineering marketing sales finance legal ops operations product hr department* stakeholder*
        budget budgets
        headcount kpi* nps csat roi survey* programme program roadmap quarter churn sponsor regulator
        volunteers nonprofit
        chef vorgesetzte* team geschäftsführung vertrieb abteilung* budget zahlen kollegen chef
        directeur équipe* direction
        budget jefe jefa equipo equipos director dirección presupuesto chefe equipe diretor
        diretoria orçamento""",
    ),
    _vocabulary(
        Lane.HELLO,
        1.1,
        3.3,
        "is friendly and short of business",
        """hi hello hey howdy morning evening greetings greeting wave waving salutations cheers thanks
        thank thx ty obliged
        grateful gratitude appreciated pleased glad happy delighted lovely pleasure welcome acquaintance
        congratulations
        congrats hooray bravo birthday anniversary christmas easter holidays hope hoping wishing
        wishes luck weekend
        sunny rainy snowy summer winter spring weather coffee tea beer wine glass toast champagne dog
        cat kids wife
        husband mum mom dad family connect linkedin met meet subscribed joined newcomer neighbour
        neighbor friend friends
        fellow smile hug hugs love xo xx received got confession
        hallo moin servus grüße grüß gruß danke vielen schönes schöne schön freue frohe herzlich wochenende
        bonjour salut coucou merci bonne joyeux joyeuses rentrée plaisir ravi ravie
        hola saludos saludo gracias abrazo abrazos feliz placer encantado encantada
        oi olá obrigado obrigada abraço abraços feliz prazer""",
    ),
    _vocabulary(
        Lane.OTHER,
        1.4,
        5.6,
        "is about business or the list itself",
        """unsubscribe* delete deletion erase erasure gdpr invoice invoices invoiced remittance nda
        vendor pricing
        sponsor* advertis* promo demo seo backlink* podcast podcasts webinar* panel keynote* speaker speakers
        moderate moderator calendar vacancy vacancies hiring interim recruit* coaching consultancy consulting
        reprint* republish* permission copyright licence license thesis dissertation quarterly
        journalist* founder
        startup partnership* abmelden abbestellen austragen datenschutz honorar referent* gastbeitrag
        kooperation
        désinscri* désabonn* devis tarif tarifs partenariat conférencier séminaire mémoire autorisation tarifas
        suscripción ponente conferencista colaboración permiso descadastr* fatura parceria consultoria palestr*
        permissão""",
    ),
    _vocabulary(
        Lane.OTHER,
        0.7,
        2.8,
        "touches on business",
        """remove removed privacy opt stop cancel switch address redirect account accounts payment
        payments payable
        fee fees charge charges rate rates price prices quote purchase contract contracts sign signature
        supplier
        proposal proposals partner partners media kit placement promote promotion offer offers trial platform
        solution solutions software agency agencies services leads audience launch conference summit
        speaking event
        events guest invite invitation invited recording record expenses travel date dates availability
        available
        hire job jobs opening role position candidate candidates coach engagement workshop workshops publish
        publication* magazine newspaper editor press credit cite citing rights translate translation
        löschen adresse rechnung angebot vertrag vortrag aufnahme gast veranstaltung stelle genehmigung
        übersetz*
        veröffentlich* werbung agentur supprimer facture contrat agence conférence intervenir invité citer
        référence publier baja borrar eliminar dirección factura contrato agencia conferencia invitar
        citar publicar
        envíen cancelar remover removam excluir endereço agência plataforma agendar reunião apresentar
        convidar""",
    ),
)
