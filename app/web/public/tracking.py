"""`/t/…`: keep the evidence, then send the reader on; nothing in the request chooses where to."""

import logging
import re

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from app.foundation.errors import NotFound
from app.foundation.tokens import Purpose
from app.tracking.recording import delivery_exists, find_target, record_click, record_open
from app.web.state import client_ip, now, reader, runtime, user_agent, writer

bp = Blueprint("tracking", __name__)
log = logging.getLogger(__name__)

# The smallest transparent GIF there is.
PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)


@bp.get("/t/c/<token>/<int:number>")
def click(token: str, number: int) -> ResponseReturnValue:
    """HEAD and GET alike leave their evidence; the method is part of it, as scanners often ask with HEAD."""
    (delivery_id,) = runtime().signer.read(Purpose.DELIVERY, token, 1)
    target = find_target(reader(), delivery_id, number)
    if target is None:
        raise NotFound("This link is not one of ours, or it was cut short.")
    try:
        record_click(
            writer(),
            now(),
            delivery_id=delivery_id,
            number=number,
            method=request.method,
            ip=client_ip(),
            user_agent=user_agent(),
        )
        writer().commit()
    except SQLAlchemyError as error:  # the reader comes before the statistics
        log.warning("a click was not recorded: %s", error)
    return _private(redirect(_own_way(target, token), 302))


def _own_way(target: str, token: str) -> str:
    """The page of one of our guides is opened by the letter's own key: its reader need not fill in a form. And who
    passes a letter on is known by it, so that they can be thanked."""
    if re.fullmatch(r"/issues/[a-z0-9-]+/forward", target.removeprefix(runtime().links.base_url)):
        return f"{target}/{token}"
    slug = target.removeprefix(runtime().links.guide(""))
    if slug != target and re.fullmatch(r"[a-z0-9-]+", slug):
        return f"{target}/take/{token}"
    return target


@bp.get("/t/o/<token>.gif")
def pixel(token: str) -> ResponseReturnValue:
    """One transparent pixel; 404 for a token that is not ours."""
    (delivery_id,) = runtime().signer.read(Purpose.DELIVERY, token, 1)
    if not delivery_exists(reader(), delivery_id):
        raise NotFound("This link is not one of ours, or it was cut short.")
    try:
        record_open(writer(), now(), delivery_id=delivery_id, ip=client_ip(), user_agent=user_agent())
        writer().commit()
    except SQLAlchemyError as error:
        log.warning("an open was not recorded: %s", error)
    return _private(Response(PIXEL, mimetype="image/gif"))


def _private(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
