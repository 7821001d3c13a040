"""The end of a republished article: who wrote it, and that it appeared elsewhere first.

Sites end such an article with a line of permission, then the writer's name and a few sentences about them; sometimes
“About the author” stands above. What is found leaves the text, because a guest stands around it by themselves.
"""

import re
from dataclasses import dataclass
from typing import Final

from app.issues.guests import LONGEST_BIO, Guest

_PERMISSION: Final = re.compile(
    r"(?i)^[\W_]*(?:this (?:article|post|piece) (?:was |is )?)?(?:originally |first )?"
    r"(?:re-?published|re-?posted|reprinted|published|appeared)\b.{0,200}$",
    re.DOTALL,
)
_ELSEWHERE: Final = re.compile(
    r"(?i)permission|original|first (?:published|appeared)|re-?published|reprinted"
)
_ABOUT: Final = re.compile(
    r"(?i)^#{0,6}\s*about (?:the |our )?(?:guest )?(?:author|writer|guest)s?\b[:\s]*(?P<name>.*)$"
)
_LINK: Final = re.compile(r"\[([^\]]+)\]\((https?://[^)\s]+)\)")
_MARKS: Final = re.compile(r"\\([!-/:-@\[-`{-~])|(?<!\\)[*_`]+")
_OPENING: Final = re.compile(
    r"([^\W\d_][\w.’'-]+(?: [^\W\d_][\w.’'-]+){1,3}) (?:is|was|runs|leads|writes|works|helps)\b"
)
_MOST_BLOCKS: Final = 4
_LONGEST_NAME: Final = 60


@dataclass(frozen=True)
class Byline:
    """The text without its end, the guest found there, and what the author should look at."""

    markdown: str
    guest: Guest
    notes: tuple[str, ...]


def find_guest(markdown: str) -> Byline | None:
    """The guest of a republished article; None for a text that ends like any other."""
    blocks = re.split(r"\n\s*\n", markdown.strip())
    start = next(
        (at for at in range(max(0, len(blocks) - 6), len(blocks)) if _is_permission(blocks[at])), None
    )
    permission = blocks[start] if start is not None else ""
    rest = blocks[start + 1 :] if start is not None else _after_about(blocks)
    name, bio = _person(rest)
    if not name or len(rest) > _MOST_BLOCKS or len(rest) == len(blocks):
        return None
    original = _LINK.search(permission)
    kept = blocks[: len(blocks) - len(rest) - (1 if original else 0)]
    own = _LINK.search("\n".join(bio))
    guest = Guest(
        name=name,
        bio="\n\n".join(_plain(each) for each in bio)[:LONGEST_BIO],
        link_url=own[2] if own else "",
        link_words=_plain(own[1])[:80] if own else "",
        original_url=original[2] if original else "",
    )
    notes = [
        f"Written by a guest, {name}: the name and the lines about them stand around the article now. See “Guest…”."
    ]
    if permission and not original:
        notes.append(
            "It says that it was republished, and not where it appeared first. Put that address under “Guest…”; the "
            "last line of the text can go then."
        )
    return Byline("\n\n".join(kept).strip() + "\n", guest, tuple(notes))


def _is_permission(block: str) -> bool:
    return bool(_PERMISSION.match(block) and _ELSEWHERE.search(block)) and len(block) < 300


def _after_about(blocks: list[str]) -> list[str]:
    """What stands from a heading “About the author” on, with the name as its first block."""
    for at in range(max(0, len(blocks) - _MOST_BLOCKS), len(blocks)):
        found = _ABOUT.match(blocks[at].splitlines()[0])
        if found:
            return blocks[at:]
    return []


def _person(blocks: list[str]) -> tuple[str, list[str]]:
    """The name and the lines about them. Sentences without a name are no byline."""
    if not blocks:
        return "", []
    about = _ABOUT.match(blocks[0].splitlines()[0])
    if about:
        head = about["name"].strip()
        blocks = [head, *blocks[1:]] if head else blocks[1:]
        if not blocks:
            return "", []
    first = _plain(re.sub(r"^#{1,6}\s*", "", blocks[0]))
    name = re.sub(r"(?i)^by\s+", "", first)
    words = name.split()
    if 2 <= len(words) <= 6 and len(name) <= _LONGEST_NAME and name[-1] not in ".!?:…" and _capital(words):
        return name, blocks[1:]
    opening = re.match(
        r"([^\W\d_][\w.’'-]+(?: [^\W\d_][\w.’'-]+){1,3}) (?:is|was|runs|leads|writes|works|helps)\b", first
    )
    if about and opening and _capital(opening[1].split()):
        return opening[1], blocks
    return "", []


def _capital(words: list[str]) -> bool:
    return words[0][:1].isupper() and words[-1][:1].isupper()


def _plain(block: str) -> str:
    return " ".join(_MARKS.sub(lambda found: found[1] or "", _LINK.sub(r"\1", block)).split())
