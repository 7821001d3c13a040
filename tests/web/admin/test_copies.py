"""One reader's copies: their history, a decision about an uncertain one, and another copy when somebody asks."""

import pytest
from sqlalchemy import select, update

from app.accounts.models import Role
from app.delivery.models import Chunk, ChunkState, Delivery, Edition, EditionState, Outcome, OutcomeState
from app.issues.models import Issue
from app.issues.publishing import send_now
from app.issues.queries import get_issue
from app.wiring import Runtime
from tests.delivery.post import check_identity
from tests.web.admin.conftest import Browser, SignIn
from worker.publishing import publish_due

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def gone_out(runtime: Runtime, issue_id: int, state: OutcomeState) -> int:
    """The issue went out to Alice, who is the only reader; her delivery."""
    now = runtime.clock()
    with runtime.database.writing() as session:
        send_now(session, now, issue_id)
    publish_due(runtime, now)
    with runtime.database.writing() as session:
        delivery_id = session.scalars(select(Delivery.id).where(Delivery.exclusion.is_(None))).one()
        session.add(Outcome(delivery_id=delivery_id, attempt=1, state=state, at=now))
        session.execute(update(Chunk).values(state=ChunkState.DONE, **{state.value: 1}))
        session.execute(update(Edition).values(state=EditionState.DONE))
        return delivery_id


def counts(runtime: Runtime, issue: Issue) -> tuple[int, int, int]:
    with runtime.database.reading() as session:
        edition_id = get_issue(session, issue.id).edition_id
        assert edition_id is not None
        found = check_identity(session, edition_id)
        return found.uncertain, found.queued, found.accepted


@pytest.mark.parametrize(("what", "after"), [("leave", (1, 0, 0)), ("again", (0, 1, 0))])
def test_an_uncertain_copy_is_decided_about_on_its_page(
    owner: Browser, runtime: Runtime, draft: Issue, what: str, after: tuple[int, int, int]
) -> None:
    delivery_id = gone_out(runtime, draft.id, OutcomeState.UNCERTAIN)
    assert "Decide about it" in owner.get(f"/admin/issues/{draft.id}/ledger").text
    page = f"/admin/issues/{draft.id}/people/{delivery_id}"
    assert "It may have arrived" in owner.get(page).text
    assert owner.post(page, what=what).status_code == 303
    assert counts(runtime, draft) == after
    assert "It may have arrived" not in owner.get(page).text
    assert owner.post(page, what="again").status_code == (303 if what == "leave" else 404)


@pytest.mark.parametrize(("what", "after"), [("leave", (1, 0, 0)), ("again", (0, 1, 0))])
def test_all_uncertain_copies_are_decided_about_at_once(
    owner: Browser, runtime: Runtime, draft: Issue, what: str, after: tuple[int, int, int]
) -> None:
    gone_out(runtime, draft.id, OutcomeState.UNCERTAIN)
    page = f"/admin/issues/{draft.id}/uncertain"
    assert "1 uncertain copy" in owner.get(page).text
    assert owner.post(page, what=what).status_code == 303
    assert counts(runtime, draft) == after
    assert "Nothing to decide" in owner.get(page).text


def test_one_more_copy_goes_to_whoever_asks_and_only_once_per_press(
    owner: Browser, runtime: Runtime, draft: Issue
) -> None:
    delivery_id = gone_out(runtime, draft.id, OutcomeState.ACCEPTED)
    page = f"/admin/issues/{draft.id}/people/{delivery_id}"
    assert "Send one more copy" in owner.get(page).text
    assert owner.post(page, what="more").status_code == 303
    assert counts(runtime, draft) == (0, 1, 1)
    assert owner.post(page, what="more").status_code == 409
    assert "Send one more copy" not in owner.get(page).text


def test_a_viewer_decides_nothing(sign_in: SignIn, owner: Browser, runtime: Runtime, draft: Issue) -> None:
    delivery_id = gone_out(runtime, draft.id, OutcomeState.UNCERTAIN)
    viewer, page = sign_in(Role.VIEWER), f"/admin/issues/{draft.id}/people/{delivery_id}"
    assert "Send it again" not in viewer.get(page).text
    assert viewer.post(page, what="again").status_code == 403


def test_a_copy_of_another_issue_is_not_found(owner: Browser, draft: Issue) -> None:
    assert owner.get(f"/admin/issues/{draft.id}/people/4711").status_code == 404
