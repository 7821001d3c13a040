"""Words are saved while somebody types, and every saved state can be had back."""

from app.issues.history import list_versions
from app.issues.models import IssueKind
from app.issues.queries import get_issue
from app.issues.writing import Draft, create_issue, discard_issue
from app.wiring import Runtime
from tests.fixtures.clock import FrozenClock
from tests.web.admin.conftest import Browser


def begin(runtime: Runtime) -> int:
    with runtime.database.writing() as session:
        return create_issue(session, runtime.clock(), IssueKind.LETTER, Draft("Owners", markdown="One.")).id


def test_words_are_saved_by_themselves_and_the_second_author_is_told(
    runtime: Runtime, owner: Browser
) -> None:
    issue_id = begin(runtime)
    form = {"title": "Owners", "subject": "Who?", "markdown": "One.\n\nTwo."}
    first = owner.post(f"/admin/issues/{issue_id}/autosave", version="1", **form)
    assert (first.status_code, first.get_json()["version"]) == (200, 2)
    second = owner.post(f"/admin/issues/{issue_id}/autosave", version="1", **{**form, "markdown": "Mine."})
    assert second.status_code == 409
    assert "Nothing is lost" in second.get_json()["message"]
    with runtime.database.reading() as session:
        assert get_issue(session, issue_id).markdown == "One.\n\nTwo."


def test_half_typed_words_do_not_break_anything(runtime: Runtime, owner: Browser) -> None:
    issue_id = begin(runtime)
    refused = owner.post(f"/admin/issues/{issue_id}/autosave", version="1", title="", markdown="x")
    assert (refused.status_code, "needs a title" in refused.get_json()["message"]) == (400, True)
    huge = owner.post(f"/admin/issues/{issue_id}/autosave", version="1", title="x", markdown="x" * 500_000)
    assert huge.status_code == 400


def test_an_earlier_version_is_put_back_and_nothing_is_lost_by_it(
    runtime: Runtime, owner: Browser, clock: FrozenClock
) -> None:
    issue_id = begin(runtime)
    for number, words in enumerate(("Two.", "Three."), start=1):
        owner.post(f"/admin/issues/{issue_id}/edit", version=str(number), title="Owners", markdown=words)
    with runtime.database.reading() as session:
        oldest = list_versions(session, issue_id)[-1].version.id
    page = owner.get(f"/admin/issues/{issue_id}/history")
    assert page.status_code == 200
    assert page.text.count("row__main") == 3
    assert "One." in owner.get(f"/admin/issues/{issue_id}/history/{oldest}").text
    owner.post(f"/admin/issues/{issue_id}/history/{oldest}/restore", version="3")
    with runtime.database.reading() as session:
        assert get_issue(session, issue_id).markdown == "One."
        texts = [saved.version.markdown for saved in list_versions(session, issue_id)]
    assert texts == ["One.", "Three.", "Two.", "One."]
    assert owner.get(f"/admin/issues/{issue_id + 1}/history/{oldest}").status_code == 404


def test_a_draft_with_a_history_can_be_thrown_away(runtime: Runtime) -> None:
    issue_id = begin(runtime)
    with runtime.database.writing() as session:
        discard_issue(session, issue_id)
        assert list_versions(session, issue_id) == []
