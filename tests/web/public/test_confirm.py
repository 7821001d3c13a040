"""`/confirm/…` from the outside."""

import re

from flask.testing import FlaskClient
from sqlalchemy import select

from app.delivery.models import Delivery
from app.foundation.db import Database
from app.foundation.tokens import Purpose
from app.guides.models import GrantEvent, GrantEventKind
from app.subscribers.models import ConsentAction, ConsentRecord
from app.subscribers.queries import count_readers, find_subscriber, subscriptions_of
from app.web.factory import create_app
from app.wiring import Runtime
from tests.cast import Cast
from tests.fixtures.clock import FrozenClock


def confirm_token(client: FlaskClient, database: Database, path: str = "/subscribe", **data: str) -> str:
    client.post(path, data={"email": "dana@example.com", **data})
    with database.reading() as session:
        slots = session.scalars(select(Delivery.slots).order_by(Delivery.id.desc())).first()
    assert slots
    return str(slots["confirm_token"])


def test_get_and_head_change_nothing(client: FlaskClient, database: Database, cast: Cast) -> None:
    path = f"/confirm/{confirm_token(client, database, topics='letter')}"
    with database.reading() as session:
        before = len(session.scalars(select(ConsentRecord)).all())
    for _ in range(3):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    with database.reading() as session:
        assert count_readers(session) == 1
        assert len(session.scalars(select(ConsentRecord)).all()) == before


def test_a_post_confirms_and_may_be_repeated(client: FlaskClient, database: Database, cast: Cast) -> None:
    path = f"/confirm/{confirm_token(client, database, topics='letter')}"
    for _ in range(2):
        response = client.post(path)
        assert (response.status_code, response.headers["Location"]) == (303, path)
    page = client.get(path)
    assert "You are in." in page.text
    with database.reading() as session:
        assert count_readers(session) == 2


def test_the_welcome_page_hands_over_the_guide(client: FlaskClient, database: Database, cast: Cast) -> None:
    path = f"/confirm/{confirm_token(client, database, '/guides/cx-buy-in')}"
    client.post(path)
    link = re.search(r'href="(/guides/cx-buy-in/download/[a-z2-7]+)"', client.get(path).text)
    assert link
    assert client.post(link[1], follow_redirects=True).data.startswith(b"%PDF")


def test_a_link_opened_on_another_device_does_all_it_would_have_done_on_the_first(
    runtime: Runtime, client: FlaskClient, database: Database, cast: Cast
) -> None:
    """The form on a desk, the mail on a telephone: no cookie ties the two, and each leaves its own evidence."""
    app = create_app(runtime)
    desk, phone = app.test_client(), app.test_client()
    at_desk = {"User-Agent": "a desk"}
    desk.post("/guides/cx-buy-in", data={"email": "dana@example.com", "topics": "letter"}, headers=at_desk)
    with database.reading() as session:
        slots = session.scalars(select(Delivery.slots).order_by(Delivery.id.desc())).first()
    assert slots
    path, on_phone = f"/confirm/{slots['confirm_token']}", {"User-Agent": "a telephone"}
    assert "Confirm" in phone.get(path, headers=on_phone).text
    welcome = phone.post(path, headers=on_phone, follow_redirects=True)
    link = re.search(r'href="(/guides/cx-buy-in/download/[a-z2-7]+)"', welcome.text)
    assert link
    assert phone.post(link[1], follow_redirects=True, headers=on_phone).data.startswith(b"%PDF")
    # Back at the desk the same link says that it is done, and gives the guide there as well.
    again = desk.get(path, headers=at_desk)
    assert link[1] in again.text
    assert desk.post(link[1], follow_redirects=True, headers=at_desk).data.startswith(b"%PDF")
    with database.reading() as session:
        dana = find_subscriber(session, "dana@example.com")
        assert dana is not None
        assert list(subscriptions_of(session, dana.id)) == [cast.letter_id]
        agents = session.execute(
            select(ConsentRecord.action, ConsentRecord.user_agent).where(
                ConsentRecord.subscriber_id == dana.id, ConsentRecord.topic_id == cast.letter_id
            )
        ).all()
        assert [tuple(each) for each in agents] == [
            (ConsentAction.REQUESTED, "a desk"),
            (ConsentAction.CONFIRMED, "a telephone"),
        ]
        taken = select(GrantEvent.user_agent).where(GrantEvent.kind == GrantEventKind.DOWNLOADED)
        assert session.scalars(taken.order_by(GrantEvent.id)).all() == ["a telephone", "a desk"]


def test_altered_and_expired_links_say_so(
    client: FlaskClient, database: Database, clock: FrozenClock, runtime: Runtime, cast: Cast
) -> None:
    token = confirm_token(client, database, topics="letter")
    altered = token[:-1] + ("a" if token[-1] != "a" else "b")
    for method in (client.get, client.post):
        assert method(f"/confirm/{altered}").status_code == 404
        assert method(f"/confirm/{runtime.signer.sign(Purpose.DELIVERY, 1)}").status_code == 404
    clock.advance(days=8)
    for method in (client.get, client.post):
        response = method(f"/confirm/{token}")
        assert response.status_code == 410
        assert "/#join" in response.text


def test_the_page_keeps_its_address_to_itself(client: FlaskClient, database: Database, cast: Cast) -> None:
    response = client.get(f"/confirm/{confirm_token(client, database, topics='letter')}")
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert "noindex" in response.headers["X-Robots-Tag"]
