"""Answering a reader: preview, send, ask for leave to quote, and the answers one keeps."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.conversation.answering import (
    AnswerTo,
    Draft,
    answer_thread,
    last_heard,
    render_answer,
)
from app.conversation.arranging import get_thread
from app.conversation.people import person_of
from app.conversation.permissions import ask_to_quote, decide_permission
from app.conversation.saved_answers import (
    delete_saved_answer,
    get_saved_answer,
    list_saved_answers,
    save_answer,
)
from app.foundation.errors import HandoffError, InvalidInput
from app.rendering.slots import fill
from app.web.admin.guard import allows, author
from app.web.admin.mailroom import asked_of, desk, in_address
from app.web.admin.threads import Typed, page_of
from app.web.state import now, reader, writer
from app.web.typed import typed_number

bp = Blueprint("answers", __name__)

PREVIEW_CSP = (
    "sandbox allow-same-origin; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
)


@bp.post("/inbox/<int:thread_id>/answer")
@allows(Action.SEND)
def send(thread_id: int) -> ResponseReturnValue:
    try:
        answer_thread(writer(), now(), desk(), thread_id, _draft())
    except HandoffError as error:
        return _refused(thread_id, error)
    return _sent(thread_id, "answered")


@bp.post("/inbox/<int:thread_id>/preview")
@allows(Action.SEE)
def preview(thread_id: int) -> ResponseReturnValue:
    """The mail as it would go out. Nothing is kept."""
    thread = get_thread(reader(), thread_id)
    person, heard = person_of(reader(), thread), last_heard(reader(), thread)
    try:
        mail = fill(
            render_answer(reader(), desk(), thread, heard, person, _draft()),
            {
                "first_name": person.name.partition(" ")[0],
                "email": person.address,
                "function": person.function,
            },
        )
    except HandoffError as error:
        page = render_template("admin/preview_error.html", error=error)
        return Response(page, error.status, {"Content-Security-Policy": PREVIEW_CSP})
    return Response(mail.html, 200, {"Content-Security-Policy": PREVIEW_CSP})


@bp.post("/inbox/<int:thread_id>/permission")
@allows(Action.SEND)
def ask(thread_id: int) -> ResponseReturnValue:
    try:
        ask_to_quote(writer(), now(), desk(), thread_id, request.form.get("words", ""), _draft())
    except HandoffError as error:
        return _refused(thread_id, error)
    return _sent(thread_id, "asked")


@bp.post("/inbox/<int:thread_id>/permission/<int:permission_id>")
@allows(Action.WRITE)
def decide(thread_id: int, permission_id: int) -> ResponseReturnValue:
    evidence, verdict = typed_number(request.form.get("evidence")), request.form.get("verdict", "")
    if evidence is None or verdict not in {"granted", "declined"}:
        raise InvalidInput("Choose the mail in which the reader answered.", field="evidence")
    try:
        decide_permission(
            writer(),
            now(),
            thread_id,
            permission_id,
            granted=verdict == "granted",
            evidence_id=evidence,
            author_id=author().id,
        )
    except HandoffError as error:
        return _refused(thread_id, error)
    return _sent(thread_id, "saved")


@bp.get("/inbox/answers")
@allows(Action.SEE)
def kept() -> ResponseReturnValue:
    return _kept()


@bp.get("/inbox/answers/<int:answer_id>")
@allows(Action.SEE)
def one(answer_id: int) -> ResponseReturnValue:
    saved = get_saved_answer(reader(), answer_id)
    return _kept(answer_id=saved.id, title=saved.title, markdown=saved.markdown)


@bp.post("/inbox/answers")
@allows(Action.WRITE)
def keep() -> ResponseReturnValue:
    return _keep(None)


@bp.post("/inbox/answers/<int:answer_id>")
@allows(Action.WRITE)
def change(answer_id: int) -> ResponseReturnValue:
    return _keep(answer_id)


@bp.post("/inbox/answers/<int:answer_id>/delete")
@allows(Action.WRITE)
def drop(answer_id: int) -> ResponseReturnValue:
    delete_saved_answer(writer(), answer_id)
    writer().commit()
    return redirect(url_for("studio.answers.kept", said="saved"), 303)


def _keep(answer_id: int | None) -> ResponseReturnValue:
    title, markdown = request.form.get("title", ""), request.form.get("markdown", "")
    try:
        save_answer(writer(), now(), title, markdown, answer_id)
    except HandoffError as error:
        writer().rollback()
        return _kept(error, answer_id, title, markdown), error.status
    writer().commit()
    return redirect(url_for("studio.answers.kept", said="saved"), 303)


def _kept(
    error: HandoffError | None = None, answer_id: int | None = None, title: str = "", markdown: str = ""
) -> str:
    return render_template(
        "admin/saved_answers.html",
        answers=list_saved_answers(reader()),
        answer_id=answer_id,
        title=title,
        markdown=markdown,
        error=error,
    )


def _draft() -> Draft:
    to = request.form.get("to", "")
    return Draft(
        markdown=request.form.get("markdown", ""),
        occasion=request.form.get("occasion", ""),
        author_id=author().id,
        to=AnswerTo(to) if to in set(AnswerTo) else AnswerTo.PERSON,
    )


def _refused(thread_id: int, error: HandoffError) -> ResponseReturnValue:
    """The page with the words still in it; the form keeps its occasion."""
    writer().rollback()
    typed = Typed(
        request.form.get("markdown", "") if "words" not in request.form else "",
        request.form.get("occasion", ""),
        request.form.get("to", ""),
        request.form.get("words", ""),
    )
    return page_of(get_thread(reader(), thread_id), error, typed), error.status


def _sent(thread_id: int, said: str) -> ResponseReturnValue:
    writer().commit()
    here = in_address(asked_of(request.form))
    return redirect(url_for("studio.threads.show", thread_id=thread_id, said=said, **here), 303)
