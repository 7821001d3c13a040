"""A reader's mail itself: looked at without its scripts, trackers and links of ours, its files handed out as downloads
only. What comes from strangers never runs in the studio, whatever it claims to be (A34)."""

from flask import Blueprint, Response, g, render_template
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.conversation.attachments import Download, read_mail_of, take_attachment
from app.conversation.models import Direction, Message
from app.conversation.showing import redraw, show_mail
from app.foundation.errors import NotFound
from app.issues.fetching import Fetcher
from app.web.admin.guard import allows
from app.web.state import reader, runtime

bp = Blueprint("mails", __name__)

CLOSED = "default-src 'none'; sandbox"


@bp.get("/inbox/mails/<int:message_id>")
@allows(Action.SEE)
def show(message_id: int) -> ResponseReturnValue:
    return _shown(message_id, None)


@bp.post("/inbox/mails/<int:message_id>/pictures")
@allows(Action.SEE)
def with_pictures(message_id: int) -> ResponseReturnValue:
    """The sender learns that the mail was read, so this is a form and no link."""
    return _shown(message_id, runtime().fetcher)


@bp.get("/inbox/mails/<int:message_id>.eml")
@allows(Action.SEE)
def raw(message_id: int) -> ResponseReturnValue:
    return _download(
        Download(f"mail-{message_id}.eml", read_mail_of(reader(), runtime().storage, _mail(message_id)))
    )


@bp.get("/inbox/attachments/<int:attachment_id>")
@allows(Action.SEE)
def attachment(attachment_id: int) -> ResponseReturnValue:
    return _download(take_attachment(reader(), runtime().storage, attachment_id))


@bp.get("/inbox/attachments/<int:attachment_id>/picture")
@allows(Action.SEE)
def picture(attachment_id: int) -> ResponseReturnValue:
    """The attached picture drawn anew: pixels, and nothing that was hidden beside them."""
    drawn = redraw(take_attachment(reader(), runtime().storage, attachment_id).data, 900)
    if drawn is None:
        raise NotFound("This is no picture that can be shown.")
    kind = "image/png" if drawn.startswith(b"\x89PNG") else "image/jpeg"
    return Response(drawn, mimetype=kind, headers={"Content-Security-Policy": CLOSED})


def _mail(message_id: int) -> Message:
    mail = reader().get(Message, message_id)
    if mail is None or mail.direction is not Direction.IN:
        raise NotFound("There is no such mail.")
    return mail


def _shown(message_id: int, fetcher: Fetcher | None) -> Response:
    mail = _mail(message_id)
    here = runtime()
    shown = show_mail(read_mail_of(reader(), here.storage, mail), here.settings.base_url, fetcher)
    page = render_template("admin/whole_mail.html", mail=mail, shown=shown, asked=fetcher is not None)
    policy = (
        f"default-src 'none'; img-src data:; style-src 'nonce-{g.nonce}'; frame-ancestors 'self'; "
        "form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    return Response(page, headers={"Content-Security-Policy": policy})


def _download(file: Download) -> Response:
    """Bytes to keep, of no type that a browser would open."""
    answer = Response(file.data, mimetype="application/octet-stream")
    answer.headers.set("Content-Disposition", "attachment", filename=file.name)
    answer.headers["Content-Security-Policy"] = CLOSED
    return answer
