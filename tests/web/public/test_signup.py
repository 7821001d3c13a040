"""The sign-up form from the outside: one answer for everybody, every wrong field named, nothing half done."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.delivery.models import Delivery
from app.foundation.db import Database
from app.signup.models import JoinRequest
from app.subscribers.models import Subscriber, SuppressionReason
from app.subscribers.suppression import suppress
from app.wiring import Runtime
from tests.cast import ALICE, BOB, CAROL, Cast

GOOD = {"email": "dana@example.com", "topics": "letter"}


def rows(database: Database) -> tuple[int, int, int]:
    with database.reading() as session:
        counts = [
            session.scalar(select(func.count()).select_from(t)) for t in (Subscriber, JoinRequest, Delivery)
        ]
    return counts[0] or 0, counts[1] or 0, counts[2] or 0


def without_address(html: str, address: str) -> str:
    return re.sub(r'nonce="[^"]+"', "", html.replace(address, "ADDRESS"))


@pytest.mark.parametrize("path", ["/subscribe", "/guides/cx-buy-in"])
def test_the_answer_is_the_same_whoever_the_address_belongs_to(
    client: FlaskClient, database: Database, runtime: Runtime, cast: Cast, path: str
) -> None:
    with database.writing() as session:
        suppress(session, runtime.clock(), "f" * 64, SuppressionReason.MANUAL)
        suppress(session, runtime.clock(), cast.bob.address_hash, SuppressionReason.COMPLAINT)
    answers = set()
    for address in ("dana@example.com", ALICE, BOB, CAROL):
        response = client.post(path, data={"email": address, "topics": "letter"})
        answers.add((response.status_code, without_address(response.text, address)))
    assert len(answers) == 1
    assert answers.pop()[0] == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "nonsense"),
        ("email", "a@x.example\r\nBcc: v@y.example"),
        ("email", '"a b"@x.example'),
        ("email", "a@[127.0.0.1]"),
        ("email", "a@b@c.example"),
        ("email", "a@x.example, b@x.example"),
        ("email", "a" * 65 + "@x.example"),
        ("email", "a" * 1_000_000),
        ("first_name", "Ada\r\nBcc: v@y.example"),
        ("first_name", "<script>alert(1)</script>"),
        ("first_name", "see https://evil.example"),
        ("first_name", "x" * 1_000_000),
        ("topics", "gossip"),
        ("topics", ""),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(
    client: FlaskClient, database: Database, field: str, value: str
) -> None:
    before = rows(database)
    response = client.post(
        "/subscribe", data={**GOOD, field: value} if value or field != "topics" else {"email": "d@x.example"}
    )
    assert response.status_code == 400
    assert f'id="join-{field}-error"' in response.text
    assert "join-" + field + "-error" in re.findall(r'aria-describedby="([^"]+)"', response.text)
    assert "<script>alert" not in response.text
    assert rows(database) == before


def test_an_unknown_function_is_named_too(client: FlaskClient, database: Database) -> None:
    before = rows(database)
    response = client.post("/guides/cx-buy-in", data={"email": "d@x.example", "function": "astronaut"})
    assert response.status_code == 400
    assert 'aria-describedby="join-function-error"' in response.text
    assert rows(database) == before


def test_more_than_we_take_is_refused(client: FlaskClient, database: Database) -> None:
    before = rows(database)
    response = client.post("/subscribe", data={**GOOD, "first_name": "x" * 3_000_000})
    assert response.status_code == 413
    assert rows(database) == before


def test_a_program_that_fills_every_field_is_answered_and_forgotten(
    client: FlaskClient, database: Database
) -> None:
    before = rows(database)
    response = client.post("/subscribe", data={**GOOD, "website": "https://spam.example"})
    assert response.status_code == 200
    assert rows(database) == before


def test_one_peer_may_not_type_a_list_of_victims(client: FlaskClient, database: Database) -> None:
    statuses = [
        client.post("/subscribe", data={"email": f"v{n}@example.com", "topics": "letter"}).status_code
        for n in range(25)
    ]
    assert statuses.count(200) == 20
    assert statuses[20:] == [429] * 5
    other = client.post("/subscribe", data=GOOD, environ_overrides={"REMOTE_ADDR": "198.51.100.9"})
    assert other.status_code == 200


def test_a_forged_host_changes_no_link(client: FlaskClient, database: Database) -> None:
    client.post("/subscribe", data=GOOD, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    page = client.get("/", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in page.text
    with database.reading() as session:
        frozen = session.scalars(select(Delivery.slots)).one()
    assert frozen is not None
    assert set(frozen) == {"confirm_token"}


def test_what_was_typed_stands_in_the_form_again(client: FlaskClient) -> None:
    page = client.post(
        "/subscribe", data={"email": "not an address", "first_name": "Dana", "topics": "links"}
    ).text
    assert 'value="not an address"' in page
    assert 'value="Dana"' in page
    assert re.search(r'value="links" checked', page)
    assert not re.search(r'value="letter" checked', page)


def test_no_box_is_ticked_beforehand(client: FlaskClient) -> None:
    assert "checked" not in client.get("/guides/cx-buy-in").text
    assert "checked" not in client.get("/").text
