"""Following a link leaves evidence and leads to the target; nothing else can be had from these addresses."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.foundation.tokens import Purpose, Signer
from app.tracking.models import Click, Open
from app.tracking.recording import CLICKS_IN_WINDOW, ROWS_PER_DELIVERY, record_click
from app.tracking.rewriting import register_links
from app.web.factory import create_app
from app.wiring import Runtime
from tests.conversation.letters import deliver
from tests.fixtures.clock import FrozenClock

TARGET = "https://example.com/a?x=1&y=2"


@pytest.fixture
def delivery_id(runtime: Runtime, now: datetime) -> int:
    with runtime.database.writing() as session:
        delivery = deliver(session, now, "alice@example.org")
        register_links(session, delivery.edition_id, (TARGET,))
        return delivery.id


@pytest.fixture
def client(runtime: Runtime) -> FlaskClient:
    return create_app(runtime).test_client()


@pytest.fixture
def path(runtime: Runtime, delivery_id: int) -> Callable[[int], str]:
    token = runtime.signer.sign(Purpose.DELIVERY, delivery_id)
    return lambda number: f"/t/c/{token}/{number}"


def clicks(runtime: Runtime) -> list[tuple[int, str]]:
    with runtime.database.reading() as session:
        rows = session.execute(select(Click.number, Click.method).order_by(Click.id)).all()
        return [(number, method) for number, method in rows]


def test_a_click_is_recorded_and_leads_to_the_target(
    runtime: Runtime, client: FlaskClient, path: Callable[[int], str]
) -> None:
    response = client.get(path(0), headers={"User-Agent": "Mail Reader"})
    assert (response.status_code, response.location) == (302, TARGET)
    assert "no-store" in response.headers["Cache-Control"]
    assert client.head(path(0)).status_code == 302
    assert clicks(runtime) == [(0, "GET"), (0, "HEAD")]


@pytest.mark.parametrize(
    "query", ["?u=https://evil.example", "?url=//evil.example&next=https://evil.example"]
)
def test_nothing_in_the_request_chooses_the_target(
    client: FlaskClient, path: Callable[[int], str], query: str
) -> None:
    assert client.get(path(0) + query, headers={"Host": "evil.example"}).location == TARGET


def test_an_altered_or_unknown_link_is_not_found_and_leaves_nothing(
    runtime: Runtime, client: FlaskClient, path: Callable[[int], str], delivery_id: int
) -> None:
    stranger = Signer(b"a stranger's key").sign(Purpose.DELIVERY, delivery_id)
    other_door = runtime.signer.sign(Purpose.REPLY, delivery_id)
    unknown = runtime.signer.sign(Purpose.DELIVERY, delivery_id + 1)
    paths = [path(1), path(0)[:-1] + "-1", path(0) + "/x", "/t/c/https://evil.example/0"]
    paths += [f"/t/c/{token}/0" for token in (stranger, other_door, unknown)]
    paths += [f"/t/o/{token}.gif" for token in (stranger, other_door, unknown)]
    assert {client.get(one).status_code for one in paths} == {404}
    assert clicks(runtime) == []


def test_the_pixel_is_recorded(runtime: Runtime, client: FlaskClient, delivery_id: int) -> None:
    token = runtime.signer.sign(Purpose.DELIVERY, delivery_id)
    response = client.get(f"/t/o/{token}.gif")
    assert (response.status_code, response.mimetype) == (200, "image/gif")
    assert response.data.startswith(b"GIF89a")
    with runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Open)) == 1


def test_a_flood_leaves_bounded_rows_and_still_leads_on(
    runtime: Runtime, client: FlaskClient, path: Callable[[int], str]
) -> None:
    answers = {client.get(path(0)).status_code for _ in range(CLICKS_IN_WINDOW + 20)}
    assert answers == {302}
    assert len(clicks(runtime)) == CLICKS_IN_WINDOW


def test_a_patient_flood_is_bounded_as_well(runtime: Runtime, clock: FrozenClock, delivery_id: int) -> None:
    with runtime.database.writing() as session:
        for _ in range(ROWS_PER_DELIVERY + 10):
            record_click(
                session,
                clock.advance(minutes=5),
                delivery_id=delivery_id,
                number=0,
                method="GET",
                ip="",
                user_agent="",
            )
            session.flush()
        assert session.scalar(select(func.count()).select_from(Click)) == ROWS_PER_DELIVERY
