"""The author gives an issue its topics, and withdraws its page only when they mean it."""

import pytest

from app.accounts.models import Role
from app.issues.models import Issue, IssueState
from app.wiring import Runtime
from tests.web.admin.conftest import Browser, SignIn

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def out(runtime: Runtime, draft: Issue) -> str:
    """The address of the room of an issue that went out."""
    with runtime.database.writing() as session:
        issue = session.get_one(Issue, draft.id)
        issue.state, issue.sent_at = IssueState.SENT, runtime.clock()
    return f"/admin/issues/{draft.id}"


def test_topics_are_kept_as_typed_or_refused_whole(owner: Browser, out: str) -> None:
    assert owner.post(f"{out}/topics", themes="Owning it, Handoffs").status_code == 303
    assert 'value="Handoffs, Owning it"' in owner.get(f"{out}/archive").text
    refused = owner.post(f"{out}/topics", themes="a, b, c, d, e, f")
    assert refused.status_code == 400
    assert 'value="a, b, c, d, e, f"' in refused.text
    assert 'value="Handoffs, Owning it"' in owner.get(f"{out}/archive").text


def test_a_page_is_withdrawn_only_with_the_box_ticked_and_can_return(owner: Browser, out: str) -> None:
    assert owner.post(f"{out}/withdraw").status_code == 400
    assert owner.get("/issues/who-owns-it").status_code == 200
    assert owner.post(f"{out}/withdraw", sure="yes").status_code == 303
    gone = owner.get("/issues/who-owns-it")
    assert gone.status_code == 410
    assert "taken back by its author" in gone.text
    assert "who-owns-it" not in owner.get("/issues").text + owner.get("/feed.xml").text
    assert owner.post(f"{out}/restore").status_code == 303
    assert owner.get("/issues/who-owns-it").status_code == 200


def test_only_who_may_send_may_withdraw(sign_in: SignIn, out: str) -> None:
    guest = sign_in(Role.VIEWER)
    assert guest.post(f"{out}/withdraw", sure="yes").status_code == 403
