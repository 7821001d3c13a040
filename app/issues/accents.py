r"""Accents left out when the archive is searched: "cafe" finds "café" and the other way round, on both databases alike.

SQLite's index leaves them out by itself. PostgreSQL can only with an extension that its owner may not be allowed to
add, so it is given folded words (FOLDED, the column of migration 0023); what it found is shown as it was written.
"""

import re
import unicodedata
from typing import Final

FOLDED: Final = (
    r"normalize(regexp_replace(normalize({0}, NFD), '([A-Za-z])[\u0300-\u036f]+', '\1', 'g'), NFC)"
)
"""`folded` as PostgreSQL computes it, of the expression put in."""

_MARKS: Final = "[\u0300-\u036f]"
_ACCENTED: Final = re.compile(f"([A-Za-z]){_MARKS}+")
_CLUSTER: Final = re.compile(f".{_MARKS}*", re.DOTALL)


def folded(text: str) -> str:
    """The text with plain Latin letters for those with accents; other scripts keep their marks, which make letters."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _ACCENTED.sub(r"\1", unicodedata.normalize("NFD", text)))


def accented(found: str, text: str, *, marks: str, gap: str) -> str:
    """Stretches of the folded `text`, joined by `gap` and with `marks` put in, as they stand in the text itself."""
    if text.isascii():
        return found
    plain, written = "", []
    for cluster in _CLUSTER.findall(text):
        letters = folded(cluster)
        plain += letters
        written += [cluster, *[""] * (len(letters) - 1)]
    stretches, begin = [], 0
    for stretch in found.split(gap):
        bare = "".join(letter for letter in stretch if letter not in marks)
        place = plain.find(bare, begin)
        if place >= 0:
            source, begin = iter(written[place:]), place + len(bare)
            stretch = "".join(letter if letter in marks else next(source) for letter in stretch)
        stretches.append(stretch)
    return gap.join(stretches)
