"""An issue's whole way by commands: import, preview, schedule, send, pause, resume, status."""

import email
import email.policy
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli.main import handoff
from app.cli.seed import seed_installation
from app.foundation.errors import Conflict, ContentError, HandoffError, InvalidInput, NotFound
from app.issues.models import IssueState
from app.issues.queries import get_issue
from app.wiring import Runtime
from tests.cast import seed_cast
from tests.fixtures.clock import FrozenClock
from worker.publishing import publish_due

LETTER = "Who owns the handoff?\n\nDear {first_name|reader},\n\nEverybody nods. Nothing moves.\n\nPS: Write back.\n"


@pytest.fixture
def installed(runtime: Runtime, tmp_path: Path) -> Path:
    """An installation with Alice, Bob and Carol, and a letter on disk."""
    with runtime.database.writing() as session:
        seed_installation(session, runtime.clock(), runtime.settings)
        seed_cast(session, runtime.clock(), runtime.address_key)
    file = tmp_path / "letter.txt"
    file.write_text(LETTER)
    return file


def run(runtime: Runtime, *arguments: object, given: str | None = None) -> Result:
    return CliRunner().invoke(handoff, ["issue", *map(str, arguments)], obj=runtime, input=given)


def test_import_prints_the_draft_s_id_and_nothing_else_on_standard_output(
    runtime: Runtime, installed: Path
) -> None:
    result = run(runtime, "import", installed, "--kind", "letter")
    assert result.stdout == "1\n"
    with runtime.database.reading() as session:
        issue = get_issue(session, 1)
        assert (issue.state, issue.title) == (IssueState.DRAFT, "Who owns the handoff?")


def test_the_list_shows_what_there_is_and_how_to_begin(runtime: Runtime, installed: Path) -> None:
    assert "handoff issue import" in run(runtime, "list").stderr
    run(runtime, "import", installed, "--kind", "letter")
    assert run(runtime, "list").stdout.split() == ["1", "letter", "draft", "Who", "owns", "the", "handoff?"]
    assert json.loads(run(runtime, "list", "--json").stdout)["id"] == 1


def test_import_takes_standard_input_and_a_title(runtime: Runtime, installed: Path) -> None:
    result = run(runtime, "import", "-", "--kind", "letter", "--title", "Mine", "--json", given=LETTER)
    assert json.loads(result.stdout)["title"] == "Mine"


@pytest.mark.parametrize(("read_as", "shown"), [("finance", True), ("sales", False), ("nobody", False)])
def test_the_preview_is_that_of_a_reader_of_a_function(
    runtime: Runtime, installed: Path, tmp_path: Path, read_as: str, shown: bool
) -> None:
    installed.write_text("Dear {first_name|reader},\n\n::: for finance\nThe quarter closes.\n:::\n\nYours.\n")
    run(runtime, "import", installed, "--kind", "letter", "--title", "T")
    run(runtime, "preview", 1, "--out", tmp_path / "out", "--as", read_as)
    for name in ("mail.html", "mail.txt", "mail.eml"):
        assert (b"The quarter closes" in (tmp_path / "out" / name).read_bytes()) is shown
    assert b"The quarter closes" not in (tmp_path / "out" / "web.html").read_bytes()


def test_preview_writes_the_four_files(runtime: Runtime, installed: Path, tmp_path: Path) -> None:
    run(runtime, "import", installed, "--kind", "letter")
    result = run(runtime, "preview", 1, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.exception
    html, text, raw, web = (
        (tmp_path / "out" / name).read_bytes() for name in ("mail.html", "mail.txt", "mail.eml", "web.html")
    )
    assert b"Dear Ada," in html
    assert b"Dear Ada," in text
    assert b"Dear reader," in web
    assert b"Ada" not in web, "the archive belongs to nobody"
    assert b"zqslot" not in html + text + raw + web
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert message["Subject"] == "Who owns the handoff?"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_schedule_takes_the_next_tuesday_and_says_so(runtime: Runtime, installed: Path) -> None:
    run(runtime, "import", installed, "--kind", "letter")
    result = run(runtime, "schedule", 1)
    assert "Tuesday 17 November 2026, 8:15 am New York time (EST)" in result.stdout
    assert isinstance(run(runtime, "schedule", 1).exception, Conflict)
    assert run(runtime, "take-back", 1).exit_code == 0
    said = json.loads(run(runtime, "schedule", 1, "--at", "2026-11-18 09:30", "--json").stdout)
    assert (said["at"], said["local"]) == ("2026-11-18T14:30:00+00:00", "2026-11-18T09:30:00-05:00")


@pytest.mark.parametrize(
    ("at", "instant", "words"),
    [
        ("2027-03-14 02:30", datetime(2027, 3, 14, 7, 0, tzinfo=UTC), "does not exist"),
        ("2027-11-07 01:30", datetime(2027, 11, 7, 5, 30, tzinfo=UTC), "comes twice"),
    ],
)
def test_a_time_in_a_gap_or_an_overlap_is_resolved_and_said(
    runtime: Runtime, installed: Path, at: str, instant: datetime, words: str
) -> None:
    run(runtime, "import", installed, "--kind", "letter")
    result = run(runtime, "schedule", 1, "--at", at)
    assert words in result.stdout
    with runtime.database.reading() as session:
        assert get_issue(session, 1).scheduled_at == instant


@pytest.mark.parametrize("at", ["2020-01-01 08:15", "soon"])
def test_a_slot_in_the_past_or_no_slot_at_all_is_refused(runtime: Runtime, installed: Path, at: str) -> None:
    run(runtime, "import", installed, "--kind", "letter")
    error = run(runtime, "schedule", 1, "--at", at).exception
    assert isinstance(error, InvalidInput)
    assert error.field == "at"
    with runtime.database.reading() as session:
        assert get_issue(session, 1).state is IssueState.DRAFT


def test_what_cannot_be_read_or_found_is_named(runtime: Runtime, installed: Path, tmp_path: Path) -> None:
    cases: list[tuple[type[HandoffError], tuple[object, ...]]] = [
        (InvalidInput, ("import", tmp_path / "none.txt", "--kind", "letter")),
        (NotFound, ("preview", 99, "--out", tmp_path / "out")),
        (NotFound, ("status", 99)),
    ]
    for kind, arguments in cases:
        assert isinstance(run(runtime, *arguments).exception, kind)
    assert isinstance(run(runtime, "import", "-", "--kind", "letter", given=" \n").exception, ContentError)


def test_a_broken_merge_tag_is_named_before_anything_is_scheduled(runtime: Runtime, installed: Path) -> None:
    installed.write_text(LETTER.replace("first_name", "frist_name"))
    run(runtime, "import", installed, "--kind", "letter")
    error = run(runtime, "schedule", 1).exception
    assert isinstance(error, ContentError)
    assert "first_name" in str(error)


def test_send_goes_out_at_once_and_status_counts(
    runtime: Runtime, installed: Path, clock: FrozenClock
) -> None:
    run(runtime, "import", installed, "--kind", "letter")
    assert isinstance(run(runtime, "pause", 1).exception, Conflict)
    assert json.loads(run(runtime, "status", 1, "--json").stdout)["state"] == "draft"
    assert run(runtime, "send", 1).exit_code == 0
    publish_due(runtime, clock())
    said = json.loads(run(runtime, "status", 1, "--json").stdout)
    assert (said["state"], said["edition"], said["audience"], said["queued"]) == ("sending", "sending", 1, 1)
    assert run(runtime, "pause", 1).exit_code == 0
    assert "(paused)" in run(runtime, "status", 1).stdout
    assert run(runtime, "resume", 1).exit_code == 0
    assert isinstance(run(runtime, "send", 1).exception, Conflict)
