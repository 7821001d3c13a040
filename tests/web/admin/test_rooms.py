"""An author's work, page by page: nothing is lost, everything is named, the numbers add up."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.accounts.models import Role
from app.delivery.models import Delivery, Edition, RecipientKind
from app.issues.models import Issue, IssueState
from app.issues.queries import get_issue
from app.publication.settings import get_publication
from app.wiring import Runtime
from tests.fixtures.clock import FrozenClock
from tests.web.admin.conftest import TEXT, Browser, SignIn
from worker.publishing import publish_due

TEMPLATES = Path(__file__).parents[3] / "app/web/templates/admin"
# A piece for other people's sites, which no author of ours sends.
FOR_ELSEWHERE = "_snippet_plain.html"


def words(**changed: str) -> dict[str, str]:
    return {
        "version": "1",
        "title": "Title",
        "subject": "Subject",
        "preheader": "",
        "markdown": TEXT,
        **changed,
    }


def state_of(runtime: Runtime, issue_id: int) -> IssueState:
    with runtime.database.reading() as session:
        return get_issue(session, issue_id).state


def send_out(runtime: Runtime, owner: Browser, clock: FrozenClock, draft: Issue) -> None:
    owner.post(f"/admin/issues/{draft.id}/send-now", version="1", sure="yes")
    publish_due(runtime, clock())


def test_an_empty_studio_says_what_to_do_first(owner: Browser) -> None:
    assert "Your first issue" in owner.get("/admin/issues").text
    today = owner.get("/admin/").text
    assert "Tuesday 17 November 2026, 8:15 am New York time (EST)" in today
    assert "Sunday 22 November 2026, 8:15 am New York time (EST)" in today
    assert "Nothing has gone out yet" in today


def test_a_title_is_enough_to_begin_and_needed(owner: Browser, runtime: Runtime) -> None:
    assert "needs a title" in owner.post("/admin/issues/new", title=" ", kind="letter").text
    answer = owner.post("/admin/issues/new", title="Begin", kind="links")
    assert answer.location == "/admin/issues/1/edit"
    with runtime.database.reading() as session:
        assert get_issue(session, 1).kind == "links"


@pytest.mark.parametrize("way", ["file", "pasted"])
def test_a_text_is_brought_in_by_file_or_by_paste(owner: Browser, runtime: Runtime, way: str) -> None:
    text = "Who owns the handoff?\n\nEverybody nods.\n\nPS: Write back."
    given: Any = (io.BytesIO(text.encode()), "../../etc/letter.txt") if way == "file" else text
    answer = owner.post("/admin/issues/import", kind="letter", **{way: given})
    assert (answer.status_code, answer.location) == (303, "/admin/issues/1/imported")
    assert "A draft is made" in owner.get(answer.location).text
    with runtime.database.reading() as session:
        assert get_issue(session, 1).title == "Who owns the handoff?"


@pytest.mark.parametrize("room", ["import", "new"])
def test_a_form_sent_twice_makes_one_draft(owner: Browser, runtime: Runtime, room: str) -> None:
    form = {"kind": "letter", "title": "Once", "pasted": "Once\n\nWho owns it?\n\n", "once": "a" * 24}
    first, again = (owner.post(f"/admin/issues/{room}", **form) for _ in range(2))
    assert first.location == again.location
    other = owner.post(f"/admin/issues/{room}", **{**form, "once": "b" * 24})
    assert other.location != first.location
    with runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Issue)) == 2
    shown = [re.search(r'name="once" value="(\w+)"', owner.get("/admin/issues/new").text) for _ in range(2)]
    assert len({each[1] for each in shown if each}) == 2


def test_what_was_guessed_stays_beside_the_draft(owner: Browser) -> None:
    pasted = "- one\n- two\n\n![](https://a.example/a.png)\n"
    seen = owner.get(owner.post("/admin/issues/import", kind="letter", pasted=pasted).location).text
    guessed = re.findall(r"<li>(.*?)</li>", seen.partition("Look these over")[2])
    assert guessed
    assert guessed[0] in owner.get("/admin/issues/1/edit").text


def test_what_cannot_be_brought_in_comes_back_with_the_reason(owner: Browser) -> None:
    answer = owner.post("/admin/issues/import", kind="links", pasted="no link at all in here")
    assert answer.status_code == 400
    assert "no link at all in here" in answer.text
    assert owner.post("/admin/issues/import", kind="letter").status_code == 400


def test_saving_keeps_the_words_and_says_so(owner: Browser, draft: Issue, runtime: Runtime) -> None:
    answer = owner.post(f"/admin/issues/{draft.id}/edit", **words(title="Better"))
    assert answer.location == f"/admin/issues/{draft.id}/edit?said=saved"
    assert "Saved." in owner.get(answer.location).text
    with runtime.database.reading() as session:
        assert get_issue(session, draft.id).title == "Better"


def test_a_wrong_field_is_named_and_every_word_comes_back(owner: Browser, draft: Issue) -> None:
    answer = owner.post(f"/admin/issues/{draft.id}/edit", **words(title="", markdown="My long work"))
    assert answer.status_code == 400
    assert "My long work" in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_the_second_editor_gets_both_texts(owner: Browser, sign_in: SignIn, draft: Issue) -> None:
    sign_in(Role.EDITOR).post(f"/admin/issues/{draft.id}/edit", **words(markdown="Their words"))
    answer = owner.post(f"/admin/issues/{draft.id}/edit", **words(markdown="My words"))
    assert answer.status_code == 409
    assert "Their words" in answer.text
    assert re.search(r'<textarea id="markdown"[^>]*>\s*My words', answer.text)
    assert 'name="version" value="2"' in answer.text
    assert owner.post(f"/admin/issues/{draft.id}/edit", **words(version="2")).status_code == 303


@pytest.mark.parametrize(
    ("form", "seen"),
    [("desktop", "Dear Ada,"), ("text", "Dear Ada,"), ("web", "Dear reader,"), ("dark", "Dear Ada,")],
)
def test_the_preview_shows_what_is_typed_and_saves_nothing(
    owner: Browser, draft: Issue, runtime: Runtime, form: str, seen: str
) -> None:
    answer = owner.post(f"/admin/issues/{draft.id}/preview", form=form, **words(markdown=TEXT + "\nNEW"))
    assert answer.status_code == 200
    assert seen in answer.text
    assert "NEW" in answer.text
    with runtime.database.reading() as session:
        assert get_issue(session, draft.id).version == 1


@pytest.mark.parametrize("form", ["desktop", "text", "web"])
def test_a_script_in_the_text_is_inert_in_every_preview(owner: Browser, draft: Issue, form: str) -> None:
    evil = "<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1))\n\n{{ config }}"
    answer = owner.post(
        f"/admin/issues/{draft.id}/preview", form=form, **words(title="<script>", markdown=evil)
    )
    assert "<script>" not in answer.text
    assert "<img src=x" not in answer.text
    assert "javascript:alert" not in re.sub(r"\(javascript:", "", answer.text) or answer.status_code == 400
    csp = answer.headers["Content-Security-Policy"]
    assert csp.startswith("sandbox")
    assert "script-src" not in csp
    assert "default-src 'none'" in csp


@pytest.mark.parametrize("room", ["edit", "preview", "autosave"])
def test_fifty_megabytes_of_paste_are_refused_and_change_nothing(
    owner: Browser, draft: Issue, runtime: Runtime, room: str
) -> None:
    answer = owner.post(f"/admin/issues/{draft.id}/{room}", **words(markdown="x" * 50_000_000))
    assert answer.status_code == 413
    with runtime.database.reading() as session:
        assert get_issue(session, draft.id).version == 1


@pytest.mark.parametrize("field", ["title", "subject", "preheader", "markdown"])
def test_nothing_of_a_template_is_reachable_from_what_an_author_types(
    owner: Browser, draft: Issue, field: str
) -> None:
    typed = "{{ 7 * 191 }} {% for a in b %} {{ brand.postal_address }} #{7 * 191} ${7 * 191}"
    for form in ("desktop", "text", "inbox", "web"):
        seen = owner.post(f"/admin/issues/{draft.id}/preview", form=form, **words(**{field: typed})).text
        assert "1337" not in seen
        if (form, field) in {("desktop", "markdown"), ("inbox", "subject"), ("web", "title")}:
            assert "{{ 7 * 191 }}" in seen


def test_a_broken_merge_tag_is_explained_in_the_preview(owner: Browser, draft: Issue) -> None:
    answer = owner.post(f"/admin/issues/{draft.id}/preview", **words(markdown="Dear {frist_name|you},"))
    assert answer.status_code == 400
    assert "did you mean {first_name}?" in answer.text


FOR_FINANCE = TEXT + "\n\n::: for finance\nThe quarter closes on Friday.\n:::\n"


@pytest.mark.parametrize("form", ["desktop", "text"])
def test_the_author_reads_the_letter_as_somebody_of_another_function(
    owner: Browser, draft: Issue, form: str
) -> None:
    seen = {
        function: "quarter closes"
        in owner.post(
            f"/admin/issues/{draft.id}/preview", form=form, **{"as": function}, **words(markdown=FOR_FINANCE)
        ).text
        for function in ("finance", "sales", "", "nonsense")
    }
    assert seen == {"finance": True, "sales": False, "": False, "nonsense": False}
    web = owner.post(
        f"/admin/issues/{draft.id}/preview", form="web", **{"as": "finance"}, **words(markdown=FOR_FINANCE)
    )
    assert "quarter closes" not in web.text


def test_a_test_can_be_that_of_one_function(owner: Browser, draft: Issue, runtime: Runtime) -> None:
    owner.post(f"/admin/issues/{draft.id}/edit", **words(markdown=FOR_FINANCE))
    assert "has words of its own" in owner.get(f"/admin/issues/{draft.id}/edit").text
    for function in ("", "finance"):
        assert owner.post(f"/admin/issues/{draft.id}/test", **{"as": function}).status_code == 303
    with runtime.database.reading() as session:
        common, finance = (
            edition.frozen for edition in session.scalars(select(Edition).order_by(Edition.id))
        )
    assert b"quarter closes" not in common
    assert b"quarter closes" in finance


def test_the_inbox_line_shows_subject_and_preview_line(owner: Browser, draft: Issue) -> None:
    seen = owner.post(
        f"/admin/issues/{draft.id}/preview", form="inbox", **words(subject="{first_name|You}, a word")
    ).text
    assert "Ada, a word" in seen
    assert "Subject: 11 characters" in seen


def test_a_test_goes_to_oneself_and_to_nobody_else(owner: Browser, draft: Issue, runtime: Runtime) -> None:
    assert owner.post(f"/admin/issues/{draft.id}/test").status_code == 303
    with runtime.database.reading() as session:
        (mail,) = session.scalars(select(Delivery))
        assert mail.recipient_kind is RecipientKind.AUTHOR
        assert session.get_one(Edition, mail.edition_id).subject.startswith("[Test] ")
    assert state_of(runtime, draft.id) is IssueState.DRAFT


def test_scheduling_says_the_moment_in_words_and_locks_the_text(
    owner: Browser, draft: Issue, runtime: Runtime
) -> None:
    page = owner.get(f"/admin/issues/{draft.id}/schedule").text
    assert "1</strong> person would get it" in page
    done = owner.post(f"/admin/issues/{draft.id}/schedule", version="1", slot="next").text
    assert "goes out Tuesday 17 November 2026, 8:15 am New York time (EST)" in done
    asked_again = owner.get(f"/admin/issues/{draft.id}/schedule").text
    assert ("Move it on the calendar" in asked_again, "Schedule it" in asked_again) == (True, False)
    editor = owner.get(f"/admin/issues/{draft.id}/edit").text
    assert "Take it back" in editor
    assert owner.post(f"/admin/issues/{draft.id}/edit", **words()).status_code == 409
    owner.post(f"/admin/issues/{draft.id}/take-back")
    assert state_of(runtime, draft.id) is IssueState.DRAFT


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"slot": "other", "date": "2020-01-01", "time": "08:15"}, 400, "has passed"),
        ({"slot": "other", "date": "", "time": ""}, 400, "must be a date and a time"),
        ({"slot": "other", "date": "2027-03-14", "time": "02:30"}, 200, "does not exist"),
        (
            {"slot": "other", "date": "2020-01-01", "time": "08:15"},
            400,
            "Wednesday 1 January 2020, 8:15 am New York",
        ),
        ({"slot": "2026-11-24 08:15"}, 200, "Tuesday 24 November 2026"),
        ({"slot": "next", "date": "2026-12-24"}, 400, "another slot is chosen"),
        ({"slot": "next", "version": "7"}, 409, "changed after you looked"),
    ],
)
def test_another_time_is_taken_or_refused_with_the_reason(
    owner: Browser, draft: Issue, fields: dict[str, str], status: int, said: str
) -> None:
    answer = owner.post(f"/admin/issues/{draft.id}/schedule", **{"version": "1", **fields})
    assert answer.status_code == status
    assert said in answer.text


def test_what_cannot_be_sent_is_not_scheduled(owner: Browser, draft: Issue, runtime: Runtime) -> None:
    owner.post(f"/admin/issues/{draft.id}/edit", **words(markdown="Dear {frist_name|you},"))
    assert "did you mean" in owner.get(f"/admin/issues/{draft.id}/schedule").text
    assert owner.post(f"/admin/issues/{draft.id}/schedule", version="2", slot="next").status_code == 400
    assert state_of(runtime, draft.id) is IssueState.DRAFT


def test_sending_at_once_wants_a_tick(owner: Browser, draft: Issue, runtime: Runtime) -> None:
    owner.post(f"/admin/issues/{draft.id}/send-now", version="1")
    assert state_of(runtime, draft.id) is IssueState.DRAFT
    answer = owner.post(f"/admin/issues/{draft.id}/send-now", version="1", sure="yes")
    assert "On its way" in owner.get(answer.location).text


def test_the_ledger_counts_and_has_a_brake(
    owner: Browser, draft: Issue, runtime: Runtime, clock: FrozenClock
) -> None:
    send_out(runtime, owner, clock, draft)
    base = f"/admin/issues/{draft.id}"
    fragment = owner.get(f"{base}/ledger/numbers").text
    assert "of 1 accepted" in fragment
    assert "data-running" in fragment
    owner.post(f"{base}/pause")
    assert "paused" in owner.get(f"{base}/ledger/numbers").text
    owner.post(f"{base}/resume")
    assert "cannot be taken up again" in owner.get(f"{base}/stop").text
    owner.post(f"{base}/stop")
    publish_due(runtime, clock())
    assert state_of(runtime, draft.id) is IssueState.SENT
    assert "data-running" not in owner.get(f"{base}/ledger/numbers").text
    assert owner.post(f"{base}/pause").status_code == 409


def test_who_got_it_can_be_searched_and_sifted(
    owner: Browser, draft: Issue, runtime: Runtime, clock: FrozenClock
) -> None:
    assert owner.get(f"/admin/issues/{draft.id}/people").status_code == 409
    send_out(runtime, owner, clock, draft)
    people = f"/admin/issues/{draft.id}/people"
    for query, found in {
        "": True,
        "?search=ALICE": True,
        "?search=alice%25": False,
        "?search=' OR 1=1 --": False,
        "?state=queued": True,
        "?state=accepted": False,
        "?state=nonsense": True,
        "?page=99999999999": True,
    }.items():
        assert ("alice@example.com" in owner.get(people + query).text) is found, query


def test_readers_can_be_found_and_their_history_read(
    owner: Browser, draft: Issue, runtime: Runtime, clock: FrozenClock
) -> None:
    send_out(runtime, owner, clock, draft)
    listed = owner.get("/admin/readers").text
    assert [name in listed for name in ("alice@", "bob@", "carol@")] == [True, True, True]
    assert "bob@" not in owner.get("/admin/readers?show=verified").text
    assert "alice@" not in owner.get("/admin/readers?show=unverified").text
    found = re.search(r"/admin/readers/\d+", owner.get("/admin/readers?search=alice").text)
    assert found is not None
    person = owner.get(found[0]).text
    assert "Who owns it?" in person
    assert "confirmed" in person
    assert owner.get("/admin/readers/999").status_code == 404


def test_settings_are_checked_by_name_and_kept(owner: Browser, runtime: Runtime) -> None:
    form = {
        "name": "DCX",
        "tagline": "A line",
        "promise": "A promise",
        "author_name": "Mark Levy",
        "sender_address": "mark@letters.example.com",
        "reply_address": "mark@letters.example.com",
        "postal_address": "1 Example Street, Springfield",
        "time_zone": "Europe/Paris",
        "accent": "#112233",
        "proof_from": "50",
    }
    wrong = owner.post("/admin/settings", **(form | {"time_zone": "Mars/Olympus"}))
    assert wrong.status_code == 400
    assert "Mars/Olympus" in wrong.text
    assert owner.post("/admin/settings", **form).status_code == 303
    with runtime.database.reading() as session:
        assert get_publication(session).time_zone == "Europe/Paris"


def test_a_cadence_moves_and_the_next_slot_with_it(owner: Browser) -> None:
    rule = {
        "weekday": "Wednesday",
        "local_time": "07:00",
        "zone": "Europe/Berlin",
        "grace_minutes": "60",
        "when_late": "ask",
    }
    assert owner.post("/admin/settings/cadence/letter", **(rule | {"zone": "Berlin"})).status_code == 400
    assert owner.post("/admin/settings/cadence/letter", **rule).status_code == 303
    assert "Wednesday 18 November 2026, 1:00 am New York time" in owner.get("/admin/").text
    assert owner.post("/admin/settings/cadence/daily", **rule).status_code == 400


def test_what_is_not_there_is_said_in_the_studio_s_own_frame(owner: Browser) -> None:
    for path in (
        "/admin/issues/99",
        "/admin/issues/99/edit",
        "/admin/issues/99/ledger",
        "/admin/issues/99/schedule",
    ):
        answer = owner.get(path)
        assert answer.status_code == 404
        assert "There is no issue 99" in answer.text
        assert "first page" in answer.text


def test_a_number_beyond_every_row_is_not_there_either(owner: Browser) -> None:
    for room in ("issues", "readers"):
        for number in (2**31, 2**63 - 1, 2**63):
            assert owner.get(f"/admin/{room}/{number}").status_code == 404


def test_a_draft_can_be_thrown_away_and_a_sent_issue_cannot(
    owner: Browser, draft: Issue, runtime: Runtime, clock: FrozenClock
) -> None:
    send_out(runtime, owner, clock, draft)
    assert owner.post(f"/admin/issues/{draft.id}/throw-away").status_code == 409
    owner.post("/admin/issues/new", title="Gone soon", kind="letter")
    assert "The draft is gone" in owner.get(owner.post("/admin/issues/2/throw-away").location).text


def test_no_form_of_the_studio_is_without_its_token() -> None:
    bare = [
        (path.name, form[:100])
        for path in sorted(TEMPLATES.glob("*.html"))
        if path.name != FOR_ELSEWHERE
        for form in re.findall(r'<form\b[^>]*method="post".*?</form>', path.read_text("utf-8"), re.DOTALL)
        if not re.search(r"\b(?:token|context|csrf)\(\)", form)
    ]
    assert bare == []
