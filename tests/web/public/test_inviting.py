"""Passing letters on, from the outside: no name, no address and no token where anybody may look."""

import re
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.delivery.models import Delivery
from app.foundation.db import Database
from app.foundation.tokens import Purpose
from app.signup.models import Invitation, JoinRequest
from app.wiring import Runtime
from tests.cast import ALICE, Cast
from tests.web.public.test_archive import add_issue


@pytest.fixture
def letter(database: Database, now: datetime, cast: Cast) -> str:
    add_issue(database, now, "ownership")
    return "/issues/ownership/forward"


def invite(client: FlaskClient, path: str, **typed: str) -> str:
    """The path of the link that was made."""
    page = client.post(path, data=typed)
    assert page.status_code == 200
    found = re.search(r'value="http://[^/"]+(/i/[a-z0-9]+)"', page.text)
    assert found is not None
    return found[1]


def test_the_words_go_back_to_the_reader_and_nowhere_else(
    client: FlaskClient, database: Database, letter: str
) -> None:
    page = client.post(letter, data={"note": "Remember {{ 7*7 }}? <b>", "first_name": "Dana"})
    assert "Remember {{ 7*7 }}? &lt;b&gt;" in page.text
    assert "body=I%20read%20%E2%80%9CAbout%20ownership%2C%20friend%E2%80%9D" in page.text
    with database.reading() as session:
        assert session.scalars(select(Delivery.id)).all() == []
        assert session.scalars(select(Invitation.first_name)).all() == ["Dana"]


def test_the_landing_shows_the_letter_and_nothing_of_whoever_invites(
    client: FlaskClient, runtime: Runtime, cast: Cast, letter: str
) -> None:
    token = runtime.signer.sign(Purpose.PREFERENCES, cast.alice.id)
    for path in (f"/preferences/{token}/forward", letter):
        page = client.get(invite(client, path))
        assert page.status_code == 200
        assert "A colleague thought of you" in page.text
        assert not re.search(f"Alice|{ALICE}|{token}", page.text)
        assert "noindex" in page.headers["X-Robots-Tag"]
    assert "Hello there," in page.text
    private = client.get(f"/preferences/{token}/forward")
    assert (private.headers["Referrer-Policy"], private.headers["Cache-Control"]) == (
        "no-referrer",
        "no-store",
    )
    assert not re.search(f"Alice|{ALICE}", private.text)
    assert "Dana thought of you" in client.get(invite(client, letter, first_name="Dana")).text


def test_where_a_reader_came_from_is_kept(client: FlaskClient, database: Database, letter: str) -> None:
    form = {"email": "dana@example.com", "topics": "letter", "referrer": "https://news.example/a?b=c"}
    link = invite(client, letter)
    base = "http://127.0.0.1:8000"
    client.post(link, data=form)
    client.post("/subscribe", data=form | {"source": "issue ownership"})
    client.post("/subscribe", data=form, headers={"Referer": f"{base}/?utm_source=LinkedIn&utm_medium=post"})
    client.post("/subscribe", data=form, headers={"Referer": "https://evil.example/?utm_source=x"})
    for said in ("utm:linkedin", "\x00<script>"):
        client.post("/guides/cx-buy-in", data=form | {"source": said})
    with database.reading() as session:
        rows = session.scalars(select(JoinRequest).order_by(JoinRequest.id)).all()
        kept = [(row.form, row.origin, row.issue_slug, bool(row.invitation_id)) for row in rows]
    assert kept == [
        ("invitation", "site:news.example", "ownership", True),
        ("issue", "site:news.example", "ownership", False),
        ("home", "utm:linkedin/post", "", False),
        ("home", "site:news.example", "", False),
        ("guide cx-buy-in", "utm:linkedin", "", False),
        ("guide cx-buy-in", "", "", False),
    ]


def test_what_cannot_be_passed_on_says_so(client: FlaskClient, runtime: Runtime, letter: str) -> None:
    assert client.get("/issues/nothing/forward").status_code == 404
    assert client.get("/i/abcdefghjkm").status_code == 404
    assert client.get(f"{letter}/forged").status_code == 404
    refused = client.post(letter, data={"note": "see https://spam.example"})
    assert refused.status_code == 400
    assert "Links and addresses cannot stand here." in refused.text
    assert "see https://spam.example</textarea>" in refused.text


def test_nobody_makes_invitations_by_the_hundred(client: FlaskClient, letter: str) -> None:
    answers = [client.post(letter, data={"first_name": "Dana"}).status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]
