"""A list comes in with its evidence, revives nobody, and goes out again unharmed."""

import csv
import io
from collections.abc import Iterable
from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.foundation.errors import InvalidInput
from app.subscribers.csvfile import ImportRow, RowDefaults, RowProblem, read_rows
from app.subscribers.models import ConsentRecord, Subscriber, SubscriptionState, SuppressionReason
from app.subscribers.queries import find_subscriber, subscriptions_of
from app.subscribers.suppression import suppress
from app.subscribers.transfer import ImportCounts, export_rows, import_batch
from tests.cast import ALICE, CAROL, Cast, seed_cast

KEY = b"tests"
TOPICS = frozenset({"letter", "links"})
HEADING = "Email Address,First Name,Last Name,Function,Topics,Consent Date,Consent Source\n"


def read(text: str, now: datetime, defaults: RowDefaults | None = None) -> list[ImportRow | RowProblem]:
    lines = io.StringIO(text, newline="")
    return list(read_rows(lines, topics=TOPICS, now=now, defaults=defaults or RowDefaults()))


def bring_in(session: Session, now: datetime, text: str) -> ImportCounts:
    rows = [row for row in read(text, now) if isinstance(row, ImportRow)]
    counts = import_batch(session, now, rows, address_key=KEY, form="import list.csv")
    session.flush()
    return counts


@pytest.fixture
def cast(session: Session, now: datetime) -> Cast:
    return seed_cast(session, now, KEY)


def test_a_row_brings_reader_topics_and_evidence(session: Session, now: datetime, cast: Cast) -> None:
    counts = bring_in(
        session, now, HEADING + "dana@example.com,Dana,Özil,Finance,letter;links,2025-03-31,Webinar\n"
    )
    assert counts == ImportCounts(added=1)
    dana = find_subscriber(session, "dana@example.com")
    assert dana is not None
    assert (dana.first_name, dana.last_name, dana.function) == ("Dana", "Özil", "finance")
    assert set(subscriptions_of(session, dana.id).values()) == {SubscriptionState.ON}
    records = session.scalars(select(ConsentRecord).where(ConsentRecord.subscriber_id == dana.id)).all()
    assert len(records) == 2
    assert records[0].detail["consent_source"] == "Webinar"
    assert records[0].detail["consent_at"].startswith("2025-03-31")


def test_the_same_file_twice_changes_nothing(session: Session, now: datetime, cast: Cast) -> None:
    text = HEADING + "dana@example.com,Dana,,,letter,2025-03-31,Webinar\n"
    bring_in(session, now, text)
    before = session.scalar(select(func.count()).select_from(ConsentRecord))
    assert bring_in(session, now, text) == ImportCounts(unchanged=1)
    assert session.scalar(select(func.count()).select_from(ConsentRecord)) == before


def test_a_reader_twice_in_a_file_is_one_reader(session: Session, now: datetime, cast: Cast) -> None:
    text = HEADING + "d@example.com,,,,letter,2025-03-31,W\nD@Example.com,Di,,,links,2025-03-31,W\n"
    assert bring_in(session, now, text) == ImportCounts(added=1, completed=1)


def test_who_is_suppressed_stays_suppressed(session: Session, now: datetime, cast: Cast) -> None:
    suppress(session, now, cast.bob.address_hash, SuppressionReason.COMPLAINT)
    assert bring_in(session, now, HEADING + "bob@example.com,,,,letter,2025-03-31,W\n") == ImportCounts(
        suppressed=1
    )
    assert subscriptions_of(session, cast.bob.id) == {}


def test_who_left_stays_left(session: Session, now: datetime, cast: Cast) -> None:
    counts = bring_in(session, now, HEADING + f"{CAROL},,,,letter;links,2025-03-31,W\n")
    assert counts == ImportCounts(unchanged=1, left_kept=2)
    assert set(subscriptions_of(session, cast.carol.id).values()) == {SubscriptionState.LEFT}


def test_a_readers_own_name_is_not_overwritten(session: Session, now: datetime, cast: Cast) -> None:
    bring_in(session, now, HEADING + f"{ALICE},Alicia,Typo,sales,letter,2025-03-31,W\n")
    assert (cast.alice.first_name, cast.alice.last_name, cast.alice.function) == ("Alice", "", "sales")


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ("not an address,,,,letter,2025-03-31,W", "email"),
        ("a@x.example,https://evil.example,,,letter,2025-03-31,W", "first_name"),
        ("a@x.example,,,astronaut,letter,2025-03-31,W", "function"),
        ("a@x.example,,,,gossip,2025-03-31,W", "topics"),
        ("a@x.example,,,,,2025-03-31,W", "topics"),
        ("a@x.example,,,,letter,yesterday,W", "consent_at"),
        ("a@x.example,,,,letter,2031-01-01,W", "consent_at"),
        ("a@x.example,,,,letter,,W", "consent_at"),
        ("a@x.example,,,,letter,2025-03-31,", "consent_source"),
        ("a@x.example,,,,letter,2025-03-31,W,surplus", "line"),
        (f"a@x.example,{'x' * 20_000},,,letter,2025-03-31,W", "line"),
    ],
)
def test_a_bad_row_is_told_by_line_and_field_and_stops_no_other(now: datetime, row: str, field: str) -> None:
    good = "dana@example.com,,,,letter,2025-03-31,W\n"
    first, problem, last = read(HEADING + good + row + "\n" + good, now)
    assert isinstance(first, ImportRow)
    assert isinstance(problem, RowProblem)
    assert (problem.line, problem.field) == (3, field)
    assert isinstance(last, ImportRow)


def test_a_lost_quotation_mark_is_told_and_bounded(now: datetime) -> None:
    text = (
        HEADING
        + '"lost@example.com,,,,letter,2025-03-31,W\n'
        + "x@example.com,,,,letter,2025-03-31,W\n" * 2000
    )
    results = read(text, now)
    assert any(isinstance(result, RowProblem) and "quotation" in result.message for result in results)
    assert any(isinstance(result, ImportRow) for result in results)


def test_defaults_hold_for_rows_that_do_not_say(now: datetime) -> None:
    defaults = RowDefaults(topics=("letter",), consent_at=now, consent_source="moved from another service")
    (row,) = read("\ufeffE-Mail;First name\r\ndana@example.com;Dana\r\n", now, defaults)
    assert isinstance(row, ImportRow)
    assert (row.topics, row.consent_source, row.first_name) == (
        ("letter",),
        "moved from another service",
        "Dana",
    )


@pytest.mark.parametrize("text", ["", "name,phone\nDana,1\n"])
def test_a_file_without_addresses_is_refused(now: datetime, text: str) -> None:
    with pytest.raises(InvalidInput, match="email"):
        read(text, now)


def exported(rows: Iterable[tuple[str, ...]]) -> list[dict[str, str]]:
    heading, *lines = rows
    return [dict(zip(heading, line, strict=True)) for line in lines]


def test_export_tells_who_left_and_who_is_suppressed(session: Session, now: datetime, cast: Cast) -> None:
    suppress(session, now, cast.bob.address_hash, SuppressionReason.HARD_BOUNCE)
    rows = {row["email"]: row for row in exported(export_rows(session))}
    assert rows[ALICE]["topics"] == "letter;links"
    assert rows[CAROL]["left_topics"] == "letter;links"
    assert rows["bob@example.com"]["suppressed"] == "hard_bounce"


@pytest.mark.parametrize("start", ["=HYPERLINK(1)", "+1", "-1", "@sum"])
def test_what_a_spreadsheet_would_run_is_exported_as_text(
    session: Session, now: datetime, cast: Cast, start: str
) -> None:
    cast.alice.first_name = start
    session.flush()
    (row,) = (row for row in exported(export_rows(session)) if row["email"] == ALICE)
    assert row["first_name"] == f"'{start}"


def test_an_export_imports_again_and_revives_nobody(session: Session, now: datetime, cast: Cast) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(export_rows(session))
    before = session.scalar(select(func.count()).select_from(Subscriber))
    results = read(buffer.getvalue(), now)
    rows = [row for row in results if isinstance(row, ImportRow)]
    assert [row.address.canonical for row in rows] == [ALICE]
    assert import_batch(session, now, rows, address_key=KEY, form="import") == ImportCounts(unchanged=1)
    assert session.scalar(select(func.count()).select_from(Subscriber)) == before
