"""The inbox: what readers wrote, by lane and by what is still to do."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.conversation.arranging import Deed, arrange_many, known_tags, move_many
from app.conversation.inert import inert_text
from app.conversation.misjudged import list_aside, take_as_person
from app.conversation.models import Lane
from app.conversation.queries import Folder, count_threads, thread_page
from app.foundation.errors import HandoffError, InvalidInput
from app.foundation.paging import page_number
from app.web.admin.guard import allows
from app.web.admin.mailroom import FOLDER_WORDS, LANE_WORDS, asked_of, in_address, lane_of_form
from app.web.state import now, reader, runtime, writer
from app.web.typed import typed_number

bp = Blueprint("inbox", __name__)


@bp.get("/inbox")
@allows(Action.SEE)
def show() -> ResponseReturnValue:
    return _page()


@bp.get("/inbox/aside")
@allows(Action.SEE)
def aside() -> ResponseReturnValue:
    """What machines answered: kept, looked at when somebody misses a mail."""
    mails = list_aside(reader(), runtime().storage, page=page_number(request.args.get("page")))
    return render_template("admin/inbox_aside.html", mails=mails, **_frame())


@bp.post("/inbox/aside/<int:inbound_id>/person")
@allows(Action.WRITE)
def was_a_person(inbound_id: int) -> ResponseReturnValue:
    """The author knows better: what was taken for a machine's becomes a conversation."""
    here = runtime()
    message = take_as_person(writer(), now(), inbound_id, storage=here.storage, signer=here.signer)
    thread_id = message.thread_id if message is not None else None
    writer().commit()
    if thread_id is None:
        return redirect(url_for("studio.inbox.show", said="a-person"), 303)
    return redirect(url_for("studio.threads.show", thread_id=thread_id, said="a-person"), 303)


@bp.post("/inbox/many")
@allows(Action.WRITE)
def many() -> ResponseReturnValue:
    """One deed, or one lane, for every conversation that is ticked."""
    ids = [number for number in map(typed_number, request.form.getlist("thread")) if number is not None]
    deed = request.form.get("deed", "")
    try:
        if deed == "move":
            move_many(writer(), now(), ids, lane_of_form())
        elif deed in set(Deed):
            arrange_many(writer(), ids, Deed(deed))
        else:
            raise InvalidInput("Choose what to do.", field="deed")
    except HandoffError as error:
        writer().rollback()
        return _page(error), error.status
    writer().commit()
    said = {"done": "done", "move": "put-in-lane"}.get(deed, "saved")
    back = in_address(asked_of(request.form))
    return redirect(url_for("studio.inbox.show", said=said, **back), 303)


@bp.app_template_filter("inert")
def inert(words: str) -> str:
    """A reader's words without our signed links."""
    return inert_text(words, runtime().settings.base_url)


def _page(error: HandoffError | None = None) -> str:
    asked = asked_of(request.values)
    return render_template(
        "admin/inbox.html",
        asked=asked,
        here=in_address(asked),
        page=thread_page(reader(), asked, page=page_number(request.args.get("page"))),
        tags=known_tags(reader()),
        error=error,
        **_frame(),
    )


def _frame() -> dict[str, object]:
    """What stands around every list of the inbox."""
    return {
        "counts": count_threads(reader()),
        "folders": list(Folder),
        "lanes": list(Lane),
        "folder_words": FOLDER_WORDS,
        "lane_words": LANE_WORDS,
    }
