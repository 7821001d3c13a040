"""The download from the outside: parts of the file, numbers that end, files that are gone, links in letters."""

import dataclasses
import re
from datetime import datetime, timedelta

import boto3
import pytest
from flask.testing import FlaskClient
from moto import mock_aws
from sqlalchemy import func, select

from app.accounts.authors import create_author
from app.accounts.models import Role
from app.delivery.editions import freeze_edition
from app.delivery.ledger import queue_delivery
from app.delivery.models import Delivery, EditionClass, RecipientKind
from app.foundation.db import Database
from app.foundation.storage import S3Storage
from app.foundation.tokens import Purpose
from app.guides.access import Visit, download_token, grant_access, request_guide
from app.guides.models import Grant, GrantEvent, GrantEventKind, GrantState, GuideVisits
from app.guides.rules import STANDARD
from app.guides.standing import revoke_grant
from app.rendering.slots import RenderedMail
from app.subscribers.models import Subscriber
from app.tracking.rewriting import register_links
from app.web.factory import create_app
from app.wiring import Runtime
from tests.cast import Cast
from tests.fixtures.clock import FrozenClock
from tests.web.public.conftest import PDF

MAIL = RenderedMail("A letter", "", "<html><body><p>Words</p></body></html>", "Words", ())


@pytest.fixture
def path(runtime: Runtime, database: Database, cast: Cast, now: datetime) -> str:
    with database.writing() as session:
        grant = request_guide(session, now, cast.alice.id, "cx-buy-in", visit=Visit())
        grant_access(session, now, grant, visit=Visit())
        return f"/guides/cx-buy-in/download/{download_token(runtime.signer, grant, now)}"


def letter_to(database: Database, now: datetime, reader: Subscriber, topic_id: int, url: str) -> int:
    """The delivery of a letter whose first link leads to `url`."""
    with database.writing() as session:
        edition = freeze_edition(
            session,
            now,
            key="issue:7",
            edition_class=EditionClass.BULK,
            rendered=MAIL,
            sender="Mark <mark@dcx.example>",
            topic_id=topic_id,
        )
        register_links(session, edition.id, [url])
        kind = RecipientKind.SUBSCRIBER
        return queue_delivery(
            session, now, edition_id=edition.id, recipient_kind=kind, recipient_id=reader.id
        ).id


def count_of(database: Database, kind: GrantEventKind) -> int:
    with database.reading() as session:
        query = select(func.count()).select_from(GrantEvent).where(GrantEvent.kind == kind)
        return session.scalar(query) or 0


def test_a_browser_may_ask_for_parts_of_the_file(client: FlaskClient, database: Database, path: str) -> None:
    file = client.post(path).headers["Location"]
    part = client.get(file, headers={"Range": "bytes=5-8"})
    assert (part.status_code, part.data) == (206, PDF[5:9])
    assert part.headers["Content-Range"] == f"bytes 5-8/{len(PDF)}"
    assert client.get(file, headers={"Range": "bytes=-3"}).data == PDF[-3:]
    past = client.get(file, headers={"Range": "bytes=9000-"})
    assert past.status_code == 416
    assert past.headers["Content-Range"] == f"bytes */{len(PDF)}"
    many = client.get(file, headers={"Range": "bytes=0-1,3-4," + ",".join(f"{n}-{n}" for n in range(500))})
    assert (many.status_code, many.data) == (200, PDF)
    assert client.head(file).headers["Content-Length"] == str(len(PDF))
    assert part.headers["Cache-Control"] == "no-store"
    assert count_of(database, GrantEventKind.DOWNLOADED) == 1


def test_the_file_has_no_public_address(client: FlaskClient, clock: FrozenClock, path: str) -> None:
    file = client.post(path).headers["Location"]
    token = path.rpartition("/")[2]
    for address in (
        "/guides/cx-buy-in/file/",
        f"/guides/cx-buy-in/file/{token}",
        file.replace("cx-buy-in", "other"),
        file[:-1] + ("a" if file[-1] != "a" else "b"),
        "/guides/cx-buy-in/test.pdf",
        "/static/../files/guides/cx-buy-in/test.pdf",
    ):
        assert client.get(address).status_code == 404
    clock.advance(minutes=15)
    assert client.get(file).status_code == 410


def test_a_link_shared_a_hundred_times_gives_the_file_ten_times(
    client: FlaskClient, database: Database, path: str
) -> None:
    answers = [client.post(path).status_code for _ in range(100)]
    assert answers.count(303) == STANDARD.downloads_per_link
    assert set(answers[STANDARD.downloads_per_link :]) == {410}
    page = client.get(path)
    assert page.status_code == 410
    assert "used up" in page.text
    assert f"{path}/fresh" in page.text
    assert count_of(database, GrantEventKind.DOWNLOADED) == STANDARD.downloads_per_link


def test_each_download_names_its_edition_and_its_link(
    client: FlaskClient, database: Database, path: str
) -> None:
    client.get(path)
    client.post(path)
    with database.reading() as session:
        rows = session.scalars(select(GrantEvent).where(GrantEvent.link != "")).all()
        assert {row.kind for row in rows} == {GrantEventKind.SEEN, GrantEventKind.DOWNLOADED}
        assert len({row.link for row in rows}) == 1
        assert rows[0].link not in path
        assert all(row.guide_file_id for row in rows)


def test_the_authors_are_told_once_of_a_missing_file(
    client: FlaskClient, database: Database, runtime: Runtime, now: datetime, path: str
) -> None:
    with database.writing() as session:
        create_author(session, now, "mark@dcx.example", role=Role.OWNER)
    runtime.storage.delete("guides/cx-buy-in/test.pdf")
    for _ in range(3):
        answer = client.post(path)
        assert answer.status_code == 404
        assert "missing on our side" in answer.text
    with database.reading() as session:
        query = select(func.count()).select_from(Delivery).where(Delivery.recipient_kind == "a")
        assert session.scalar(query) == 1
        assert session.scalars(select(Grant.state)).one() is GrantState.GRANTED


def test_a_reader_takes_the_guide_from_a_letter_with_one_tap(
    client: FlaskClient, database: Database, runtime: Runtime, now: datetime, cast: Cast
) -> None:
    delivery_id = letter_to(database, now, cast.alice, cast.letter_id, runtime.links.guide("cx-buy-in"))
    token = runtime.signer.sign(Purpose.DELIVERY, delivery_id)
    page = client.get(f"/t/c/{token}/0")
    take = page.headers["Location"].removeprefix(runtime.links.base_url)
    assert take == f"/guides/cx-buy-in/take/{token}"
    shown = client.get(take)
    assert shown.status_code == 200
    assert "a…@example.com" in shown.text
    assert "alice@example.com" not in shown.text
    assert 'name="email"' not in shown.text
    with database.reading() as session:
        assert session.scalars(select(Grant)).all() == []
    answer = client.post(take)
    assert answer.status_code == 303
    assert re.fullmatch(r"/guides/cx-buy-in/download/\w+", answer.headers["Location"])
    client.post(take)
    with database.reading() as session:
        grant = session.scalars(select(Grant)).one()
        assert (grant.state, grant.source) == (GrantState.GRANTED, "letter:issue:7")


def test_a_confirmation_mail_to_a_stranger_opens_no_guide(
    client: FlaskClient, database: Database, runtime: Runtime, now: datetime, cast: Cast
) -> None:
    client.post("/guides/cx-buy-in", data={"email": "bob@example.com"})
    with database.reading() as session:
        delivery_id = session.scalars(select(Delivery.id).where(Delivery.recipient_id == cast.bob.id)).one()
    token = runtime.signer.sign(Purpose.DELIVERY, delivery_id)
    for answer in (
        client.get(f"/guides/cx-buy-in/take/{token}"),
        client.post(f"/guides/cx-buy-in/take/{token}"),
    ):
        assert answer.headers["Location"] == "/guides/cx-buy-in?from=letter"
    with database.reading() as session:
        assert session.scalars(select(Grant.state)).one() is GrantState.REQUESTED
    assert client.get(f"/guides/cx-buy-in/take/{token[:-1]}0").status_code == 404


def test_visits_are_counted_by_source_and_say_nothing_of_anybody(
    client: FlaskClient, database: Database, cast: Cast
) -> None:
    browser = {"User-Agent": "Mozilla/5.0 Firefox/140"}
    page = "/guides/cx-buy-in"
    client.get(f"{page}?utm_source=LinkedIn&utm_medium=Post", headers=browser)
    client.get(page, headers={**browser, "Referer": "https://www.news.example/item?id=1"})
    for _ in range(2):
        client.get(page, headers=browser)
    client.head(page, headers=browser)
    client.get(page, headers={**browser, "Sec-Purpose": "prefetch"})
    client.get(page, headers={"User-Agent": "Googlebot/2.1"})
    with database.reading() as session:
        found = dict(session.execute(select(GuideVisits.source, GuideVisits.visits)).all())
    assert found == {"utm:linkedin/post": 1, "site:news.example": 1, "direct": 2}


def test_made_up_sources_are_bounded(client: FlaskClient, database: Database, cast: Cast) -> None:
    for number in range(120):
        client.get(f"/guides/cx-buy-in?from=word{number}", headers={"User-Agent": "Mozilla/5.0"})
    with database.reading() as session:
        rows = dict(session.execute(select(GuideVisits.source, GuideVisits.visits)).all())
    assert len(rows) == 101
    assert rows["other"] == 20


def test_a_clock_set_back_closes_nothing_and_opens_nothing(
    client: FlaskClient, database: Database, clock: FrozenClock, path: str
) -> None:
    file = client.post(path).headers["Location"]
    clock.advance(days=-2)
    assert client.get(path).status_code == 200
    assert client.get(file).status_code == 200
    answers = [client.post(path).status_code for _ in range(STANDARD.downloads_per_link)]
    assert answers == [303] * (STANDARD.downloads_per_link - 1) + [410]
    with database.reading() as session:
        grant = session.scalars(select(Grant)).one()
        assert grant.state is GrantState.DOWNLOADED
        assert grant.downloaded_at == clock() + timedelta(days=2)


def test_a_bucket_serves_the_guide_through_the_same_door(
    database: Database, runtime: Runtime, clock: FrozenClock, path: str
) -> None:
    """Whole, in parts, and gone from the bucket a moment after it was handed out."""
    key = "guides/cx-buy-in/test.pdf"
    with mock_aws():
        bucket = boto3.client("s3", region_name="us-east-1")
        bucket.create_bucket(Bucket="guides")
        storage = S3Storage(bucket, "guides", "dcx")
        storage.put(key, PDF)
        app = create_app(dataclasses.replace(runtime, storage=storage))
        far = app.test_client(use_cookies=False)
        file = far.post(path).headers["Location"]
        assert "amazonaws" not in file
        whole = far.get(f"{file}?copy=plain")
        assert (whole.status_code, whole.data, whole.headers["Cache-Control"]) == (200, PDF, "no-store")
        assert far.get(file, headers={"Range": "bytes=5-8"}).data == PDF[5:9]
        storage.delete(key)
        assert far.get(file).status_code == 404
        assert far.post(path).status_code == 404
    assert count_of(database, GrantEventKind.DOWNLOADED) == 1


def test_a_copy_in_memory_goes_when_its_edition_leaves_storage(
    client: FlaskClient, runtime: Runtime, path: str
) -> None:
    file = client.post(path).headers["Location"]
    assert client.get(file).status_code == 200
    runtime.storage.delete("guides/cx-buy-in/test.pdf")
    assert client.get(file).status_code == 404


def test_a_withdrawal_closes_the_file_at_once(
    client: FlaskClient, database: Database, clock: FrozenClock, path: str
) -> None:
    file = client.post(path).headers["Location"]
    with database.writing() as session:
        revoke_grant(session, clock(), session.scalars(select(Grant)).one(), by="mark")
    assert client.get(file).status_code == 410
    assert client.post(path).status_code == 410


def test_a_company_behind_one_address_is_not_slowed_down_but_somebody_trying_links_is(
    client: FlaskClient, runtime: Runtime, path: str
) -> None:
    app = create_app(
        dataclasses.replace(runtime, settings=runtime.settings.model_copy(update={"presses_an_hour": 2}))
    )
    office = app.test_client(use_cookies=False)
    assert [office.post(path).status_code for _ in range(6)] == [303] * 6
    wrong = path[:-1] + ("a" if path[-1] != "a" else "b")
    assert [office.post(wrong).status_code for _ in range(4)] == [404, 404, 429, 429]
