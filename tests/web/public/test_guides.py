"""The guide's page, its cover and the download from the outside."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.delivery.models import Delivery, Edition
from app.foundation.db import Database
from app.guides.access import Visit, download_token, grant_access, request_guide
from app.guides.models import Grant, GrantEvent, GrantEventKind, GrantState
from app.wiring import Runtime
from tests.cast import Cast
from tests.fixtures.clock import FrozenClock
from tests.web.public.conftest import PDF


@pytest.fixture
def path(runtime: Runtime, database: Database, cast: Cast, now: datetime) -> str:
    with database.writing() as session:
        grant = request_guide(session, now, cast.alice.id, "cx-buy-in", visit=Visit())
        grant_access(session, now, grant, visit=Visit())
        token = download_token(runtime.signer, grant, now)
    return f"/guides/cx-buy-in/download/{token}"


def state(database: Database) -> tuple[GrantState, list[GrantEventKind]]:
    with database.reading() as session:
        return session.scalars(select(Grant.state)).one(), list(
            session.scalars(select(GrantEvent.kind).order_by(GrantEvent.id))
        )


def test_opening_the_link_is_only_noted(client: FlaskClient, database: Database, path: str) -> None:
    for method in (client.get, client.head, client.get):
        assert method(path).status_code == 200
    standing, events = state(database)
    assert standing is GrantState.GRANTED
    assert events.count(GrantEventKind.SEEN) == 3


def test_a_post_hands_over_the_file_and_records_it(
    client: FlaskClient, database: Database, path: str
) -> None:
    answer = client.post(path)
    assert answer.status_code == 303
    response = client.get(answer.headers["Location"])
    assert response.status_code == 200
    assert response.data == PDF
    assert response.mimetype == "application/pdf"
    assert response.headers["Content-Disposition"] == "attachment; filename=cx-buy-in-2026.1.pdf"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert state(database)[0] is GrantState.DOWNLOADED


def test_a_link_that_ran_out_offers_a_fresh_one_to_the_mailbox(
    client: FlaskClient, database: Database, clock: FrozenClock, path: str
) -> None:
    clock.advance(days=8)
    page = client.get(path)
    assert page.status_code == 410
    assert f"{path}/fresh" in page.text
    assert client.post(path).status_code == 410
    for _ in range(3):
        assert client.post(f"{path}/fresh").status_code == 200
    with database.reading() as session:
        keys = session.scalars(select(Edition.key).join(Delivery, Delivery.edition_id == Edition.id)).all()
    assert [key.partition(":")[0] for key in keys] == ["fresh-link"]


def test_altered_links_and_paths_are_not_found(client: FlaskClient, path: str) -> None:
    altered = path[:-1] + ("a" if path[-1] != "a" else "b")
    for address in (
        altered,
        path.replace("cx-buy-in", "other"),
        "/guides/cx-buy-in/download/../../../etc/passwd",
        "/guides/../etc/passwd",
        "/guides/nothing",
        "/guides/nothing/cover.png",
    ):
        assert client.get(address).status_code == 404
        assert client.post(altered).status_code == 404


def test_a_file_that_is_missing_on_our_side_is_said_and_not_counted(
    client: FlaskClient, database: Database, runtime: Runtime, path: str
) -> None:
    runtime.storage.delete("guides/cx-buy-in/test.pdf")
    response = client.post(path)
    assert response.status_code == 404
    assert "missing on our side" in response.text
    assert state(database)[0] is GrantState.GRANTED


def test_the_page_and_its_cover_are_there(client: FlaskClient, cast: Cast) -> None:
    page = client.get("/guides/cx-buy-in")
    assert page.status_code == 200
    assert "What is inside" in page.text
    cover = client.get("/guides/cx-buy-in/cover.png")
    assert (cover.status_code, cover.mimetype) == (200, "image/png")
    again = client.get("/guides/cx-buy-in/cover.png", headers={"If-None-Match": cover.headers["ETag"]})
    assert again.status_code == 304


def test_asking_again_makes_no_second_grant(client: FlaskClient, database: Database, cast: Cast) -> None:
    for _ in range(3):
        assert client.post("/guides/cx-buy-in", data={"email": "alice@example.com"}).status_code == 200
    with database.reading() as session:
        assert len(session.scalars(select(Grant)).all()) == 1


def test_a_token_outlives_nothing_but_its_seven_days(
    client: FlaskClient, clock: FrozenClock, path: str
) -> None:
    clock.move_to(clock() + timedelta(days=7) - timedelta(seconds=1))
    assert client.get(path).status_code == 200
    clock.advance(seconds=1)
    assert client.get(path).status_code == 410
