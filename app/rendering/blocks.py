"""The author's blocks: what may follow `:::` in a letter, in one table that is easily added to.

A block is written as

    ::: ps
    One more thing.
    :::

and may carry a title of its own on the first line (`::: skip-if Leave it be if:`). Mail gets each block as a table,
because Outlook draws boxes only around table cells; the web gets an `<aside>`.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class TitleStyle(Enum):
    """How the block's title is shown: not at all, as a heading of its own, or running into the first paragraph."""

    NONE = "none"
    HEADING = "heading"
    RUN_IN = "run_in"


@dataclass(frozen=True)
class Block:
    """One kind of block. `only_link` holds a block to a single link, which mail draws as a button."""

    name: str
    purpose: str
    title: str = ""
    title_style: TitleStyle = TitleStyle.NONE
    only_link: bool = False
    text_prefix: str = ""


_ALL: Final = (
    Block("button", "one link, drawn as a button", only_link=True),
    Block("quote", "a sentence worth pulling out", text_prefix="    "),
    Block("download-if", "who the guide is for", "Download it if:", TitleStyle.HEADING),
    Block("skip-if", "who should leave it", "Skip it if:", TitleStyle.HEADING),
    Block("question", "a question to take away", text_prefix="    "),
    Block("ps", "the postscript", "PS:", TitleStyle.RUN_IN),
    Block("author", "who writes this: a picture, some words, a link"),
    Block("forward", "asks readers to pass it on", "Know somebody who needs this?", TitleStyle.HEADING),
    Block("subscribe", "for those it was forwarded to", "Was this forwarded to you?", TitleStyle.HEADING),
    Block("for", "words for readers of one function, shown to nobody else"),
    Block("reach-out", "how to answer", "Please reach out", TitleStyle.HEADING),
)

BLOCKS: Final = {block.name: block for block in _ALL}
