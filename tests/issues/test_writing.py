"""Writing loses nothing, names what is wrong, and gives every issue an address of its own."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.foundation.errors import Conflict, Gone, InvalidInput, NotFound
from app.issues.guests import Guest, set_guest
from app.issues.models import Issue, IssueKind, IssueState
from app.issues.queries import get_issue, sent_issue, sent_issues
from app.issues.scheduling import schedule_issue
from app.issues.writing import (
    Draft,
    EditedMeanwhile,
    check_complete,
    create_issue,
    discard_issue,
    save_issue,
    slugify,
)
from tests.issues.conftest import MakeIssue


def test_a_new_issue_is_a_draft_with_a_subject_and_an_address(
    session: Session, now: datetime, make_issue: MakeIssue
) -> None:
    issue = make_issue("It’s an “everyone” problem")
    assert (issue.state, issue.version) == (IssueState.DRAFT, 1)
    assert issue.subject == issue.title
    assert issue.slug == "its-an-everyone-problem"


def test_two_issues_of_one_title_have_two_addresses(make_issue: MakeIssue) -> None:
    assert [make_issue("Same").slug for _ in range(3)] == ["same", "same-2", "same-3"]
    assert make_issue("Same 2").slug == "same-2-2"


def test_saving_moves_the_version_on(session: Session, now: datetime, make_issue: MakeIssue) -> None:
    issue = make_issue()
    saved = save_issue(session, now, issue.id, 1, Draft("New title", "New subject", "Peek", "New\r\ntext"))
    assert (saved.version, saved.title, saved.subject, saved.preheader) == (
        2,
        "New title",
        "New subject",
        "Peek",
    )
    assert saved.markdown == "New\ntext"
    assert saved.slug == issue.slug, "an address that was handed out stays"


def test_the_second_of_two_editors_is_told_and_both_texts_are_there(
    session: Session, now: datetime, make_issue: MakeIssue
) -> None:
    issue = make_issue()
    save_issue(session, now, issue.id, 1, Draft("Alice’s title", markdown="Alice’s words"))
    with pytest.raises(EditedMeanwhile) as caught:
        save_issue(session, now, issue.id, 1, Draft("Bob’s title", markdown="Bob’s words"))
    assert caught.value.theirs.markdown == "Alice’s words"
    assert get_issue(session, issue.id).markdown == "Alice’s words"
    again = save_issue(session, now, issue.id, caught.value.theirs.version, Draft("Both", markdown="Both"))
    assert again.version == 3


def test_the_same_form_sent_twice_is_no_quarrel(
    session: Session, now: datetime, make_issue: MakeIssue
) -> None:
    issue, words = make_issue(), Draft("Owners", "Who?", "Peek", "Words.\r\n")
    for _ in range(2):
        assert save_issue(session, now, issue.id, 1, words).version == 2
    with pytest.raises(EditedMeanwhile):
        save_issue(session, now, issue.id, 1, replace(words, subject="Whose?"))


def test_a_scheduled_issue_cannot_change_under_the_approval(
    session: Session, now: datetime, make_issue: MakeIssue
) -> None:
    issue = make_issue()
    schedule_issue(session, now, issue.id)
    with pytest.raises(Conflict, match="scheduled"):
        save_issue(session, now, issue.id, issue.version, Draft("Other"))
    with pytest.raises(Conflict):
        discard_issue(session, issue.id)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft(""), "title"),
        (Draft("T" * 301), "title"),
        (Draft("Title", subject="Hello\r\nBcc: everybody@example.com"), "subject"),
        (Draft("Title", preheader="One\u2028two"), "preheader"),
        (Draft("Title", markdown="x" * 400_001), "markdown"),
        (Draft("Title", markdown="a\x00b"), "markdown"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(
    session: Session, now: datetime, draft: Draft, field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        create_issue(session, now, IssueKind.LETTER, draft)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("subject", "markdown", "field"), [("", "Text", "subject"), ("Subject", " \n ", "markdown")]
)
def test_an_issue_without_subject_or_text_is_not_complete(subject: str, markdown: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_complete(Issue(subject=subject, markdown=markdown))
    assert caught.value.field == field


def test_a_discarded_draft_is_gone(session: Session, make_issue: MakeIssue) -> None:
    issue_id = make_issue().id
    discard_issue(session, issue_id)
    session.expire_all()
    with pytest.raises(NotFound):
        get_issue(session, issue_id)


def test_the_archive_shows_what_went_out_and_nothing_else(
    session: Session, now: datetime, make_issue: MakeIssue
) -> None:
    out, draft, withdrawn = make_issue("Out"), make_issue("Draft"), make_issue("Withdrawn")
    for issue in (out, withdrawn):
        issue.state, issue.sent_at = IssueState.SENT, now
    withdrawn.withdrawn_at = now
    session.flush()
    assert [issue.slug for issue in sent_issues(session).items] == ["out"]
    assert sent_issue(session, "out") == out
    for slug in ("draft", "never"):
        with pytest.raises(NotFound):
            sent_issue(session, slug)
    with pytest.raises(Gone):
        sent_issue(session, "withdrawn")
    assert draft.state is IssueState.DRAFT


@given(st.text(max_size=400))
def test_a_slug_is_safe_short_and_never_empty(text: str) -> None:
    slug = slugify(text)
    assert 0 < len(slug) <= 80
    assert slug.strip("abcdefghijklmnopqrstuvwxyz0123456789-") == ""
    assert slugify(slug) == slug


def test_putting_a_letter_into_a_series_makes_no_quarrel_with_the_editor_left_open(
    session: Session, now: datetime, make_issue: MakeIssue
) -> None:
    issue = make_issue()
    typed = Draft(issue.title, issue.subject, markdown="Longer.")
    save_issue(session, now, issue.id, 1, typed, by_itself=True)
    set_guest(session, issue.id, Guest("Dana"))
    assert issue.version == 3
    assert save_issue(session, now, issue.id, 2, replace(typed, markdown="Longer still.")).version == 4
    with pytest.raises(EditedMeanwhile):
        save_issue(session, now, issue.id, 2, replace(typed, markdown="By somebody else."))
