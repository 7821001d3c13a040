"""`handoff issue …`: from a text on disk to a letter on its way, without the studio."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from app.cli.issue_checking import check, check_saved, tell_warnings
from app.cli.opening import open_runtime, print_json
from app.delivery.control import pause_edition, resume_edition
from app.delivery.editions import get_edition
from app.delivery.ledger import count
from app.delivery.letterhead import letterhead_of
from app.foundation.errors import Conflict, InvalidInput, Unavailable
from app.issues.cadence import get_cadence
from app.issues.composing import words_of
from app.issues.guests import set_guest
from app.issues.importing import ImportedDraft, import_links, import_text
from app.issues.models import Issue, IssueKind, IssueState
from app.issues.preview import SAMPLE_FUNCTION, preview_mail, preview_message
from app.issues.publishing import send_now
from app.issues.queries import get_issue, list_issues
from app.issues.scheduling import schedule_issue, unschedule_issue
from app.issues.words import when_words
from app.issues.writing import Draft, create_issue
from app.publication.settings import get_publication
from app.rendering.functions import FUNCTIONS
from app.subscribers.models import Function
from app.web.admin.webpage import page_for_a_disk, web_page
from app.web.factory import create_app
from app.wiring import Runtime, press_of

as_json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
STDIN = "-"


@click.group("issue")
def command() -> None:
    """Letters and digests."""


command.add_command(check)


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--kind", type=click.Choice([kind.value for kind in IssueKind]), required=True)
@click.option("--title", default="", help="Instead of the one found in the text.")
@as_json_option
def bring_in(file: Path, kind: str, title: str, as_json: bool) -> None:
    """Make a draft of a plain text, Markdown or HTML file and print its id; `-` reads standard input."""
    raw = _read(file)
    runtime = open_runtime()
    with runtime.database.writing() as session:
        draft = _draft(runtime, IssueKind(kind), raw, file.name, get_publication(session).linkedin_url)
        words = Draft(title or draft.title, draft.subject, draft.preheader, draft.markdown)
        issue = create_issue(session, runtime.clock(), IssueKind(kind), words)
        if draft.guest:
            set_guest(session, issue.id, draft.guest)
    if as_json:
        print_json({"id": issue.id, "title": issue.title, "slug": issue.slug, "notes": list(draft.notes)})
        return
    click.echo(str(issue.id))
    click.echo(f"“{issue.title}” is a draft.", err=True)
    for note in draft.notes:
        click.echo(f"- {note}", err=True)


@command.command("list")
@click.option("--page", type=click.IntRange(min=1), default=1, show_default=True)
@as_json_option
def list_them(page: int, as_json: bool) -> None:
    """Every issue, the last touched first, 25 to a page; JSON Lines with --json."""
    runtime = open_runtime()
    with runtime.database.reading() as session:
        found = list_issues(session, page=page)
        rows = [(issue.id, issue.kind.value, issue.state.value, issue.title) for issue in found.items]
    if as_json:
        for row in rows:
            print_json(dict(zip(("id", "kind", "state", "title"), row, strict=True)))
        return
    for number, kind, state, title in rows:
        click.echo(f"{number:>5}  {kind:<6}  {state:<9}  {title}")
    if not found.total:
        click.echo("There is no issue yet. Make one with: handoff issue import FILE --kind letter", err=True)
    elif found.pages > 1:
        click.echo(f"Page {page} of {found.pages}.", err=True)


@command.command("preview")
@click.argument("issue_id", type=int)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="A folder.")
@click.option(
    "--as",
    "read_as",
    type=click.Choice([*FUNCTIONS, "nobody"]),
    default=SAMPLE_FUNCTION.value,
    show_default=True,
    help="Ada's function, or nobody's.",
)
def preview(issue_id: int, out: Path, read_as: str) -> None:
    """Write mail.html, mail.txt, mail.eml and web.html as a reader called Ada would get them."""
    function = Function(read_as) if read_as in FUNCTIONS else None
    runtime = open_runtime()
    press = press_of(runtime)
    with runtime.database.reading() as session:
        issue = get_issue(session, issue_id)
        words, topic_id = words_of(issue), get_cadence(session, issue.kind).topic_id
        mail = preview_mail(session, words, press, function)
        letterhead = letterhead_of(runtime.settings, runtime.signer)
        message = preview_message(session, runtime.clock(), words, press, letterhead, topic_id, function)
    with create_app(runtime).test_request_context("/", base_url=runtime.settings.base_url):
        page = page_for_a_disk(web_page(words, press), runtime.settings.base_url)
    pages = {
        "mail.html": mail.html.encode(),
        "mail.txt": mail.text.encode(),
        "mail.eml": message,
        "web.html": page.encode(),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in pages.items():
            (out / name).write_bytes(content)
    except OSError as error:
        raise Unavailable(f"Cannot write to {out}: {error.strerror}.", field="--out") from error
    click.echo(f"{', '.join(pages)} are in {out} ({mail.bytes / 1000:.1f} kB of HTML).")


@command.command("schedule")
@click.argument("issue_id", type=int)
@click.option(
    "--at", default=None, help='"YYYY-MM-DD HH:MM" in the cadence\'s zone; default: its next free slot.'
)
@as_json_option
def schedule(issue_id: int, at: str | None, as_json: bool) -> None:
    """Approve an issue for a slot; from then on its text cannot change until it is taken back."""
    runtime = open_runtime()
    now = runtime.clock()
    version, report = check_saved(runtime, issue_id)
    tell_warnings(report)
    with runtime.database.writing() as session:
        scheduled = schedule_issue(session, now, issue_id, at=at, version=version)
        zone = ZoneInfo(get_cadence(session, scheduled.issue.kind).zone)
    slot = scheduled.slot
    if as_json:
        print_json(
            {
                "id": issue_id,
                "slot": slot.name,
                "at": slot.at.isoformat(),
                "local": slot.at.astimezone(zone).isoformat(),
                "note": slot.note,
            }
        )
        return
    if slot.note:
        click.echo(slot.note)
    click.echo(f"“{scheduled.issue.title}” goes out {when_words(slot.at, zone)}.")


@command.command("send")
@click.argument("issue_id", type=int)
def send(issue_id: int) -> None:
    """Send an issue now; a running worker or the clock's next tick takes it from here."""
    runtime = open_runtime()
    version, report = check_saved(runtime, issue_id)
    tell_warnings(report)
    with runtime.database.writing() as session:
        issue = send_now(session, runtime.clock(), issue_id, version=version)
    click.echo(f"“{issue.title}” goes out now. `handoff issue status {issue_id}` tells how it does.")


@command.command("pause")
@click.argument("issue_id", type=int)
def pause(issue_id: int) -> None:
    """Mail nobody else for the moment; what was handed over cannot be called back."""
    runtime = open_runtime()
    with runtime.database.writing() as session:
        pause_edition(
            session, runtime.clock(), _edition_id(get_issue(session, issue_id)), "Paused by command."
        )
    click.echo(f"Issue {issue_id} is paused.")


@command.command("resume")
@click.argument("issue_id", type=int)
def resume(issue_id: int) -> None:
    """Go on where it stopped."""
    runtime = open_runtime()
    with runtime.database.writing() as session:
        resume_edition(session, runtime.clock(), _edition_id(get_issue(session, issue_id)))
    click.echo(f"Issue {issue_id} goes on.")


@command.command("take-back")
@click.argument("issue_id", type=int)
def take_back(issue_id: int) -> None:
    """Make a scheduled issue a draft again; its slot is free."""
    runtime = open_runtime()
    with runtime.database.writing() as session:
        unschedule_issue(session, runtime.clock(), issue_id)
    click.echo(f"Issue {issue_id} is a draft again.")


@command.command("status")
@click.argument("issue_id", type=int)
@as_json_option
def status(issue_id: int, as_json: bool) -> None:
    """The ledger's counts by state; they add up to the audience."""
    runtime = open_runtime()
    with runtime.database.reading() as session:
        facts, numbers, when = _status(session, issue_id)
    if as_json:
        print_json({**facts, **numbers})
        return
    edition = f" ({facts['edition']})" if facts["edition"] else ""
    click.echo(f"“{facts['title']}” is {facts['state']}{edition}.")
    for line in (when, facts["held_reason"]):
        if line:
            click.echo(line)
    for name, number in numbers.items():
        click.echo(f"{name.replace('_', ' '):>10}  {number:,}")


def _status(session: Session, issue_id: int) -> tuple[dict[str, Any], dict[str, int], str]:
    """What there is to say: facts, the ledger's numbers once there is one, and when it goes out while it waits."""
    issue = get_issue(session, issue_id)
    at, edition_id = issue.scheduled_at, issue.edition_id
    zone = ZoneInfo(get_cadence(session, issue.kind).zone)
    facts = {
        "id": issue.id,
        "title": issue.title,
        "state": issue.state.value,
        "scheduled_at": at.isoformat() if at else None,
        "held_reason": issue.held_reason,
        "edition": get_edition(session, edition_id).state.value if edition_id else None,
    }
    waits = at is not None and issue.state is IssueState.SCHEDULED
    when = f"Goes out {when_words(at, zone)}." if at and waits else ""
    return facts, asdict(count(session, edition_id)) if edition_id else {}, when


def _read(file: Path) -> bytes:
    """Raises InvalidInput naming the file."""
    if str(file) == STDIN:
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.", field="FILE") from error


def _draft(runtime: Runtime, kind: IssueKind, raw: bytes, name: str, linkedin: str) -> ImportedDraft:
    filename = None if name == STDIN else name
    if kind is IssueKind.LINKS:
        return import_links(raw, filename=filename)
    guide = press_of(runtime).guide_url
    return import_text(raw, filename=filename, guide_url=guide, linkedin_url=linkedin or None)


def _edition_id(issue: Issue) -> int:
    """Raises Conflict before the issue went out."""
    if issue.edition_id is None:
        raise Conflict(f"This issue is {issue.state.value}; nothing of it has been sent.")
    return issue.edition_id
