"""The check before sending: each of its defects is caught where it is, and a good letter passes."""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from app.delivery.letterhead import letterhead_of
from app.foundation.addresses import address_hash, parse_address
from app.foundation.db import Database
from app.foundation.links import Links
from app.foundation.settings import Settings
from app.foundation.tokens import Signer
from app.issues.cadence import seed_cadences
from app.issues.composing import Press, Words, words_of
from app.issues.fetching import LinkCheck
from app.issues.findings import Check, Level
from app.issues.importing import import_text
from app.issues.models import IssueKind, IssueState
from app.issues.preflight import HeldByPreflight, Kit, check_before, examine, outside_urls
from app.issues.preflight_links import ask, keep_looks, look, recall_looks
from app.issues.scheduling import schedule_issue
from app.issues.writing import Draft, create_issue
from app.publication.models import Publication
from app.subscribers.models import Function, Subscriber, SubscriberState, Subscription, SubscriptionState
from tests.cast import Cast, seed_cast, seed_dcx
from tests.fixtures.pace import allowed
from tests.issues.conftest import RULES

EMAILS = Path(__file__).parents[2] / "emails"
SEEDS = Path(os.environ.get("HANDOFF_SEEDS") or Path(__file__).parents[3] / "shared" / "seeds")
KEY = b"address key"
ONLY_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

GOOD = """Dear {first_name|reader},

Last week a customer told us the same story three times, to three people, and each of them wrote it down.

## What went missing

The handoff between sales and service has [no owner](https://example.org/owner). Ask two colleagues who it is.

![Two colleagues over one sheet of paper](https://dcx.example/pictures/0123456789abcdef0123456789abcdef-640x320.jpg)

::: button
[Get the guide]({guide_url})
:::

::: ps
Write back, I read everything.
:::
"""
OWNER = "https://example.org/owner"
PICTURE = "https://dcx.example/pictures/0123456789abcdef0123456789abcdef-640x320.jpg"
FINE = {OWNER: LinkCheck(200, OWNER), PICTURE: LinkCheck(200, PICTURE)}


@dataclass
class Room:
    """A publication with its cast, and the words that are checked in it."""

    session: Session
    now: datetime
    cast: Cast
    emails: Path
    kit: Kit
    words: Words = field(
        default_factory=lambda: Words(
            IssueKind.LETTER,
            "owner",
            "Who owns the handoff?",
            "Who owns the handoff?",
            "Ask two people.",
            GOOD,
        )
    )

    def found(self) -> set[tuple[Check, Level]]:
        report = examine(self.session, self.now, self.words, self.kit)
        return {(each.check, each.level) for each in report.findings}

    def text(self, more: str) -> None:
        self.words = replace(self.words, markdown=f"{self.words.markdown}\n\n{more}\n")

    def answers(self, status: int | None, final: str = OWNER, problem: str = "") -> None:
        self.kit = replace(self.kit, looks={**FINE, OWNER: LinkCheck(status, final, problem)})

    def template(self, file: str, old: str, new: str) -> None:
        path = self.emails / file
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")


@pytest.fixture
def room(session: Session, now: datetime, settings: Settings, tmp_path: Path) -> Room:
    seed_dcx(session)
    cast = seed_cast(session, now, KEY)
    seed_cadences(session, RULES, {"letter": cast.letter_id, "links": cast.links_id})
    emails = tmp_path / "emails"
    shutil.copytree(EMAILS, emails)
    press = Press(emails, Links("https://letters.example"), "https://letters.example/guides/field-guide")
    signer = Signer(SecretStr("a key for tests only").get_secret_value().encode())
    return Room(session, now, cast, emails, Kit(press, letterhead_of(settings, signer), dict(FINE)))


Spoil = Callable[[Room], object]


def subject(line: str) -> Spoil:
    return lambda room: setattr(room, "words", replace(room.words, subject=line))


def preheader(line: str) -> Spoil:
    return lambda room: setattr(room, "words", replace(room.words, preheader=line))


def text(more: str) -> Spoil:
    return lambda room: room.text(more)


def only(markdown: str) -> Spoil:
    return lambda room: setattr(room, "words", replace(room.words, markdown=markdown))


def answers(*given: object) -> Spoil:
    return lambda room: room.answers(*given)  # type: ignore[arg-type]


def template(file: str, old: str, new: str) -> Spoil:
    return lambda room: room.template(file, old, new)


def no_name(room: Room) -> None:
    room.session.execute(update(Subscriber).where(Subscriber.id == room.cast.alice.id).values(first_name=""))
    room.text("Yours, {first_name}")


def strange_address(room: Room) -> None:
    room.session.execute(
        update(Subscriber)
        .where(Subscriber.id == room.cast.alice.id)
        .values(address="alice@example.com\r\nBcc: x@y.z")
    )


def no_postal_address(room: Room) -> None:
    room.session.execute(update(Publication).values(postal_address=""))


UNSUBSCRIBE = "{{ base_url }}/unsubscribe/{{ slot('unsubscribe_token') }}"
DEFECTS: dict[str, tuple[Spoil, Check, Level]] = {
    "no subject": (subject(""), Check.SUBJECT, Level.ERROR),
    "a subject nobody can see whole": (subject("Why the handoff " * 8), Check.SUBJECT, Level.WARNING),
    "a subject in capitals": (subject("WHO OWNS THE HANDOFF?"), Check.SPAM, Level.WARNING),
    "a lure in the subject": (subject("Act now, 100% free"), Check.SPAM, Level.WARNING),
    "a subject that plays an answer": (subject("Re: our talk"), Check.SPAM, Level.WARNING),
    "no preview line": (preheader(""), Check.PREHEADER, Level.WARNING),
    "a preview line that repeats the subject": (preheader("Who owns the handoff?"), Check.PREHEADER, Level.WARNING),
    "a preview line too long": (preheader("and " * 60), Check.PREHEADER, Level.WARNING),
    "no text": (only(""), Check.CONTENT, Level.ERROR),
    "a misspelt merge tag": (text("Dear {frist_name}"), Check.CONTENT, Level.ERROR),
    "a merge tag in an address": (text("[You](https://a.example/{email})"), Check.CONTENT, Level.ERROR),
    "a block never closed": (text("::: ps\nOne more thing."), Check.CONTENT, Level.ERROR),
    "a reader for whom nothing stands there": (no_name, Check.MERGE_VALUES, Level.ERROR),
    "a reader whose mail cannot be written": (strange_address, Check.READERS, Level.ERROR),
    "a dead link": (answers(404), Check.LINK_DEAD, Level.ERROR),
    "a link that sends on": (answers(200, "https://example.org/elsewhere"), Check.LINK_MOVED, Level.WARNING),
    "a link nobody could reach": (answers(None, OWNER, "It took too long."), Check.LINK_UNSEEN, Level.WARNING),
    "a link over http": (text("[Old](http://example.org/old)"), Check.LINK_INSECURE, Level.WARNING),
    "a shortened link": (text("[Short](https://bit.ly/3x)"), Check.SPAM, Level.WARNING),
    "a link that says another place": (text("[bank.example](https://trap.example)"), Check.SPAM, Level.WARNING),
    "a link called here": (text("[here](https://example.org/a)"), Check.LINK_WORDS, Level.WARNING),
    "an address no mail can carry": (text("[x](ftp://a.example/x)"), Check.CONTENT, Level.ERROR),
    "a picture without words": (text("![](https://a.example/a.png)"), Check.CONTENT, Level.ERROR),
    "a picture named after its file": (text("![IMG_2041.jpg](https://a.example/a.png)"), Check.ALT, Level.WARNING),
    "a picture without its size": (text("![A map](https://a.example/a.png)"), Check.IMAGE_SIZE, Level.WARNING),
    "headings that leave one out": (text("#### Deep down\n\nWords."), Check.HEADINGS, Level.WARNING),
    "a note to oneself": (text("TODO find the number"), Check.LEFTOVER, Level.WARNING),
    "a letter too long for Gmail": (text("\n\n".join(["Word after word. " * 20] * 300)), Check.HTML_SIZE, Level.ERROR),
    "no way out in the HTML": (
        template("_bulk.mjml", UNSUBSCRIBE, "{{ base_url }}"), Check.UNSUBSCRIBE, Level.ERROR,
    ),
    "no way out in the text": (template("_bulk.txt", UNSUBSCRIBE, "{{ base_url }}"), Check.UNSUBSCRIBE, Level.ERROR),
    "no postal address": (no_postal_address, Check.POSTAL_ADDRESS, Level.ERROR),
    "pale words": (template("_layout.mjml", 'color="{{ fonts.INK }}"', 'color="#cccccc"'), Check.CONTRAST, Level.ERROR),
    "no word on dark mode": (
        template("_layout.mjml", "@media (prefers-color-scheme: dark)", "@media print"), Check.DARK_MODE, Level.WARNING,
    ),
    "dark words by night": (
        template("_layout.mjml", "#e9e3d6 !important", "#333333 !important"), Check.DARK_MODE, Level.WARNING,
    ),
    "a form in the template": (
        template("_layout.mjml", "{% block why %}", "<form></form>{% block why %}"), Check.MARKUP, Level.ERROR,
    ),
    "a picture inside the mail": (
        template("_layout.mjml", "{% block why %}", '<img alt="x" src="data:image/gif;base64,R0">{% block why %}'),
        Check.ATTACHMENT, Level.ERROR,
    ),
    "hardly a word": (only("![The offer](https://a.example/offer.png)"), Check.TEXT_PART, Level.WARNING),
}  # fmt: skip


@ONLY_SQLITE
@pytest.mark.parametrize("name", DEFECTS)
def test_each_defect_is_caught(room: Room, name: str) -> None:
    spoil, check, level = DEFECTS[name]
    spoil(room)
    assert (check, level) in room.found()


def test_there_are_enough_defects_and_a_good_letter_has_none(room: Room) -> None:
    assert len(DEFECTS) >= 25
    report = check_before(room.session, room.now, room.words, room.kit)
    sizes = {each for each in report.findings if each.check is not Check.IMAGE_SIZE}
    assert (sizes, report.readers) == (set(), 1)


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("words", "check"),
    [
        ("![A map](https://a.example/a.png)", Check.IMAGE_SIZE),
        ("[Gone](https://example.org/owner)", Check.LINK_DEAD),
        ("\n\n".join(["Word after word. " * 20] * 300), Check.HTML_SIZE),
        ("Yours, {last}", Check.CONTENT),
    ],
)
def test_words_for_one_function_are_checked_as_all_others(room: Room, words: str, check: Check) -> None:
    room.answers(404 if check is Check.LINK_DEAD else 200)
    room.text(f"::: for finance\n{words}\n:::")
    assert check in {each for each, _ in room.found()}


@ONLY_SQLITE
@pytest.mark.parametrize(("function", "blank"), [(Function.FINANCE, True), (Function.SALES, False)])
def test_a_blank_in_such_words_counts_for_their_readers_only(
    room: Room, function: Function, blank: bool
) -> None:
    room.session.execute(update(Subscriber).values(function=function, first_name=""))
    room.text("::: for finance\nYours, {first_name}\n:::")
    assert ((Check.MERGE_VALUES, Level.ERROR) in room.found()) is blank


@ONLY_SQLITE
def test_our_own_site_is_not_blamed_for_its_address(room: Room) -> None:
    press = replace(room.kit.press, links=Links("http://127.0.0.1:8000"))
    room.kit = replace(room.kit, press=press)
    room.words = replace(
        room.words, markdown="[The guide](http://127.0.0.1:8000/guides/a)\n\n[Else](http://127.0.0.2/)"
    )
    report = examine(room.session, room.now, room.words, room.kit)
    blamed = [
        (each.line, each.check) for each in report.findings if each.check in (Check.LINK_INSECURE, Check.SPAM)
    ]
    assert blamed == [(3, Check.LINK_INSECURE), (3, Check.SPAM)]


@ONLY_SQLITE
def test_an_error_says_the_line_and_the_way_out(room: Room) -> None:
    room.answers(404)
    with pytest.raises(HeldByPreflight, match=r"Line 7: This link is dead.*Mend its address") as caught:
        check_before(room.session, room.now, room.words, room.kit)
    assert caught.value.line == 7


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("answer", "check"),
    [
        (LinkCheck(404, PICTURE), Check.LINK_DEAD),
        (LinkCheck(None, PICTURE, "The site could not be reached."), Check.LINK_UNSEEN),
    ],
)
def test_a_picture_whose_host_is_broken_is_told_with_its_line(
    room: Room, answer: LinkCheck, check: Check
) -> None:
    room.kit = replace(room.kit, looks={**FINE, PICTURE: answer})
    found = [
        each for each in examine(room.session, room.now, room.words, room.kit).findings if each.check is check
    ]
    assert [each.line for each in found] == [9]
    assert (found[0].level is Level.ERROR) is (check is Check.LINK_DEAD)


@ONLY_SQLITE
def test_with_the_network_away_nothing_is_kept_back(room: Room) -> None:
    urls = outside_urls(room.words, room.kit.press)
    assert urls == [OWNER, PICTURE]
    away = {url: LinkCheck(None, url, "The site could not be reached.") for url in urls}
    for looks in (away, {}):
        assert not examine(room.session, room.now, room.words, replace(room.kit, looks=looks)).errors


class Web:
    """Answers of a web that is not there; counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def check_link(self, url: str) -> LinkCheck:
        self.asked.append(url)
        if "slow" in url:
            time.sleep(0.5)
        return LinkCheck(404 if "gone" in url else 200, url)

    def fetch(self, *_: object, **__: object) -> object:
        raise AssertionError("only the status is wanted")


def test_answers_are_kept_for_hours_and_asked_again_after(database: Database, now: datetime) -> None:
    web, gone = Web(), "https://example.org/gone"
    for later in (0, 3600, 7 * 3600):
        at = datetime.fromtimestamp(now.timestamp() + later, now.tzinfo)
        assert ask(database, web, at, [gone, gone])[gone].status == 404  # type: ignore[arg-type]
    assert web.asked == [gone, gone]
    with database.reading() as session:
        assert recall_looks(session, now, ["https://example.org/other"]) == {}


def test_a_slow_site_is_not_waited_for() -> None:
    began = time.monotonic()
    looks = look(Web(), ["https://example.org/slow", "https://example.org/quick"], seconds=0.2)  # type: ignore[arg-type]
    assert list(looks) == ["https://example.org/quick"]
    assert time.monotonic() - began < 2


def test_looks_are_written_twice_without_a_quarrel(session: Session, now: datetime) -> None:
    for status in (200, 404):
        keep_looks(session, now, {OWNER: LinkCheck(status, OWNER)})
    assert recall_looks(session, now, [OWNER])[OWNER].status == 404


def test_fifteen_hundred_readers_are_written_and_checked_in_two_seconds(
    room: Room, capsys: pytest.CaptureFixture[str]
) -> None:
    session, now = room.session, room.now
    people = [parse_address(f"reader{n}@example.net") for n in range(1500)]
    session.execute(
        insert(Subscriber),
        [
            {
                "address": person.typed,
                "canonical": person.canonical,
                "domain": "example.net",
                "address_hash": address_hash(person.canonical, KEY),
                "first_name": f"Name{number}",
                "state": SubscriberState.VERIFIED,
                "created_at": now,
                "verified_at": now,
            }
            for number, person in enumerate(people)
        ],
    )
    ids = [row for (row,) in session.execute(Subscriber.__table__.select().with_only_columns(Subscriber.id))]
    known = {room.cast.alice.id, room.cast.bob.id, room.cast.carol.id}
    session.execute(
        insert(Subscription),
        [
            {
                "subscriber_id": each,
                "topic_id": room.cast.letter_id,
                "state": SubscriptionState.ON,
                "changed_at": now,
            }
            for each in ids
            if each not in known
        ],
    )
    examine(session, now, room.words, room.kit, readers=False)
    report = examine(session, now, room.words, room.kit, seconds=None)
    with capsys.disabled():
        print(f"\n{report.readers} readers rendered and checked in {report.seconds:.2f} s")
    assert (report.readers, report.errors) == (1501, ())
    assert report.seconds < allowed(2)


@ONLY_SQLITE
@pytest.mark.skipif(not SEEDS.is_dir(), reason="HANDOFF_SEEDS is not there")
@pytest.mark.parametrize("name", ["newsletter-issue.txt", "guest-article.txt"])
def test_the_seed_texts_can_be_scheduled_as_they_are_imported(room: Room, name: str) -> None:
    """No edit is needed before they may go out: no error, and no warning but that nobody has asked their links yet."""
    draft = import_text(
        (SEEDS / name).read_bytes(),
        filename=name,
        guide_url=room.kit.press.guide_url,
        linkedin_url="https://www.linkedin.com/in/example",
    )
    words = Draft(draft.title, draft.subject, draft.preheader, draft.markdown)
    issue = create_issue(room.session, room.now, IssueKind.LETTER, words, notes=draft.notes)
    report = check_before(room.session, room.now, words_of(issue), room.kit)
    assert {each.check for each in report.findings} <= {Check.LINK_UNSEEN}
    assert schedule_issue(room.session, room.now, issue.id).issue.state is IssueState.SCHEDULED
    assert len(draft.notes) <= 5
