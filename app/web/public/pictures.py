"""`/pictures/…`: the pictures of letters, named after their content and cached for ever."""

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from app.foundation.errors import InvalidInput, NotFound
from app.issues.pictures import key_of
from app.web.state import runtime

bp = Blueprint("pictures", __name__)

_TYPES = {"jpg": "image/jpeg", "png": "image/png"}


@bp.get("/pictures/<name>")
def show(name: str) -> ResponseReturnValue:
    try:
        data = runtime().storage.get(key_of(name))
    except InvalidInput as error:
        raise NotFound("There is no such picture.") from error
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(data, 200, headers, mimetype=_TYPES[name.rpartition(".")[2]])
