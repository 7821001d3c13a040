"""The archive's index follows its issues out, through corrections, away and back; searching takes any input."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from app.foundation.errors import Conflict, Gone, InvalidInput, NotFound
from app.issues.archive_index import index_missed, missed_any
from app.issues.models import Issue, IssueKind, IssueState
from app.issues.queries import sent_issue, sent_issues
from app.issues.search_words import read_wanted
from app.issues.searching import Hit, search_archive
from app.issues.themes import archive_themes, get_theme, set_themes, themes_of
from app.issues.withdrawing import restore_issue, withdraw_issue
from app.issues.writing import Draft, correct_issue, create_issue


def sent(session: Session, now: datetime, title: str, markdown: str, preheader: str = "") -> Issue:
    """An issue that went out, as the clock finds it that has no index yet."""
    issue = create_issue(session, now, IssueKind.LETTER, Draft(title, markdown=markdown, preheader=preheader))
    issue.state, issue.sent_at = IssueState.SENT, now
    session.flush()
    index_missed(session)
    return issue


def found(session: Session, typed: str) -> list[str]:
    return [hit.slug for hit in search_archive(session, read_wanted(typed)).items]


def test_a_letter_is_found_by_its_words_while_it_is_public(session: Session, now: datetime) -> None:
    create_issue(session, now, IssueKind.LETTER, Draft("Draft", markdown="Handoffs in a drawer."))
    issue = sent(session, now, "Who owns it?", "A **handoff** for {first_name|you}, naïvely done.")
    assert not missed_any(session)
    assert found(session, "handoffs") == ["who-owns-it"]
    assert found(session, "drawer") == []
    correct_issue(session, now, issue.id, issue.version, Draft("Who owns it?", markdown="A relay."))
    assert found(session, "handoff") == []
    assert found(session, "relay") == ["who-owns-it"]
    withdraw_issue(session, now, issue.id)
    assert found(session, "relay") == []
    assert sent_issues(session).total == 0
    with pytest.raises(Gone):
        sent_issue(session, "who-owns-it")
    with pytest.raises(Conflict):
        withdraw_issue(session, now, issue.id)
    restore_issue(session, now, issue.id)
    assert found(session, "relay") == ["who-owns-it"]
    assert not missed_any(session)


def test_what_never_went_out_cannot_be_withdrawn(session: Session, now: datetime) -> None:
    draft = create_issue(session, now, IssueKind.LETTER, Draft("Draft"))
    with pytest.raises(Conflict, match="has gone out"):
        withdraw_issue(session, now, draft.id)


def test_the_best_comes_first_with_its_places_marked(session: Session, now: datetime) -> None:
    sent(session, now, "On escalation", "Nothing else to say.")
    sent(session, now, "On <billing>", "It begins with an escalation & ends in <b>tears</b>, " + "word " * 80)
    page = search_archive(session, read_wanted("escalation"))
    assert [hit.slug for hit in page.items] == ["on-escalation", "on-billing"]
    first, second = page.items
    assert isinstance(first, Hit)
    assert [piece.text for piece in first.title if piece.found] == ["escalation"]
    assert [piece.text for piece in second.excerpt if piece.found] == ["escalation"]
    assert "".join(piece.text for piece in second.title) == "On <billing>"
    assert "escalation & ends in <b>tears</b>" in "".join(piece.text for piece in second.excerpt)
    assert (
        search_archive(session, read_wanted("escalation"), page=2, per_page=1).items[0].slug == "on-billing"
    )


def test_phrases_and_exclusions_mean_what_they_say(session: Session, now: datetime) -> None:
    sent(session, now, "One", "The customer success team owns renewals.")
    sent(session, now, "Two", "The success of a customer is no team's job.")
    assert sorted(found(session, "customer success")) == ["one", "two"]
    assert found(session, '"customer success"') == ["one"]
    assert found(session, "“customer success”") == ["one"]
    assert found(session, "customer -renewals") == ["two"]
    assert found(session, "-renewals") == []


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("At the café", "cafe"),
        ("At the cafe", "café"),
        ("Résumés, piled", "resume"),
        ("In Việt Nam", '"viet nam"'),
        ("At the café", "cafe\u0301"),
    ],
)
def test_accents_decide_nothing_and_are_shown(
    session: Session, now: datetime, written: str, typed: str
) -> None:
    sent(session, now, written, f"{'Là-bas <à> & toi. ' * 20}**{written}** déjà vu. {'Là-bas. ' * 20}")
    sent(session, now, "Other", "Nothing of it.")
    (hit,) = search_archive(session, read_wanted(typed)).items
    assert "".join(piece.text for piece in hit.title) == written
    for pieces in (hit.title, hit.excerpt):
        marked = [piece.text for piece in pieces if piece.found]
        assert marked
        assert " ".join(marked) in written
    assert f"{written} déjà" in "".join(piece.text for piece in hit.excerpt)


def test_marks_that_make_another_letter_stay(session: Session, now: datetime) -> None:
    sent(session, now, "One", "йод")
    assert (found(session, "йод"), found(session, "иод")) == (["one"], [])


ODD = (
    *(
        '"',
        '""',
        "'",
        "*",
        "NEAR(",
        "a AND",
        "OR OR NOT",
        "title:x",
        "^a",
        "{a b}:c",
        "a*",
        "-",
        "--",
        "(((",
        "\\",
    ),
    *(
        "'; DROP TABLE issue; --",
        '" OR 1=1 --',
        "x\x00y",
        "\ud800",
        "%",
        "_",
        ":*&|!<->",
        "a" * 10_240,
        "é" * 400,
    ),
    *('"a ' * 3_000, "-" * 10_000, "\ue000\ue001", "‮abc", "🙂", "$$", "a & !b", "<script>alert(1)</script>"),
)


def test_nothing_that_is_typed_is_an_error_or_a_command(session: Session, now: datetime) -> None:
    sent(session, now, "One", "Words.")
    for typed in (*ODD, None, ""):
        search_archive(session, read_wanted(typed))
    assert read_wanted("a" * 10_240).cut
    assert len(read_wanted("a" * 10_240).typed) <= 200
    assert found(session, "words") == ["one"]


def test_topics_group_the_archive_and_only_what_is_public_counts(session: Session, now: datetime) -> None:
    one, two = sent(session, now, "One", "x"), sent(session, now, "Two", "x")
    draft = create_issue(session, now, IssueKind.LETTER, Draft("Draft"))
    set_themes(session, one.id, " Who owns it,handoffs , Handoffs")
    set_themes(session, two.id, "HANDOFFS")
    set_themes(session, draft.id, "Secret")
    names = [(theme.name, theme.issues) for theme in archive_themes(session)]
    assert names == [("handoffs", 2), ("Who owns it", 1)]
    theme = get_theme(session, "handoffs")
    assert sent_issues(session, theme_id=theme.id).total == 2
    withdraw_issue(session, now, two.id)
    assert sent_issues(session, theme_id=theme.id).total == 1
    set_themes(session, one.id, "")
    assert themes_of(session, one.id) == []
    with pytest.raises(NotFound):
        get_theme(session, "nothing")
    for wrong in ("a,b,c,d,e,f", "x" * 41, "a\x00b", "!!!"):
        with pytest.raises(InvalidInput):
            set_themes(session, one.id, wrong)
