"""The operator's numbers reach the link, the page and the mail."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.delivery.models import Edition
from app.foundation.db import Database
from app.foundation.settings import Settings
from app.guides.access import Visit, download_token, grant_access, request_guide
from app.wiring import Runtime
from tests.cast import Cast
from tests.fixtures.clock import FrozenClock


@pytest.fixture
def settings(settings: Settings) -> Settings:
    chosen = {"link_days": 2, "link_downloads": 3, "confirm_days": 1, "signups_an_hour": 2}
    return settings.model_copy(update=chosen)


def link_of(runtime: Runtime, cast: Cast) -> str:
    now = runtime.clock()
    with runtime.database.writing() as session:
        grant = request_guide(session, now, cast.alice.id, "cx-buy-in", visit=Visit())
        grant_access(session, now, grant, visit=Visit())
        token = download_token(runtime.signer, grant, now, runtime.gate_rules)
    return f"/guides/cx-buy-in/download/{token}"


def test_a_link_works_as_long_and_as_often_as_the_operator_says(
    client: FlaskClient, runtime: Runtime, clock: FrozenClock, cast: Cast
) -> None:
    path = link_of(runtime, cast)
    assert "works for two days" in client.get(path).text
    assert [client.post(path).status_code for _ in range(4)] == [303, 303, 303, 410]
    assert "works three times" in client.get(path).text
    clock.advance(days=2)
    assert "work for two days" in client.get(path).text


def test_the_mail_and_the_form_keep_to_them_too(
    client: FlaskClient, database: Database, runtime: Runtime, clock: FrozenClock, cast: Cast
) -> None:
    answers = [
        client.post("/guides/cx-buy-in", data={"email": f"r{n}@example.com"}).status_code for n in range(3)
    ]
    assert answers == [200, 200, 429]
    with database.reading() as session:
        frozen = session.scalars(select(Edition.frozen).where(Edition.key.like("confirm:%"))).one()
    assert b"works for a day" in frozen
    assert runtime.gate_rules.link_lifetime == timedelta(days=2)
