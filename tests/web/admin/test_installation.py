"""A copy asks its author, on every page, and sends nothing until there is an answer."""

import re

import pytest
from sqlalchemy import select

from app.accounts.models import Role
from app.delivery.models import Delivery, Edition, EditionState
from app.delivery.witness import Evidence
from app.foundation.jobs import SilentDoorbell
from app.issues.models import Issue, IssueState
from app.issues.publishing import send_now
from app.wiring import Runtime, sentry_of
from tests.fixtures.clock import FrozenClock
from tests.web.admin.conftest import Browser, SignIn
from worker.clock import tick
from worker.publishing import publish_due

PAGE = "/admin/installation"


def clone(runtime: Runtime) -> None:
    """Somebody else is the real one now; the clock notices."""
    tick(runtime, runtime.clock())
    sentry_of(runtime).witness.write(Evidence("the real one", 99))
    tick(runtime, runtime.clock())


def under_way(runtime: Runtime, issue_id: int) -> None:
    with runtime.database.writing() as session:
        send_now(session, runtime.clock(), issue_id)
    publish_due(runtime, runtime.clock())


def test_every_page_says_that_nothing_is_sent(owner: Browser, runtime: Runtime) -> None:
    assert "Nothing is sent" not in owner.get("/admin/readers").text
    clone(runtime)
    for page in ("/admin/", "/admin/readers", "/admin/issues"):
        assert "Nothing is sent until you have answered" in owner.get(page).text
    assert "belong to another installation" in owner.get(PAGE).text


def test_a_held_installation_publishes_rings_and_tells_nobody(
    owner: Browser, runtime: Runtime, draft: Issue, doorbell: SilentDoorbell, clock: FrozenClock
) -> None:
    clone(runtime)
    with runtime.database.writing() as session:
        send_now(session, clock(), draft.id)
    doorbell.rings.clear()
    clock.advance(minutes=1)
    tick(runtime, clock())
    with runtime.database.reading() as session:
        assert session.get_one(Issue, draft.id).state is IssueState.SCHEDULED
        assert session.scalars(select(Delivery)).all() == []
    assert [ring for ring in doorbell.rings if ring.job.startswith("sending")] == []


def test_the_page_shows_what_would_be_sent(owner: Browser, runtime: Runtime, draft: Issue) -> None:
    tick(runtime, runtime.clock())
    under_way(runtime, draft.id)
    clone(runtime)
    row = re.search(r"<th scope=\"row\">Who owns it\?</th><td class=\"number\">(\d+)", owner.get(PAGE).text)
    assert row is not None
    assert row[1] == "1"


def test_from_a_backup_it_goes_on_and_holds_what_waits(
    owner: Browser, runtime: Runtime, draft: Issue
) -> None:
    tick(runtime, runtime.clock())
    under_way(runtime, draft.id)
    clone(runtime)
    page = owner.post(PAGE, form_on=PAGE, answer="afresh")
    assert page.status_code == 303
    with runtime.database.reading() as session:
        assert [each.state for each in session.scalars(select(Edition))] == [EditionState.PAUSED]
    assert "Nothing is sent until" not in owner.get("/admin/").text
    assert sentry_of(runtime).look().may_send


def test_from_a_backup_an_issue_whose_time_has_come_is_held(
    owner: Browser, runtime: Runtime, draft: Issue
) -> None:
    clone(runtime)
    with runtime.database.writing() as session:
        send_now(session, runtime.clock(), draft.id)
    owner.post(PAGE, form_on=PAGE, answer="afresh")
    with runtime.database.reading() as session:
        issue = session.get_one(Issue, draft.id)
        assert issue.state is IssueState.HELD
        assert "restored from a backup" in issue.held_reason


def test_moved_it_sends_what_waits(owner: Browser, runtime: Runtime, draft: Issue) -> None:
    tick(runtime, runtime.clock())
    under_way(runtime, draft.id)
    clone(runtime)
    owner.post(PAGE, form_on=PAGE, answer="all")
    with runtime.database.reading() as session:
        assert [each.state for each in session.scalars(select(Edition))] == [EditionState.SENDING]
    assert sentry_of(runtime).look().may_send


def test_a_copy_stays_quiet_until_told_otherwise(owner: Browser, runtime: Runtime) -> None:
    clone(runtime)
    owner.post(PAGE, form_on=PAGE, answer="quiet")
    assert "This is a copy." in owner.get("/admin/").text
    assert not sentry_of(runtime).look().may_send
    owner.post(PAGE, form_on=PAGE, answer="all")
    assert sentry_of(runtime).look().may_send


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_only_the_owner_answers(sign_in: SignIn, runtime: Runtime, role: Role) -> None:
    clone(runtime)
    browser = sign_in(role)
    assert browser.get(PAGE).status_code == 200
    assert browser.post(PAGE, answer="all").status_code == 403
    assert not sentry_of(runtime).look().may_send
