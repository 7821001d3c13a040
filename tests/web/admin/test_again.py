"""Once more: the form says whom, asks for a subject of its own, and sent twice it does nothing twice."""

import re
from html import unescape

import pytest
from sqlalchemy import func, select, update

from app.accounts.models import Role
from app.delivery.models import Delivery, Edition, EditionState
from app.issues.cadence import get_cadence
from app.issues.models import Issue, IssueKind
from app.issues.publishing import finish_sent, send_now
from app.issues.queries import get_issue
from app.issues.withdrawing import withdraw_issue
from app.issues.writing import Draft, create_issue
from app.subscribers.models import Function, Subscriber, SubscriberState
from app.wiring import Runtime
from tests.cast import verified_reader
from tests.web.admin.conftest import TEXT, Browser, SignIn
from worker.publishing import publish_due

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def sent(runtime: Runtime, owner: Browser) -> Issue:
    """An issue that went out."""
    with runtime.database.writing() as session:
        words = Draft("Owners", preheader="Ask two people.", markdown=TEXT)
        issue_id = create_issue(session, runtime.clock(), IssueKind.LETTER, words).id
        send_now(session, runtime.clock(), issue_id)
    publish_due(runtime, runtime.clock())
    with runtime.database.writing() as session:
        edition_id = get_issue(session, issue_id).edition_id
        session.execute(update(Edition).where(Edition.id == edition_id).values(state=EditionState.DONE))
        finish_sent(session)
        found = get_issue(session, issue_id)
        session.expunge(found)
        return found


def again(issue: Issue, room: str = "again") -> str:
    return f"/admin/issues/{issue.id}/{room}"


def editions(runtime: Runtime) -> list[Edition]:
    with runtime.database.reading() as session:
        found = list(session.scalars(select(Edition).order_by(Edition.id)))
        session.expunge_all()
        return found


def test_readers_who_did_not_open_are_never_offered(sent: Issue, owner: Browser) -> None:
    page = owner.get(again(sent)).text
    assert "no button for readers who “did not open”" in page
    offered = [words.partition("</option>")[0] for words in page.split("<option")[1:]]
    assert len(offered) == len(Function)
    assert not any("open" in words for words in offered)


def test_a_second_edition_has_a_subject_of_its_own(sent: Issue, owner: Browser, runtime: Runtime) -> None:
    form = {"number": "0", "sure": "yes", "preheader": "", "function": ""}
    for subject, status in (("", 400), (" owners ", 400), ("x" * 251, 400), ("Owners, once more", 303)):
        assert owner.post(again(sent, "second"), subject=subject, **form).status_code == status
    first, second = editions(runtime)
    assert second.subject == "Owners, once more"
    assert second.key == f"issue:{sent.id}:second:1"
    assert first.frozen != second.frozen
    assert second.state is EditionState.SENDING
    with runtime.database.reading() as session:
        assert get_issue(session, sent.id).edition_id == first.id
        assert session.scalar(select(func.count()).where(Delivery.edition_id == second.id)) == 1
    assert "Owners, once more" in owner.get(again(sent)).text


def test_the_same_form_twice_sends_one(sent: Issue, owner: Browser, runtime: Runtime) -> None:
    form = {"number": "0", "sure": "yes", "subject": "Owners, mended", "function": ""}
    assert owner.post(again(sent, "second"), **form).status_code == 303
    assert owner.post(again(sent, "second"), **form).status_code == 409
    assert len(editions(runtime)) == 2
    assert owner.post(again(sent, "second"), **{**form, "number": "1"}).status_code == 400
    assert owner.post(again(sent, "second"), **{**form, "number": "1", "subject": "Third"}).status_code == 303


def test_it_is_meant_and_checked_or_nothing_happens(sent: Issue, owner: Browser, runtime: Runtime) -> None:
    form = {"number": "0", "subject": "Owners, mended", "function": ""}
    assert owner.post(again(sent, "second"), **form).status_code == 400
    with runtime.database.writing() as session:
        session.execute(update(Issue).values(markdown="Dear {frist_name},"))
    answer = owner.post(again(sent, "second"), sure="yes", **form)
    assert (answer.status_code, len(editions(runtime))) == (400, 1)
    assert "did you mean {first_name}?" in answer.text
    assert 'value="Owners, mended"' in answer.text


def test_it_is_seen_under_its_own_subject_before_it_is_sent(
    sent: Issue, owner: Browser, runtime: Runtime
) -> None:
    form = {"number": "0", "preheader": "Mended.", "function": "finance"}
    assert (
        "the one readers have seen already"
        in owner.post(again(sent, "second/look"), subject="Owners", **form).text
    )
    page = owner.post(again(sent, "second/look"), subject="Owners & more", **form).text
    assert "<b>Owners &amp; more</b>" in page
    frame = re.search(r'<iframe[^>]*src="([^"]+)"', page)
    assert frame is not None
    mail = owner.get(unescape(frame[1]))
    assert "<title>Owners &amp; more</title>" in mail.text
    assert "Mended." in mail.text
    assert "sandbox" in mail.headers["Content-Security-Policy"]
    assert "Subject: Owners &amp; more" in owner.get(unescape(frame[1]) + "&form=text").text
    assert len(editions(runtime)) == 1


def test_it_can_be_for_one_function_and_is_never_sent_to_nobody(
    sent: Issue, owner: Browser, runtime: Runtime
) -> None:
    form = {"number": "0", "sure": "yes", "subject": "For you"}
    with runtime.database.writing() as session:
        session.execute(update(Subscriber).values(function=Function.FINANCE))
    nobody = owner.post(again(sent, "second"), function="sales", **form)
    assert (nobody.status_code, len(editions(runtime))) == (409, 1)
    assert "no reader of that function has it switched on today" in nobody.text
    assert owner.post(again(sent, "second"), function="finance", **form).status_code == 303
    assert editions(runtime)[-1].audience == 1
    with runtime.database.writing() as session:
        session.execute(update(Subscriber).values(state=SubscriberState.UNVERIFIED))
    held = owner.post(again(sent, "second"), function="", **{**form, "number": "1", "subject": "For all"})
    assert (held.status_code, len(editions(runtime))) == (409, 2)
    assert "all who read it are suppressed or have not confirmed" in held.text


def test_who_got_the_second_edition_is_listed_by_itself(
    sent: Issue, owner: Browser, runtime: Runtime
) -> None:
    with runtime.database.writing() as session:
        topic_id = get_cadence(session, IssueKind.LETTER).topic_id
        grace = verified_reader(session, runtime.clock(), runtime.address_key, "grace@example.com", topic_id)
        grace.function = Function.SALES
    owner.post(again(sent, "second"), number="0", sure="yes", subject="Mended", function="sales")
    second = editions(runtime)[-1].id
    assert f"people?edition={second}" in owner.get(again(sent)).text
    page = owner.get(again(sent, f"people?edition={second}")).text
    assert "The second edition, “Mended”" in page
    assert "grace@example.com" in page
    assert "alice@example.com" not in page
    assert "alice@example.com" in owner.get(again(sent, "people?edition=999")).text


def test_the_brake_of_a_second_edition(sent: Issue, owner: Browser, runtime: Runtime) -> None:
    owner.post(again(sent, "second"), number="0", sure="yes", subject="Mended", function="")
    first, second = editions(runtime)
    assert owner.post(again(sent, f"second/{second.id}/stop")).status_code == 400
    for what, state in (("pause", "paused"), ("resume", "sending"), ("stop", "stopped")):
        assert owner.post(again(sent, f"second/{second.id}/{what}"), sure="yes").status_code == 303
        assert editions(runtime)[-1].state.value == state
    assert owner.post(again(sent, f"second/{first.id}/stop")).status_code == 404


def test_only_who_may_send_is_shown_the_forms(sent: Issue, sign_in: SignIn) -> None:
    viewer = sign_in(Role.VIEWER)
    assert 'name="sure"' not in viewer.get(again(sent)).text
    assert viewer.post(again(sent, "second"), number="0", sure="yes", subject="x").status_code == 403


def test_before_it_went_out_there_is_nothing_to_repeat(owner: Browser, runtime: Runtime) -> None:
    with runtime.database.writing() as session:
        draft = create_issue(session, runtime.clock(), IssueKind.LETTER, Draft("Owners", markdown=TEXT))
    assert owner.get(again(draft)).status_code == 409


def test_a_letter_whose_page_is_withdrawn_is_not_sent_once_more(
    sent: Issue, owner: Browser, runtime: Runtime
) -> None:
    with runtime.database.writing() as session:
        withdraw_issue(session, runtime.clock(), sent.id)
    assert "nothing of it is sent" in owner.get(again(sent)).text
    form = {"number": "0", "sure": "yes", "subject": "Owners, mended", "function": ""}
    for room in ("again", "again/newcomers", "second"):
        answer = owner.post(again(sent, room), **form)
        assert (answer.status_code, "Its page is withdrawn" in answer.text) == (409, True)
    assert len(editions(runtime)) == 1
