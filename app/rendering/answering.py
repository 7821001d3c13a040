"""The three doors of an answer: feedback, stuck, hello. An author writes `[I am stuck](mailto:stuck)`.

Each link leads to an address of its own, signed for one delivery, so that an answer says by itself who wrote it and
what about. Where no mail comes in it leads to the author's own address, and the subject says what about.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from app.foundation.errors import ContentError
from app.rendering.slots import Marked, SlotRegistry, defuse

_BARE: Final = re.compile(r"mailto:([A-Za-z_-]{1,40})/?", re.IGNORECASE)
_MAX_ABOUT: Final = 120


class AnswerLane(StrEnum):
    """What a reader wants to say; `mailto:` and the value is how a link asks for it."""

    FEEDBACK = "feedback"
    STUCK = "stuck"
    HELLO = "hello"

    @property
    def slot(self) -> str:
        """The slot of the signed token that this lane's address carries."""
        return f"{self.value}_token"


@dataclass(frozen=True)
class Letterbox:
    """Where answers go: to a signed address at `reply_domain`, or to `reply_address` as it is.

    `about` stands in the subject behind the lane, so that the author's list of mails can be read.
    """

    reply_domain: str = ""
    reply_address: str = ""
    about: str = ""

    def address(self, lane: AnswerLane, registry: SlotRegistry | None, field: str) -> Marked:
        """The `mailto:` address of a lane; signed only with a registry, because pages of the web have no reader.

        Raises ContentError when there is no address to answer to.
        """
        about = " ".join(self.about.split())[:_MAX_ABOUT]
        subject = "?subject=" + quote(
            defuse(f"{lane.value.capitalize()}: {about}" if about else lane.value.capitalize())
        )
        if self.reply_domain and registry is not None:
            return Marked(f"mailto:reply+{registry.mark(lane.slot)}@{self.reply_domain}{subject}")
        if not self.reply_address:
            raise ContentError(
                f"There is no address yet that mailto:{lane.value} could lead to.",
                field=field,
                hint="Give the publication a reply address in its settings.",
            )
        return Marked(f"mailto:{quote(defuse(self.reply_address), safe='@+')}{subject}")


def lane_of(address: str) -> AnswerLane | None:
    """The lane that a link's address asks for."""
    found = _BARE.fullmatch(address)
    return AnswerLane(found.group(1).lower()) if found and found.group(1).lower() in set(AnswerLane) else None


def is_unknown_lane(address: str) -> bool:
    """`mailto:` and one word that is neither an address nor a lane."""
    return _BARE.fullmatch(address) is not None and lane_of(address) is None
