"""The page of an issue that went out can be put right; the mail cannot, and nothing unsent is touched."""

import pytest

from app.delivery.editions import get_edition
from app.issues.models import IssueKind
from app.issues.publishing import send_now
from app.issues.queries import get_issue
from app.issues.writing import Draft, create_issue
from app.wiring import Runtime
from tests.web.admin.conftest import Browser
from worker.publishing import publish_due

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_the_page_is_corrected_and_the_mail_stays(runtime: Runtime, owner: Browser) -> None:
    with runtime.database.writing() as session:
        issue_id = create_issue(
            session, runtime.clock(), IssueKind.LETTER, Draft("Owners", markdown="Sentt.")
        ).id
    path = f"/admin/issues/{issue_id}/correct"
    assert owner.get(path).status_code == 409
    with runtime.database.writing() as session:
        send_now(session, runtime.clock(), issue_id)
    publish_due(runtime, runtime.clock())
    with runtime.database.reading() as session:
        frozen = get_edition(session, get_issue(session, issue_id).edition_id or 0).frozen
    assert "Sentt." in owner.get(path).text
    for wrong in ({"markdown": ""}, {"markdown": "{frist_name}"}, {"markdown": "x", "title": ""}):
        fields = {"title": "Owners", **wrong}
        assert owner.post(path, version="1", **fields).status_code == 400
    assert owner.post(path, version="1", title="Owners", markdown="Sent.").status_code == 303
    late = owner.post(path, version="1", title="Owners", markdown="Late.")
    assert (late.status_code, "What they saved" in late.text, "Late." in late.text) == (409, True, True)
    assert "Sent." in owner.get("/issues/owners").text
    with runtime.database.reading() as session:
        assert get_edition(session, get_issue(session, issue_id).edition_id or 0).frozen == frozen
