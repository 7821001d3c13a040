"""Who wrote a page: names out of the many forms in which pages state them."""

import re
from collections.abc import Iterable
from typing import Any, Final

from app.issues.page.jsonld import Data, text_of, types_of
from app.issues.page.words import LONGEST_NAME, folded, one_line

MOST_NAMES: Final = 6

_BY: Final = (
    r"(?:(?:written|story|posted|published|words|text|photographs?)\s+)?by"
    r"|words|von|geschrieben von|par|por|di|door|av|af|author|authors"
)
_LEAD: Final = re.compile(rf"(?i)^(?:{_BY})\b\s*:?\s*")
_JOINTS: Final = re.compile(
    r"\s*(?:,\s*(?:and|und|et|y)\s+|\s+(?:and|und|et|y|&)\s+|[,;|])\s*", re.IGNORECASE
)
_DATED: Final = re.compile(r"[,|·•\s]+\w*\.?\s*\d.*$")
_NOT_NAMES: Final = frozenset(
    {
        *(
            "admin",
            "administrator",
            "superuser",
            "root",
            "editor",
            "webmaster",
            "guest",
            "staff",
            "user",
            "author",
        ),
        *(
            "unknown",
            "anonymous",
            "none",
            "null",
            "undefined",
            "default",
            "siteadmin",
            "wordpress",
            "redaktion",
        ),
    }
)
_LINE: Final = re.compile(
    r"^(?:By|BY|by|Von|von|Par|Por|Di|Door|Av|Af|Written by|Story by|Posted by|Words:|Words by|Author:)[ \t]+"
    r"((?:[^\W\d_][\w’'.-]*[ \t]+(?:(?:van|von|de|der|den|da|di|al|bin|el|la|le|ter|ten|zu)[ \t]+){0,3}){1,3}"
    r"[^\W\d_][\w’'-]*(?:(?:,| and| und| et| y| &)[ \t]+[^\W\d_][\w’'. -]{3,80})?)"
)


def joined(names: Iterable[str]) -> str:
    """`A`, `A and B`, `A, B and C`; a name given twice counts once."""
    first: dict[str, str] = {}
    for name in names:
        first.setdefault(folded(name), name)
    unique = [name for name in first.values() if name][:MOST_NAMES]
    if len(unique) < 2:
        return "".join(unique)
    return f"{', '.join(unique[:-1])} and {unique[-1]}"


def names_in(raw: str) -> list[str]:
    """The names of one byline: `By Ann Lee and Bo Reyes`; `Lee, Ann` is one name and not two."""
    line = _LEAD.sub("", one_line(raw, 400))
    if _is_inverted(line):
        return [name for name in [turned(line)] if is_name(name)]
    return [
        name for name in (_LEAD.sub("", part).strip(" .") for part in _JOINTS.split(line)) if is_name(name)
    ]


def turned(line: str) -> str:
    """`Lee, Ann` as it is spoken."""
    last, _, first = line.partition(",")
    return f"{first.strip()} {last.strip()}".strip()


def is_name(text: str) -> bool:
    """Could this be what somebody is called? Addresses, machines' names and sentences are not."""
    if not 1 < len(text) <= LONGEST_NAME or "/" in text or "@" in text or "://" in text:
        return False
    return folded(text) not in _NOT_NAMES and len(text.split()) <= 6 and any(char.isalpha() for char in text)


def data_names(data: Data) -> list[str]:
    """The people among the authors of the page's structured data; organisations only when their name stands alone."""
    article = data.article
    names: list[str] = []
    for each in data.resolved(article.get("author") or article.get("creator")):
        if isinstance(each, str):
            names += names_in(each)
        elif isinstance(each, dict) and not _is_organisation(each):
            names += [name for value in _listed(each.get("name")) for name in names_in(text_of(value))]
    return names


def names_in_lines(lines: Iterable[str]) -> list[str]:
    """The names of the first short line that begins like a byline: `By Ann Lee`."""
    for line in lines:
        found = _LINE.match(line)
        if found and (names := names_in(_DATED.sub("", found[1]))):
            return names
    return []


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_organisation(node: dict[str, Any]) -> bool:
    return any("Organization" in each or each in {"Corporation", "WebSite"} for each in types_of(node))


def _is_inverted(line: str) -> bool:
    """`Lee, Ann` or `Nguyen, Thu Ha`: one comma, and a single word before it."""
    last, comma, first = line.partition(",")
    return bool(comma) and "," not in first and " " not in last.strip() and 0 < len(first.split()) <= 3
