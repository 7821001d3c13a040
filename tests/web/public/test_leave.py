"""`/unsubscribe/…` and `/preferences/…` from the outside."""

import re

import pytest
from flask.testing import FlaskClient

from app.foundation.db import Database
from app.foundation.tokens import Purpose
from app.subscribers.models import SubscriptionState
from app.subscribers.queries import find_subscriber, subscriptions_of
from app.wiring import Runtime
from tests.cast import ALICE, BOB, Cast


@pytest.fixture
def path(runtime: Runtime, cast: Cast) -> str:
    return f"/unsubscribe/{runtime.signer.sign(Purpose.UNSUBSCRIBE, cast.alice.id, cast.letter_id, 3)}"


def on(database: Database, email: str = ALICE) -> set[int]:
    with database.reading() as session:
        subscriber = find_subscriber(session, email)
        assert subscriber is not None
        states = subscriptions_of(session, subscriber.id)
    return {topic_id for topic_id, state in states.items() if state is SubscriptionState.ON}


def test_a_link_cut_short_names_another_way_to_leave(client: FlaskClient, path: str) -> None:
    answer = client.get(path[:-3])
    assert answer.status_code == 404
    assert "answer any letter with the word" in answer.text


def test_opening_the_link_changes_nothing(
    client: FlaskClient, database: Database, cast: Cast, path: str
) -> None:
    for _ in range(3):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    assert on(database) == {cast.letter_id, cast.links_id}


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_needs_nothing_and_may_be_repeated(
    client: FlaskClient, database: Database, cast: Cast, path: str, content_type: str
) -> None:
    for _ in range(2):
        response = client.post(path, data={"List-Unsubscribe": "One-Click"}, content_type=content_type)
        assert response.status_code == 200
        assert "Location" not in response.headers
        assert "Set-Cookie" not in response.headers
    assert on(database) == {cast.links_id}


def test_the_button_leaves_and_the_undo_brings_back(
    client: FlaskClient, database: Database, cast: Cast, path: str
) -> None:
    page = client.post(path, data={"scope": "all"})
    assert page.status_code == 200
    assert on(database) == set()
    assert "Take it back" in page.text
    ids = re.findall(r'name="topic" value="(\d+)"', page.text)
    client.post(path, data={"undo": "1", "topic": ids})
    assert on(database) == {cast.letter_id, cast.links_id}


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_forged_link_tells_nothing(client: FlaskClient, method: str, path: str) -> None:
    forged = path[:-1] + ("a" if path[-1] != "a" else "b")
    for address in (forged, "/unsubscribe/1", "/unsubscribe/aaaaaaaaaaaaaaaaaaaaaaaa", "/preferences/aaaa"):
        response = getattr(client, method)(address)
        assert response.status_code == 404
        assert ALICE not in response.text


def preferences(runtime: Runtime, subscriber_id: int) -> str:
    return f"/preferences/{runtime.signer.sign(Purpose.PREFERENCES, subscriber_id)}"


def test_preferences_are_shown_and_saved(
    client: FlaskClient, database: Database, runtime: Runtime, cast: Cast
) -> None:
    address = preferences(runtime, cast.alice.id)
    assert client.get(address).text.count(" checked") == 2
    response = client.post(address, data={"topics": "links", "first_name": "Ally", "function": "finance"})
    assert (response.status_code, response.headers["Location"]) == (303, f"{address}?saved")
    assert "Saved." in client.get(f"{address}?saved").text
    assert on(database) == {cast.links_id}


@pytest.mark.parametrize(
    ("field", "value"),
    [("first_name", "www.evil.example"), ("last_name", "a\nb\nc"), ("function", "astronaut")],
)
def test_a_wrong_preference_is_named_and_nothing_is_saved(
    client: FlaskClient, database: Database, runtime: Runtime, cast: Cast, field: str, value: str
) -> None:
    response = client.post(preferences(runtime, cast.alice.id), data={field: value})
    assert response.status_code == 400
    assert f'id="pref-{field}-error"' in response.text
    assert on(database) == {cast.letter_id, cast.links_id}


def test_an_unconfirmed_reader_switches_nothing_on(
    client: FlaskClient, database: Database, runtime: Runtime, cast: Cast
) -> None:
    response = client.post(preferences(runtime, cast.bob.id), data={"topics": "letter"})
    assert response.status_code == 400
    assert "pref-topics-error" in response.text
    assert on(database, BOB) == set()
