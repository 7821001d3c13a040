"""The gate in front of the application: the same answers as from the views, and the evidence before the answer."""

import dataclasses
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from werkzeug.test import Client, EnvironBuilder, TestResponse

from app.foundation.db import Database
from app.guides.access import Visit, download_token, grant_access, request_guide
from app.guides.models import Grant, GrantEvent, GrantEventKind, GrantState, GuideFile
from app.guides.rules import STANDARD
from app.guides.standing import revoke_grant
from app.web.factory import create_app
from app.web.public import counter
from app.web.public.gate import Gate
from app.web.public.shelf import Shelf
from app.wiring import Runtime
from tests.cast import Cast
from tests.fixtures.clock import FrozenClock
from tests.web.public.conftest import PDF

GUIDE = "/guides/cx-buy-in"
BROWSER = {"User-Agent": "Mozilla/5.0 Firefox/140", "Fly-Client-IP": "192.0.2.7"}


@pytest.fixture
def here(runtime: Runtime) -> Runtime:
    """An installation behind a proxy, with TLS."""
    settings = runtime.settings.model_copy(
        update={"client_ip_header": "Fly-Client-IP", "base_url": "https://dcx.example"}
    )
    return dataclasses.replace(runtime, settings=settings)


@pytest.fixture
def link(here: Runtime, database: Database, cast: Cast, now: datetime) -> str:
    with database.writing() as session:
        grant = request_guide(session, now, cast.alice.id, "cx-buy-in", visit=Visit())
        grant_access(session, now, grant, visit=Visit())
        return f"{GUIDE}/download/{download_token(here.signer, grant, now)}"


@dataclasses.dataclass(frozen=True)
class Doors:
    """The site with its gate, the site without it, and the gate with nothing behind it."""

    gate: Client
    views: Client
    alone: Client
    shelf: Shelf

    def both(self, method: str, path: str, **said: Any) -> TestResponse:
        """The answer, which is the same from both."""
        answers = [door.open(path, method=method, **said) for door in (self.gate, self.views)]
        assert _bare(answers[0]) == _bare(answers[1])
        return answers[0]


def _bare(answer: TestResponse) -> tuple[int, dict[str, str], str]:
    """Without what differs from one second to the next."""
    headers = {name: _no_nonce(value) for name, value in answer.headers if name != "Date"}
    assert len(headers) == len(answer.headers) - ("Date" in answer.headers)
    return answer.status_code, headers, _no_nonce(answer.data.decode())


def _no_nonce(text: str) -> str:
    return re.sub(r"nonce(=\"|-)[\w-]+", "nonce", text)


@pytest.fixture
def doors(here: Runtime, link: str) -> Doors:
    app = create_app(here)
    counter = app.extensions["handoff_counter"]
    views = partial(Flask.wsgi_app, app)
    return Doors(Client(app.wsgi_app), Client(views), Client(Gate(_nobody, counter)), counter.shelf)


def _nobody(_environ: object, _start_response: object) -> Iterable[bytes]:
    raise AssertionError("the gate did not answer by itself")


def evidence(database: Database) -> list[tuple[str, ...]]:
    """Of each download: from where, with what, by which link, which file and in which form."""
    row = GrantEvent
    with database.reading() as session:
        query = select(row.ip, row.user_agent, row.link, row.guide_file_id, row.source, row.detail)
        found = session.execute(query.where(row.kind == GrantEventKind.DOWNLOADED).order_by(row.id))
        return [tuple(map(str, each)) for each in found]


def test_a_press_is_answered_and_recorded_as_by_the_view(doors: Doors, database: Database, link: str) -> None:
    for form in ({}, {"copy": "plain"}, {"copy": "plain", "more": "words"}):
        answer = doors.both("POST", link, data=form, headers=BROWSER)
        assert answer.status_code == 303
        assert answer.headers["Location"].endswith("?copy=plain" if form else answer.headers["Location"])
        assert "Secure" in answer.headers["Set-Cookie"]
    assert doors.both("POST", link, data=b"copy=plain", content_type="text/plain").status_code == 303
    for form in ({}, {"copy": "plain"}):
        assert doors.alone.post(link, data=form, headers=BROWSER).status_code == 303
    rows = evidence(database)
    assert len(rows) == STANDARD.downloads_per_link
    assert len(set(rows)) == 2
    assert [row[0] for row in rows] == ["192.0.2.7"] * 6 + [""] * 2 + ["192.0.2.7"] * 2


def test_the_file_is_the_same_from_both(doors: Doors, link: str) -> None:
    file = doors.gate.post(link).headers["Location"]
    whole = doors.both("GET", file)
    assert (whole.status_code, whole.data) == (200, PDF)
    assert "Date" in whole.headers
    assert doors.both("HEAD", file).headers["Content-Length"] == str(len(PDF))
    assert doors.both("GET", f"{file}?copy=plain").data == PDF
    assert doors.both("GET", f"{file}?copy=other&x=1").data == PDF
    etag = whole.headers["ETag"]
    for status, said in (
        (206, {"Range": "bytes=5-8"}),
        (206, {"Range": "bytes=5-8", "If-Range": etag}),
        (200, {"Range": "bytes=0-1,3-4"}),
        (416, {"Range": "bytes=9000-"}),
        (304, {"If-None-Match": etag}),
        (412, {"If-Match": '"other"'}),
    ):
        assert doors.both("GET", file, headers=said).status_code == status
        assert doors.alone.get(file, headers=said).status_code == status


def test_a_large_file_goes_out_in_pieces_by_either_way(doors: Doors, runtime: Runtime, link: str) -> None:
    doors.shelf.largest = 1
    file = doors.gate.post(link, data={"copy": "plain"}).headers["Location"]
    with runtime.database.writing() as session:
        session.scalars(select(GuideFile)).one().bytes = len(PDF)
    assert doors.both("GET", file).data == PDF
    assert doors.both("GET", file, headers={"Range": "bytes=5-8"}).data == PDF[5:9]
    assert doors.both("GET", file, headers={"Range": "bytes=9000-"}).status_code == 416


def test_what_is_refused_is_refused_alike(
    doors: Doors, database: Database, here: Runtime, clock: FrozenClock, link: str
) -> None:
    file = doors.gate.post(link).headers["Location"]
    other = "a" if link[-1] != "a" else "b"
    for path in (link[:-1] + other, link.replace("cx-buy-in", "other"), link + "a" * 128, file):
        assert doors.both("POST", path).status_code in (404, 405)
    for path in (file[:-1] + other, file.replace("cx-buy-in", "other"), link.replace("download", "file")):
        assert doors.both("GET", path).status_code == 404
    here.storage.delete("guides/cx-buy-in/test.pdf")
    assert doors.both("POST", link).status_code == doors.both("GET", file).status_code == 404
    here.storage.put("guides/cx-buy-in/test.pdf", PDF)
    clock.advance(days=7)
    assert doors.both("POST", link).status_code == doors.both("GET", file).status_code == 410
    clock.advance(days=-7)
    with database.writing() as session:
        revoke_grant(session, clock(), session.scalars(select(Grant)).one(), by="mark")
    assert doors.both("POST", link).status_code == doors.both("GET", file).status_code == 410
    assert len(evidence(database)) == 1


def test_a_crowd_at_one_reader_s_links_is_refused_alike(
    doors: Doors, database: Database, here: Runtime, now: datetime, link: str
) -> None:
    with database.reading() as session:
        grant = session.scalars(select(Grant)).one()
        days = (now - timedelta(days=number) for number in range(3))
        links = [f"{GUIDE}/download/{download_token(here.signer, grant, day)}" for day in days]
    for each in links[:2]:
        for _ in range(STANDARD.downloads_per_link):
            assert doors.gate.post(each).status_code == 303
    assert doors.both("POST", links[0]).status_code == 410
    assert doors.both("POST", links[2]).status_code == 429
    assert len(evidence(database)) == STANDARD.downloads_a_day


def test_many_at_one_link_at_once_get_it_as_often_as_it_may_be_used(
    doors: Doors, database: Database, link: str
) -> None:
    presses = STANDARD.downloads_per_link + 4
    with ThreadPoolExecutor(5) as pool:
        answers = [answer.status_code for answer in pool.map(lambda _: doors.gate.post(link), range(presses))]
    assert sorted(answers) == [303] * STANDARD.downloads_per_link + [410] * 4
    assert len(evidence(database)) == STANDARD.downloads_per_link


def test_a_link_in_capitals_is_the_same_link_and_has_its_numbers(
    doors: Doors, database: Database, link: str
) -> None:
    folder, _, token = link.rpartition("/")
    loud = [f"{folder}/{token[:at].upper()}{token[at:]}" for at in range(len(token))]
    distinct = list(dict.fromkeys(loud))[: STANDARD.downloads_per_link + 1]
    answers = [doors.gate.post(each).status_code for each in distinct]
    assert answers == [303] * STANDARD.downloads_per_link + [410]
    assert len(evidence(database)) == STANDARD.downloads_per_link


def test_the_evidence_is_there_before_the_answer(doors: Doors, database: Database, link: str) -> None:
    seen = []

    def start_response(status: str, _headers: object, _error: object = None) -> Any:
        with database.reading() as session:
            seen.append((status, len(evidence(database)), session.scalars(select(Grant.state)).one()))

    list(doors.alone.application(EnvironBuilder(link, method="POST").get_environ(), start_response))
    assert seen == [("303 SEE OTHER", 1, GrantState.DOWNLOADED)]


def test_what_failed_at_the_gate_is_told_and_not_tried_again(
    doors: Doors, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def away(*_given: object, **_named: object) -> None:
        tried.append(1)
        raise OperationalError("COMMIT", None, OSError("gone"))

    monkeypatch.setattr(counter, "mark_download", away)
    answer = doors.gate.post(link)
    assert answer.status_code == 503
    assert "cannot reach our records" in answer.text
    assert tried == [1]
