"""The form on other sites, from the outside: named sites may, others may not, and programs have to work for it."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.foundation.db import Database
from app.signup.embedding import allow_origin
from app.signup.models import JoinRequest
from app.wiring import Runtime
from tests.cast import Cast
from tests.fixtures.clock import FrozenClock

SITE = "https://blog.example"
OWN = "http://127.0.0.1:8000"
FORM = {"email": "dana@example.com", "topics": "letter"}


@pytest.fixture
def named(database: Database, runtime: Runtime, cast: Cast) -> None:
    with database.writing() as session:
        allow_origin(session, runtime.clock(), SITE)


def joined(database: Database) -> list[tuple[str, str]]:
    with database.reading() as session:
        return [(each.form, each.origin) for each in session.scalars(select(JoinRequest))]


def stamp_in(page: str) -> str:
    found = re.search(r'name="stamp" value="(\w+)"', page)
    assert found is not None
    return found[1]


@pytest.mark.usefixtures("named")
def test_the_frame_stands_on_named_sites_only_and_takes_its_own_form(
    client: FlaskClient, database: Database, clock: FrozenClock
) -> None:
    page = client.get("/embed")
    assert page.headers["Content-Security-Policy"].endswith(f"frame-ancestors 'self' {SITE}")
    data = FORM | {"stamp": stamp_in(page.text), "framed": "1", "referrer": f"{SITE}/post"}
    for origin in ({}, {"Origin": SITE}, {"Origin": "null"}):
        assert client.post("/embed", data=data, headers=origin).status_code == 403
    at_once = client.post("/embed", data=data, headers={"Origin": OWN})
    assert "One more press" in at_once.text
    assert joined(database) == []
    clock.advance(seconds=3)
    trap = client.post("/embed", data=data | {"website": "x"}, headers={"Origin": OWN})
    assert "Check your mail" in trap.text
    assert joined(database) == []
    assert "Check your mail" in client.post("/embed", data=data, headers={"Origin": OWN}).text
    assert joined(database) == [("embed frame", "site:blog.example")]
    assert "One more press" in client.post("/embed", data=data, headers={"Origin": OWN}).text


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize(
    "origin", ["", "null", "https://evil.example", f"{SITE}.evil.example", f"{SITE}:8443"]
)
def test_a_form_on_any_other_site_is_refused(client: FlaskClient, database: Database, origin: str) -> None:
    headers = {"Origin": origin} if origin else {}
    for answer in (
        client.get("/embed/stamp", headers=headers),
        client.post("/embed/join", data=FORM, headers=headers),
        client.options("/embed/join", headers=headers),
    ):
        assert answer.status_code == 403
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert joined(database) == []


@pytest.mark.usefixtures("named")
def test_a_plain_form_is_answered_in_json_or_asked_once_more(
    client: FlaskClient, database: Database, clock: FrozenClock
) -> None:
    script = {"Origin": SITE, "Accept": "application/json"}
    fresh = client.get("/embed/stamp", headers=script)
    assert (fresh.headers["Access-Control-Allow-Origin"], fresh.headers["Vary"]) == (SITE, "Origin")
    assert "Access-Control-Allow-Credentials" not in fresh.headers
    wrong = client.post("/embed/join", data={"email": "no"}, headers=script)
    assert (wrong.status_code, set(wrong.json["errors"])) == (400, {"email", "topics"})  # type: ignore[index]
    assert client.post("/embed/join", data=FORM, headers=script).json["state"] == "prove"  # type: ignore[index]
    once_more = client.post("/embed/join", data=FORM, headers={"Origin": SITE})
    clock.advance(seconds=3)
    data = FORM | {"stamp": fresh.json["stamp"]}  # type: ignore[index]
    assert client.post("/embed/join", data=data, headers=script).json == {"state": "sent"}
    press = FORM | {"stamp": stamp_in(once_more.text), "referrer": SITE, "email": "erin@example.com"}
    assert "Check your mail" in client.post("/embed", data=press, headers={"Origin": OWN}).text
    assert joined(database) == [("embed form", "site:blog.example")] * 2
