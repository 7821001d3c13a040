"""One conversation: the reader's own words, who they are, what they answer, and everything one can do about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from secrets import token_urlsafe

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.accounts.queries import author_names
from app.accounts.roles import Action, may
from app.conversation.answering import answer_subject, last_heard
from app.conversation.arranging import (
    SUGGESTED_TAGS,
    Deed,
    add_note,
    arrange,
    get_thread,
    known_tags,
    put_tag,
    remove_note,
    snooze,
    tags_of,
    take_tag,
)
from app.conversation.correspondents import read_claimed
from app.conversation.inbox_models import ThreadNote
from app.conversation.inert import inert_text
from app.conversation.learning import move_to_lane
from app.conversation.models import Attachment, Direction, Lane, Message, Proof, Thread
from app.conversation.people import Person, person_of
from app.conversation.permissions import permissions_of, possible_evidence
from app.conversation.queries import (
    attachments_of,
    issue_of,
    messages_of,
    neighbours,
    notes_of,
    other_threads,
)
from app.conversation.saved_answers import list_saved_answers
from app.delivery.models import Edition, RecipientKind
from app.delivery.queries import Event, history, recipients_of
from app.foundation.errors import HandoffError, InvalidInput
from app.guides.queries import grants_of
from app.subscribers.queries import describe_subscriber, get_subscriber
from app.web.admin.guard import allows, author
from app.web.admin.mailroom import (
    FOLDER_WORDS,
    LANE_WORDS,
    asked_of,
    in_address,
    lane_of_form,
    laters,
    moment_of_form,
)
from app.web.state import now, reader, runtime, writer
from app.web.typed import typed_number

bp = Blueprint("threads", __name__)

SHOWN = 12_000
"""Characters of a mail on the page; the rest is one click away."""


@dataclass(frozen=True)
class Entry:
    """A mail or a note, as it stands in the conversation."""

    at: datetime
    mail: Message | None = None
    note: ThreadNote | None = None
    text: str = ""
    cut: bool = False
    files: tuple[Attachment, ...] = ()
    forged: str = ""
    sent: Event | None = None
    who: str = ""


@dataclass(frozen=True)
class Typed:
    """What stood in the answer's form when it came back."""

    markdown: str = ""
    occasion: str = ""
    to: str = "person"
    words: str = ""


@bp.get("/inbox/<int:thread_id>")
@allows(Action.SEE)
def show(thread_id: int) -> ResponseReturnValue:
    """Looking at a conversation reads it, for whoever works here."""
    thread = get_thread(reader(), thread_id)
    if thread.unread and may(author(), Action.WRITE):
        with runtime().database.writing() as session:
            arrange(session, get_thread(session, thread_id), Deed.READ)
    return page_of(thread)


@bp.post("/inbox/<int:thread_id>/deed")
@allows(Action.WRITE)
def do(thread_id: int) -> ResponseReturnValue:
    deed = request.form.get("deed", "")
    if deed not in set(Deed):
        raise InvalidInput("Choose what to do.", field="deed")
    thread = get_thread(writer(), thread_id)
    onward = _onward(thread)
    arrange(writer(), thread, Deed(deed))
    writer().commit()
    if deed == Deed.DONE:
        return redirect(onward("done"), 303)
    return _list("saved") if deed == Deed.UNREAD else _back(thread_id, "waiting-again")


@bp.post("/inbox/<int:thread_id>/snooze")
@allows(Action.WRITE)
def put_off(thread_id: int) -> ResponseReturnValue:
    thread = get_thread(writer(), thread_id)
    onward = _onward(thread)
    try:
        snooze(writer(), now(), thread, moment_of_form())
    except InvalidInput as error:
        return _refused(thread_id, error)
    writer().commit()
    return redirect(onward("snoozed"), 303)


@bp.post("/inbox/<int:thread_id>/lane")
@allows(Action.WRITE)
def move(thread_id: int) -> ResponseReturnValue:
    move_to_lane(writer(), now(), get_thread(writer(), thread_id), lane_of_form())
    writer().commit()
    return _back(thread_id, "put-in-lane")


@bp.post("/inbox/<int:thread_id>/notes")
@allows(Action.WRITE)
def note(thread_id: int) -> ResponseReturnValue:
    thread = get_thread(writer(), thread_id)
    try:
        add_note(writer(), now(), thread, request.form.get("note", ""), author().id)
    except InvalidInput as error:
        return _refused(thread_id, error)
    writer().commit()
    return _back(thread_id, "saved")


@bp.post("/inbox/<int:thread_id>/notes/<int:note_id>/remove")
@allows(Action.WRITE)
def unnote(thread_id: int, note_id: int) -> ResponseReturnValue:
    remove_note(writer(), get_thread(writer(), thread_id), note_id)
    writer().commit()
    return _back(thread_id, "saved")


@bp.post("/inbox/<int:thread_id>/tags")
@allows(Action.WRITE)
def tag(thread_id: int) -> ResponseReturnValue:
    thread = get_thread(writer(), thread_id)
    try:
        if request.form.get("off"):
            take_tag(writer(), thread, request.form["off"])
        else:
            put_tag(writer(), thread, request.form.get("tag", ""))
    except InvalidInput as error:
        return _refused(thread_id, error)
    writer().commit()
    return _back(thread_id, "saved")


def page_of(thread: Thread, error: HandoffError | None = None, typed: Typed | None = None) -> str:
    """The whole page of a conversation."""
    asked = asked_of(request.values)
    newer, older = neighbours(reader(), thread, asked)
    person = person_of(reader(), thread)
    heard = last_heard(reader(), thread)
    return render_template(
        "admin/thread.html",
        thread=thread,
        person=person,
        known=_known(person),
        entries=_entries(thread, person),
        heard=heard,
        claimed=heard.sender if heard and _forged(heard, person) else "",
        issue=issue_of(reader(), thread),
        edition=reader().get(Edition, thread.edition_id) if thread.edition_id else None,
        others=other_threads(reader(), thread),
        tags=tags_of(reader(), thread.id),
        tag_choices=sorted({*known_tags(reader()), *SUGGESTED_TAGS}),
        permissions=[
            (each, possible_evidence(reader(), each)) for each in permissions_of(reader(), thread.id)
        ],
        saved_answers=list_saved_answers(reader()),
        subject=answer_subject(reader(), thread),
        laters=laters(),
        lanes=list(Lane),
        lane_words=LANE_WORDS,
        folder_words=FOLDER_WORDS,
        asked=asked,
        here=in_address(asked),
        newer=newer,
        older=older,
        occasion=token_urlsafe(18),
        typed=typed or Typed(markdown=_again()),
        error=error,
    )


def _entries(thread: Thread, person: Person) -> list[Entry]:
    """Mails and notes in the order of time."""
    base_url = runtime().settings.base_url
    files = attachments_of(reader(), thread.id)
    names = author_names(reader())
    mails = messages_of(reader(), thread.id)
    sent = _sent(reader(), mails)
    found = []
    for mail in mails:
        text = mail.text if mail.direction is Direction.OUT else inert_text(mail.text, base_url)
        found.append(
            Entry(
                mail.at,
                mail=mail,
                text=text[:SHOWN],
                cut=len(text) > SHOWN,
                files=tuple(files.get(mail.id, ())),
                forged=_forged(mail, person),
                sent=sent.get(mail.delivery_id or 0) if mail.direction is Direction.OUT else None,
                who=names.get(mail.author_id or 0, "") or "You",
            )
        )
    found += [
        Entry(note.at, note=note, text=note.text, who=names.get(note.author_id or 0, "") or "Somebody")
        for note in notes_of(reader(), thread.id)
    ]
    return sorted(found, key=lambda entry: entry.at)


def _forged(mail: Message, person: Person) -> str:
    """The address that From claims where the token says it is somebody else's mail (A48)."""
    if mail.direction is Direction.OUT or mail.proof is not Proof.TOKEN or not person.address:
        return ""
    claimed, proven = read_claimed(mail.sender), read_claimed(person.address)
    if claimed is not None and proven is not None and claimed.canonical == proven.canonical:
        return ""
    return mail.sender or "nobody"


def _sent(session: Session, mails: list[Message]) -> dict[int, Event]:
    """Delivery id -> what became of an answer of ours."""
    ids = [mail.delivery_id for mail in mails if mail.direction is Direction.OUT and mail.delivery_id]
    people = recipients_of(session, ids)
    return {event.delivery_id: event for kind, number in people for event in history(session, kind, number)}


def _known(person: Person) -> dict[str, object]:
    """What the card says about a reader beside their name."""
    if person.kind is not RecipientKind.SUBSCRIBER:
        return {}
    row = describe_subscriber(reader(), get_subscriber(reader(), person.id))
    return {"row": row, "grants": grants_of(reader(), person.id)}


def _again() -> str:
    """The words of an answer that failed, or of a saved one, to begin with."""
    wish = typed_number(request.args.get("again"))
    mail = reader().get(Message, wish) if wish is not None else None
    return mail.text if mail is not None and mail.direction is Direction.OUT else ""


def _onward(thread: Thread) -> Callable[[str], str]:
    """Where to go when this one is dealt with: the next of the list, or the list."""
    asked = asked_of(request.form)
    newer, older = neighbours(writer(), thread, asked)
    there, here = older or newer, in_address(asked)

    def go(said: str) -> str:
        if there is None:
            return url_for("studio.inbox.show", said=said, **here)
        return url_for("studio.threads.show", thread_id=there, said=said, **here)

    return go


def _refused(thread_id: int, error: HandoffError) -> ResponseReturnValue:
    writer().rollback()
    return page_of(get_thread(reader(), thread_id), error), error.status


def _back(thread_id: int, said: str) -> ResponseReturnValue:
    here = in_address(asked_of(request.form))
    return redirect(url_for("studio.threads.show", thread_id=thread_id, said=said, **here), 303)


def _list(said: str) -> ResponseReturnValue:
    return redirect(url_for("studio.inbox.show", said=said, **in_address(asked_of(request.form))), 303)
