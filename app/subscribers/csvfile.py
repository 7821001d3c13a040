"""Reading a subscriber file line by line: headings by whatever name other services gave them, each row checked.

Nothing here touches the database, and nothing is held but the present row: a file of a million rows reads in flat
memory. A field that never ends (a lost quotation mark) is told instead of swallowed.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from app.foundation.addresses import Address, parse_address
from app.foundation.errors import InvalidInput
from app.subscribers.models import Function
from app.subscribers.names import clean_name

LONGEST_FIELD = 10_000
COLUMNS = {
    "email": "email",
    "e_mail": "email",
    "mail": "email",
    "address": "email",
    "email_address": "email",
    "subscriber_email": "email",
    "first_name": "first_name",
    "firstname": "first_name",
    "given_name": "first_name",
    "last_name": "last_name",
    "lastname": "last_name",
    "surname": "last_name",
    "family_name": "last_name",
    "function": "function",
    "department": "function",
    "role": "function",
    "topics": "topics",
    "topic": "topics",
    "lists": "topics",
    "consent_at": "consent_at",
    "consent_date": "consent_at",
    "confirmed_at": "consent_at",
    "verified_at": "consent_at",
    "confirm_time": "consent_at",
    "optin_time": "consent_at",
    "opt_in_date": "consent_at",
    "subscribed_at": "consent_at",
    "consent_source": "consent_source",
    "opt_in_source": "consent_source",
    "state": "state",
    "left_topics": "left_topics",
    "suppressed": "suppressed",
}
FUNCTION_WORDS = {
    "customer experience": Function.CX,
    "customer_experience": Function.CX,
    "ops": Function.OPERATIONS,
    "people": Function.HR,
    "human resources": Function.HR,
    "information technology": Function.IT,
    "technology": Function.IT,
    "leadership": Function.EXECUTIVE,
}


@dataclass(frozen=True)
class ImportRow:
    """One good line: an address with the evidence that its owner agreed."""

    line: int
    address: Address
    first_name: str
    last_name: str
    function: Function | None
    topics: tuple[str, ...]
    consent_at: datetime
    consent_source: str


@dataclass(frozen=True)
class RowProblem:
    """One line that was not taken, the field that is wrong, and the way out."""

    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.field}: {self.message}"


@dataclass(frozen=True)
class RowDefaults:
    """What holds for every row that does not say otherwise itself."""

    topics: tuple[str, ...] = ()
    consent_at: datetime | None = None
    consent_source: str = ""


def read_rows(
    lines: Iterable[str], *, topics: frozenset[str], now: datetime, defaults: RowDefaults
) -> Iterator[ImportRow | RowProblem]:
    """Good rows and problems, in the file's order.

    Raises InvalidInput when the file as a whole cannot be used: empty, or without a column of addresses.
    """
    csv.field_size_limit(LONGEST_FIELD)
    source = iter(lines)
    heading = next(source, "").lstrip("\ufeff")
    delimiter = max(",;\t", key=heading.count)
    names = [_column(cell) for cell in next(csv.reader([heading], delimiter=delimiter), [])]
    if "email" not in names:
        raise InvalidInput(
            "The first line must name the columns, and one of them must be email.",
            field="line 1",
            hint="For example: email,first_name,last_name,function,topics,consent_at,consent_source",
        )
    reader = csv.reader(source, delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield RowProblem(
                reader.line_num + 1, "line", f"cannot be read ({error}); look for a lost quotation mark."
            )
            continue
        if not any(cell.strip() for cell in cells):
            continue
        yield _row(reader.line_num + 1, names, cells, topics, now, defaults)


def _column(cell: str) -> str:
    return COLUMNS.get(re.sub(r"[^a-z]+", "_", cell.strip().lower()).strip("_"), "")


def _row(
    line: int,
    names: list[str],
    cells: list[str],
    topics: frozenset[str],
    now: datetime,
    defaults: RowDefaults,
) -> ImportRow | RowProblem:
    values = {name: _without_prefix(cell) for name, cell in zip(names, cells, strict=False) if name}
    try:
        if len(cells) > len(names):
            raise InvalidInput(
                f"has {len(cells)} fields, the heading names {len(names)}.",
                field="line",
                hint="Quote commas.",
            )
        if values.get("suppressed"):
            raise InvalidInput(
                f"is marked as suppressed ({values['suppressed']}) and is not imported.", field="suppressed"
            )
        if values.get("state", "").lower() in {"unverified", "unsubscribed", "unconfirmed", "pending"}:
            raise InvalidInput(
                f"is “{values['state']}”; only people who agreed can be imported.", field="state"
            )
        return ImportRow(
            line=line,
            address=parse_address(values.get("email", "")),
            first_name=clean_name(values.get("first_name", ""), field="first_name"),
            last_name=clean_name(values.get("last_name", ""), field="last_name"),
            function=_function(values.get("function", "")),
            topics=_topics(values, topics, defaults),
            consent_at=_consent_at(values.get("consent_at", ""), now, defaults),
            consent_source=_consent_source(values.get("consent_source", ""), defaults),
        )
    except InvalidInput as error:
        message = f"{error.message} {error.hint}" if error.hint else error.message
        return RowProblem(line, error.field or "line", message)


def _without_prefix(cell: str) -> str:
    """Our own export puts an apostrophe before what a spreadsheet would take for a formula."""
    cell = cell.strip(" \t")
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in "=+-@\t\r" else cell


def _function(raw: str) -> Function | None:
    word = raw.strip().lower()
    if not word:
        return None
    if word in FUNCTION_WORDS:
        return FUNCTION_WORDS[word]
    try:
        return Function(word)
    except ValueError:
        raise InvalidInput(
            f"“{raw[:40]}” is not one we know.",
            field="function",
            hint="Use one of: " + ", ".join(member.value for member in Function) + ".",
        ) from None


def _topics(values: dict[str, str], known: frozenset[str], defaults: RowDefaults) -> tuple[str, ...]:
    asked = tuple(
        dict.fromkeys(word for word in re.split(r"[;|,\s]+", values.get("topics", "").lower()) if word)
    )
    left = set(re.split(r"[;|,\s]+", values.get("left_topics", "").lower()))
    chosen = tuple(slug for slug in asked or defaults.topics if slug not in left)
    unknown = [slug for slug in chosen if slug not in known]
    if unknown or not chosen:
        raise InvalidInput(
            f"There is no topic “{unknown[0][:40]}”." if unknown else "names no topic.",
            field="topics",
            hint=f"Use {', '.join(sorted(known))} (several with ;), or give --topic for the whole file.",
        )
    return chosen


def _consent_at(raw: str, now: datetime, defaults: RowDefaults) -> datetime:
    if not raw:
        if defaults.consent_at is None:
            raise InvalidInput(
                "says not when this person agreed.",
                field="consent_at",
                hint="Add the column, or give --consent-at for the whole file.",
            )
        return defaults.consent_at
    return parse_consent_date(raw, now)


def parse_consent_date(raw: str, now: datetime) -> datetime:
    """A date or an instant in ISO 8601; without a zone it is UTC. Raises InvalidInput, also for the future."""
    try:
        text = raw.strip()
        instant = (
            datetime.combine(date.fromisoformat(text), time(), UTC)
            if len(text) == 10
            else datetime.fromisoformat(text)
        )
    except ValueError:
        raise InvalidInput(
            f"“{raw[:40]}” is not a date.", field="consent_at", hint="Write it like 2025-03-31."
        ) from None
    instant = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    if instant > now:
        raise InvalidInput(f"“{raw[:40]}” lies in the future.", field="consent_at")
    return instant


def _consent_source(raw: str, defaults: RowDefaults) -> str:
    text = " ".join((raw or defaults.consent_source).split())[:200]
    if not text:
        raise InvalidInput(
            "says not how this person agreed.",
            field="consent_source",
            hint="Add the column, or give --consent-source for the whole file.",
        )
    return text
