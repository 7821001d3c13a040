"""`/healthz`: the process answers. `/readyz`: it can do its work."""

import redis
from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.web.state import reader, runtime

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    return jsonify(ok=True)


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """503 without the database. A missing queue is said but is no reason to turn readers away: it only rings."""
    parts = {"database": True, "queue": True}
    try:
        reader().execute(text("SELECT 1"))
    except SQLAlchemyError:
        parts["database"] = False
    try:
        runtime().redis.ping()
    except redis.RedisError:
        parts["queue"] = False
    return jsonify(ok=parts["database"], **parts), 200 if parts["database"] else 503
