"""How fast mail may leave: what the author set, what a warm-up plan allows, and what relays ask for as we go.

Without a limit all of this costs nothing: a shift asks once a second whether anybody slowed down. With one, a worker
fetches permission for a quarter of a second at a time from a bank that all workers share (delivery.banks).
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Final

from app.delivery.answers import Answer, Step
from app.delivery.banks import Bank, Limit, LocalBank
from app.delivery.feed import Parcel
from app.foundation.errors import Misconfigured
from app.foundation.settings import Settings

LAST: Final = 200
AGREEING: Final = 4
"""Two in a hundred of the last two hundred."""
DOMAINS: Final = 3

WHOLE: Final = "relay"
"""The lane that every message passes."""
CORPORATE: Final = "corporate"
"""The lane of every domain that is not a large provider's."""
LOOK_SECONDS: Final = 1.0
AT_ONCE: Final = 0.25
"""Seconds for which permission is fetched at a time."""
LONG: Final = 15.0
"""Seconds a lane may make us wait before its readers go back to the ledger."""
LEAST_SPEED: Final = 10.0
"""Messages a second that a relay is believed to have taken before it asked us to slow down."""
WARM_UP_DAYS: Final = 14
WARM_UP_HOURS: Final = 12
"""A day's quota is spread over so many hours."""
FIRST_QUOTA: Final = 200

_PROVIDERS: Final = {
    "gmail.com": ("gmail.", "googlemail."),
    "outlook.com": ("outlook.", "hotmail.", "live.", "msn.com", "passport.com", "windowslive."),
    "yahoo.com": ("yahoo.", "aol.", "ymail.", "rocketmail.", "myyahoo.", "verizon.net", "att.net"),
    "icloud.com": ("icloud.com", "me.com", "mac.com"),
}


@dataclass(frozen=True)
class Plan:
    """Limits for all mail and for single lanes; a lane is a large provider, `corporate`, or a domain named in the
    settings."""

    whole: tuple[Limit, ...] = ()
    lanes: Mapping[str, tuple[Limit, ...]] = field(default_factory=dict)

    @property
    def limited(self) -> bool:
        return bool(self.whole or self.lanes)

    def lane_of(self, domain: str) -> str:
        """The lane a reader's domain belongs to; "" when nothing is set for it."""
        if domain in self.lanes:
            return domain
        lane = next((name for name, begins in _PROVIDERS.items() if domain.startswith(begins)), CORPORATE)
        return lane if lane in self.lanes else ""


def plan_of(settings: Settings, today: date) -> Plan:
    """What the settings ask for. Raises Misconfigured naming the setting."""
    whole = [per_second(settings.send_rate)] if settings.send_rate else []
    if settings.send_per_hour:
        whole.append(per_hour(settings.send_per_hour))
    lanes: dict[str, tuple[Limit, ...]] = {
        name: (per_second(rate),) for name, rate in _domain_rates(settings.domain_rates)
    }
    quota = _quota(settings.warm_up, today)
    if quota:
        for name in (*_PROVIDERS, CORPORATE):
            lanes[name] = (*lanes.get(name, ()), per_hour(quota / WARM_UP_HOURS))
    return Plan(tuple(whole), lanes)


def per_second(rate: float) -> Limit:
    """So many messages a second, a quarter of them at once."""
    return Limit(rate, max(1.0, rate / 4))


def per_hour(number: float) -> Limit:
    """At most so many in any hour: a tenth may go at once, and the rest comes back evenly."""
    return Limit(0.9 * number / 3600, max(1.0, number / 10))


def _domain_rates(value: str) -> Iterable[tuple[str, float]]:
    for part in filter(None, (part.strip() for part in value.split(","))):
        name, _, rate = part.partition("=")
        try:
            number = float(rate)
        except ValueError:
            number = 0.0
        if not name.strip() or not 0 < number < 1e6:
            raise Misconfigured(
                f"{part!r} is not a domain and its messages a second",
                field="HANDOFF_DOMAIN_RATES",
                hint="For example: gmail.com=10, outlook.com=5, corporate=20",
            )
        yield name.strip().lower(), number


def _quota(value: str, today: date) -> int:
    """Messages to each large provider today; 0 when no warm-up is under way."""
    if not value:
        return 0
    begins, _, first = value.partition(":")
    try:
        days = (today - date.fromisoformat(begins.strip())).days
        quota = int(first or FIRST_QUOTA)
    except ValueError:
        quota, days = 0, 0
    if quota <= 0:
        raise Misconfigured(
            f"{value!r} is not a day and the first day's number",
            field="HANDOFF_WARM_UP",
            hint=f"For example: 2026-11-24:{FIRST_QUOTA}",
        )
    return 0 if days >= WARM_UP_DAYS else quota * 2 ** max(0, days)


class Lane:
    """Parcels of one lane that wait, and how many of them may be begun with."""

    __slots__ = ("limits", "name", "parcels", "tokens", "until", "wait")

    def __init__(self, name: str, limits: tuple[Limit, ...]) -> None:
        self.name = name
        self.limits = limits
        self.parcels: deque[Parcel] = deque()
        self.tokens = 0
        self.wait = 0.0
        self.until = 0.0


class Pace:
    """One shift's lanes. While `limited` is false nobody needs to ask anything else."""

    def __init__(self, plan: Plan, bank: Bank | None, done: Callable[[], int]) -> None:
        """`done` counts the messages that were answered so far. Without a bank nobody is slowed by what relays say."""
        self._plan, self._learns, self._done = plan, bank is not None, done
        self._bank = bank or LocalBank()
        self._slowed: frozenset[str] = frozenset()
        self._lanes: dict[str, Lane] = {}
        self._whole = Lane(WHOLE, plan.whole)
        self._looked = float("-inf")
        self._before = 0
        self._speed = 0.0
        self.limited = plan.limited

    def turn(self, now: float) -> None:
        """Time has come to `now`, in seconds of any clock that only goes forward."""
        if now - self._looked >= LOOK_SECONDS:
            done = self._done()
            self._speed = (done - self._before) / (now - self._looked)
            self._looked, self._before = now, done
            self._slowed = self._bank.slowed()
            self.limited = self._plan.limited or bool(self._slowed) or self.waiting > 0
        if self.limited:
            self._fetch(now)

    def slow_down(self, answer: Answer, domain: str) -> None:
        """Somebody asked for patience: the relay itself, or one reader's server."""
        if not self._learns:
            return
        ours = answer.code == 421 or answer.step in {Step.CONNECT, Step.MAIL, Step.RSET}
        lane = WHOLE if ours else self._plan.lane_of(domain) or domain
        self._bank.slow(lane, max(LEAST_SPEED, self._speed) if ours else 0.0)
        self._slowed |= {lane}
        self.limited = True
        everybody = deque(chain.from_iterable(each.parcels for each in self._lanes.values()))
        self._lanes.clear()
        self.sort_in(everybody)

    def sort_in(self, parcels: deque[Parcel]) -> None:
        """Put parcels into their lanes; empties what it is given."""
        while parcels:
            parcel = parcels.popleft()
            domain = parcel.letter.recipient.rpartition("@")[2].lower()
            name = domain if domain in self._slowed else self._plan.lane_of(domain)
            lane = self._lanes.get(name)
            if lane is None:
                lane = self._lanes[name] = Lane(name, self._plan.lanes.get(name, ()))
            lane.parcels.append(parcel)

    def take(self) -> Parcel | None:
        """The next parcel whose lane has permission; lanes take turns."""
        if self._bound(self._whole) and self._whole.tokens < 1:
            return None
        for lane in list(self._lanes.values()):
            if not lane.parcels or (self._bound(lane) and lane.tokens < 1):
                continue
            for bound in (lane, self._whole):
                if self._bound(bound):
                    bound.tokens -= 1
            self._lanes[lane.name] = self._lanes.pop(lane.name)
            return lane.parcels.popleft()
        return None

    def drop(self, unfit: Callable[[Parcel, float], bool]) -> None:
        """Let go of every parcel for which `unfit(parcel, seconds its lane must wait)` says so."""
        for lane in self._lanes.values():
            wait = max(0.0 if bound.tokens else bound.wait for bound in (lane, self._whole))
            lane.parcels = deque(parcel for parcel in lane.parcels if not unfit(parcel, wait))

    @property
    def waiting(self) -> int:
        return sum(len(lane.parcels) for lane in self._lanes.values())

    @property
    def unhindered(self) -> int:
        """Parcels that wait for nothing of their own lane."""
        return sum(len(lane.parcels) for lane in self._lanes.values() if lane.wait <= 0)

    @property
    def startable(self) -> int:
        """How many parcels could be begun with now."""
        open_ones = sum(
            min(len(lane.parcels), lane.tokens) if self._bound(lane) else len(lane.parcels)
            for lane in self._lanes.values()
        )
        return min(open_ones, self._whole.tokens) if self._bound(self._whole) else open_ones

    def patience(self, now: float) -> float:
        """Seconds until permission may come."""
        waits = [lane.until - now for lane in (*self._lanes.values(), self._whole) if lane.wait > 0]
        return min(0.5, max(0.005, min(waits, default=0.5)))

    def _bound(self, lane: Lane) -> bool:
        return bool(lane.limits) or lane.name in self._slowed

    def _fetch(self, now: float) -> None:
        waiting = self.waiting
        for lane in (self._whole, *self._lanes.values()):
            backlog = waiting if lane is self._whole else len(lane.parcels)
            if not backlog or lane.tokens > 0 or now < lane.until:
                continue
            if not self._bound(lane):
                lane.wait = 0.0
                continue
            rate = min((limit.rate for limit in lane.limits), default=4.0)
            wanted = min(backlog, max(1, int(rate * AT_ONCE)))
            lane.tokens, lane.wait = self._bank.take(lane.name, lane.limits, wanted)
            lane.until = now + min(lane.wait, LOOK_SECONDS)


class Unrest:
    """Refusals on policy grounds: one reader's server may have a grudge, three domains agreeing are about us."""

    def __init__(self) -> None:
        self._last: deque[str] = deque(maxlen=LAST)

    def note(self, domain: str) -> None:
        """An answer came; `domain` of the reader when it was a refusal on policy grounds, otherwise empty."""
        self._last.append(domain)

    @property
    def too_much(self) -> bool:
        refused = [domain for domain in self._last if domain]
        return len(refused) >= AGREEING and len(set(refused)) >= DOMAINS
