"""What may stand as a reader's name.

A name travels into mail that we sign, so it must not carry somebody else's message: no links, no markup, no line
breaks, nothing invisible (A1, A8). Whoever has an unusual name keeps it; whoever sends an advertisement does not.
"""

import re
import unicodedata

from app.foundation.errors import InvalidInput

LONGEST_NAME = 80
_JOINERS = "\u200c\u200d"  # names in several scripts cannot be written without them
_LINK = re.compile(r"://|\bwww\.|\w{2,}\.\w{2,}|@|\\", re.IGNORECASE)
_MARKUP = re.compile(r"[<>{}\[\]|`]")


def clean_name(raw: str, *, field: str) -> str:
    """The name on one line, NFC, single spaces; an empty one stays empty.

    Raises InvalidInput naming the field: too long, line breaks, links or markup.
    """
    if len(raw) > LONGEST_NAME * 4:
        raise InvalidInput("That is too long for a name.", field=field, hint="At most 80 characters.")
    text = unicodedata.normalize("NFC", raw).strip()
    for char in text:
        category = unicodedata.category(char)
        if category in {"Cc", "Cs", "Co", "Zl", "Zp"} or (category == "Cf" and char not in _JOINERS):
            raise InvalidInput("A name cannot contain line breaks or invisible characters.", field=field)
    if "\ufffd" in text:
        raise InvalidInput("That came through garbled.", field=field, hint="Send it as UTF-8.")
    text = " ".join(text.split())
    if len(text) > LONGEST_NAME:
        raise InvalidInput("That is too long for a name.", field=field, hint="At most 80 characters.")
    if _LINK.search(text) or _MARKUP.search(text):
        raise InvalidInput(
            "A name cannot contain links, addresses or markup.",
            field=field,
            hint="Leave it empty if you like.",
        )
    return text
