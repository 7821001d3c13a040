"""The story, step by step; each step acts as a person or a mail server would and checks what came of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.cli.demo import looking
from app.cli.demo.answers import bounce_mail, reply_mail
from app.cli.demo.stage import START_PATIENCE, Stage, StepFailed, start
from app.delivery.ledger import count
from app.delivery.models import Exclusion
from app.foundation.clock import file_clock
from app.guides.models import GrantState
from app.issues.models import IssueState
from app.subscribers.models import SubscriberState, SubscriptionState

T = TypeVar("T")

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = datetime(2026, 11, 16, 10, 0, tzinfo=NEW_YORK)
TUESDAY = datetime(2026, 11, 17, 8, 15, tzinfo=NEW_YORK)
NEXT_TUESDAY = datetime(2026, 11, 24, 8, 15, tzinfo=NEW_YORK)

ALICE = "alice@demo.example"
BOB = "bob@demo.example"
CAROL = "carol@demo.example"
GUIDE = "cx-buy-in"
TEXTS = Path(__file__).parent
WORDS = "We counted: six in ten had called before.\n\nFinance has asked for the list."


@dataclass(frozen=True)
class Step:
    """One chapter: its name, and what does it; the text it returns is the detail."""

    name: str
    act: Callable[[], str]


class Story:
    """Alice joins for the guide, Bob's mailbox does not exist, Carol joins and leaves again."""

    def __init__(self, here: Stage) -> None:
        self.here = here
        self.letter_id = 0
        self.letters: dict[str, tuple[str, EmailMessage]] = {}

    def steps(self) -> list[Step]:
        return [
            Step("start", self.start),
            Step("sign up", self.sign_up),
            Step("confirm", self.confirm),
            Step("guide", self.guide),
            Step("import readers", self.import_readers),
            Step("schedule letter", self.schedule_letter),
            Step("letter at 8:15", self.letter_at_quarter_past_eight),
            Step("digest on Sunday", self.digest),
            Step("click", self.click),
            Step("reply", self.reply),
            Step("bounce", self.bounce),
            Step("unsubscribe", self.unsubscribe),
            Step("next letter", self.next_letter),
            Step("stop", self.stop),
        ]

    def start(self) -> str:
        """The real processes, on Monday morning."""
        self.here.move_to(MONDAY)
        start(self.here)
        self.here.wait(self._is_up, "the site to answer", START_PATIENCE)
        home = self.here.http("GET", "/")
        expect(home.status == 200, f"the home page answered {home.status}")
        return f"site, workers, clock and mail-in are up at {self.here.settings.base_url}"

    def _is_up(self) -> bool:
        try:
            return self.here.http("GET", "/readyz").status == 200 and "ready" in self.here.log().lower()
        except OSError:
            return False

    def sign_up(self) -> str:
        """Alice asks for the guide and both letters; Carol joins on the home page."""
        asked = self.here.http(
            "POST",
            f"/guides/{GUIDE}",
            [("email", ALICE), ("first_name", "Alice"), ("topics", "letter"), ("topics", "links")],
        )
        joined = self.here.http(
            "POST", "/subscribe", [("email", CAROL), ("first_name", "Carol"), ("topics", "letter")]
        )
        expect(asked.status < 400, f"asking for the guide answered {asked.status}")
        expect(joined.status < 400, f"signing up answered {joined.status}")
        with self.here.database.reading() as session:
            alice = looking.subscriber(session, ALICE)
            expect(alice is not None and alice.state is SubscriberState.UNVERIFIED, "Alice is not unverified")
            expect(looking.topics_of(session, ALICE) == [], "Alice has topics before she confirmed")
            evidence = looking.consents(session, ALICE)
            expect("requested" in evidence, f"no evidence of Alice's request: {evidence}")
        return "two readers, unverified, with evidence; nothing switched on"

    def confirm(self) -> str:
        """Looking at the link changes nothing; the button does."""
        for address in (ALICE, CAROL):
            _, mail = self.here.next_mail(address)
            link = self._link(mail, "/confirm/")
            for method in ("HEAD", "GET"):
                looked = self.here.http(method, link)
                expect(looked.status == 200, f"{method} on the confirm link answered {looked.status}")
            with self.here.database.reading() as session:
                reader = looking.subscriber(session, address)
                expect(
                    reader is not None and reader.state is SubscriberState.UNVERIFIED,
                    "looking at the link confirmed",
                )
            done = self.here.http("POST", link, [])
            expect(done.status < 400, f"confirming answered {done.status}")
        with self.here.database.reading() as session:
            expect(looking.topics_of(session, ALICE) == ["letter", "links"], "Alice's topics are not on")
            expect(looking.topics_of(session, CAROL) == ["letter"], "Carol's topic is not on")
        self.here.next_mail(CAROL, "welcome")
        return "HEAD and GET changed nothing; POST switched on what each had asked for"

    def guide(self) -> str:
        """The guide comes by mail; looking at its link takes nothing, the button does."""
        _, mail = self.here.next_mail(ALICE)
        link = self._link(mail, f"/guides/{GUIDE}/download/")
        looked = self.here.http("GET", link)
        expect(looked.status == 200, f"the download page answered {looked.status}")
        expect(self._grant_state() is GrantState.GRANTED, "looking at the link used up the guide")
        file = self.here.http("POST", link, [])
        expect(file.status == 303, f"taking the guide answered {file.status}")
        file = self.here.http("GET", file.headers["location"])
        expect(file.status == 200 and file.body.startswith(b"%PDF-"), f"the download answered {file.status}")
        expect(self._grant_state() is GrantState.DOWNLOADED, "the grant knows of no download")
        return f"“{mail['Subject']}”; PDF of {len(file.body):,} bytes; grant downloaded"

    def _grant_state(self) -> GrantState | None:
        with self.here.database.reading() as session:
            grant = looking.grant(session, ALICE, GUIDE)
            return grant.state if grant is not None else None

    def import_readers(self) -> str:
        """Bob comes from the author's own list, with the day he agreed."""
        path = self.here.folder / "readers.csv"
        path.write_text(
            f"email,first_name,topics,consent_at,consent_source\n{BOB},Bob,letter,2025-03-04,conference list\n"
        )
        self.here.command("subscriber", "import", str(path))
        with self.here.database.reading() as session:
            expect(looking.topics_of(session, BOB) == ["letter"], "Bob's topic is not on")
            evidence = looking.consents(session, BOB)
        return f"one consented reader; evidence: {', '.join(evidence)}"

    def schedule_letter(self) -> str:
        """The author's text becomes an issue in the next free slot."""
        self.letter_id = self._schedule("letter.md", "letter", TUESDAY)
        return f"issue {self.letter_id} is due on {TUESDAY:%A, %d %B at %H:%M} in New York"

    def letter_at_quarter_past_eight(self) -> str:
        """Nothing before the time, everybody once at the time."""
        early = TUESDAY - timedelta(seconds=20)
        self.here.move_to(early)
        self.here.wait(lambda: self._read(looking.last_tick) >= early, "the clock to tick")
        with self.here.database.reading() as session:
            state = looking.issue(session, self.letter_id).state
        expect(state is IssueState.SCHEDULED, f"twenty seconds early the issue is {state.value}")
        self.here.move_to(TUESDAY)
        for address in (ALICE, BOB, CAROL):
            envelope, mail = self.here.next_mail(address)
            expect_list_mail(mail)
            self.letters[address] = (envelope.sender, mail)
        counts = self._settled(self.letter_id)
        expect(counts == (3, 3, 0), f"audience, accepted and excluded are {counts}")
        first = self.letters[ALICE][1]
        expect("Hello Alice" in body_of(first, "plain"), "Alice is not greeted by name")
        sent = datetime.strptime(str(first["Date"]), "%a, %d %b %Y %H:%M:%S %z").astimezone(NEW_YORK)
        expect(timedelta(0) <= sent - TUESDAY < timedelta(minutes=2), f"the letter is dated {sent}")
        return f"“{first['Subject']}” to three readers, once each; ledger: 3 of 3 accepted"

    def digest(self) -> str:
        """Six links on Sunday morning, only to who wants them."""
        self.here.move_to(TUESDAY + timedelta(days=2))
        issue_id = self._schedule("links.md", "links", None)
        with self.here.database.reading() as session:
            due = looking.scheduled_at(session, issue_id)
        assert due is not None
        local = due.astimezone(NEW_YORK)
        expect(local.weekday() == 6, f"the digest is due on a {local:%A}")
        self.here.move_to(due)
        _, mail = self.here.next_mail(ALICE)
        links = set(re.findall(r"/t/c/[a-z2-7]+/\d+", body_of(mail, "html")))
        expect(len(links) >= 6, f"the digest has {len(links)} tracked links")
        counts = self._settled(issue_id)
        expect(counts[0] == counts[1], f"audience, accepted and excluded are {counts}")
        expect(self.here.unseen(CAROL) == [], "Carol got a digest that she never asked for")
        return f"“{mail['Subject']}” on {local:%A at %H:%M}, to {counts[1]} reader with six links"

    def click(self) -> str:
        """A link of the letter is followed and leaves its evidence."""
        page = body_of(self.letters[ALICE][1], "html")
        target = "https://example.com/second-call"
        for path in sorted(set(re.findall(r"/t/c/[a-z2-7]+/\d+", page))):
            answer = self.here.http("GET", path)
            expect(answer.status == 302, f"{path} answered {answer.status}")
            if answer.headers["location"] == target:
                break
        else:
            raise StepFailed(f"no tracked link of the letter leads to {target}")
        token = path.split("/")[3]
        forged = f"/t/c/{token[:-1]}{'a' if token[-1] != 'a' else 'b'}/0"
        altered = self.here.http("GET", forged)
        expect(altered.status == 404, f"an altered link answered {altered.status}")
        with self.here.database.reading() as session:
            expect(looking.clicks(session, target) == 1, "the click is not in the records")
        return f"302 to {target}; one click recorded; an altered link is 404"

    def reply(self) -> str:
        """Alice answers; her own words, and only those, become a message."""
        letter = self.letters[ALICE][1]
        to = address_in(str(letter["Reply-To"]))
        clock = file_clock(self.here.settings.data_dir / "clock")
        self.here.lmtp(ALICE, to, reply_mail(letter, f"Alice <{ALICE}>", WORDS, clock))
        found = self.here.wait(lambda: self._read(lambda s: looking.answers(s, ALICE)), "Alice's answer")
        expect(found == [WORDS], f"the message reads {found!r}")
        return "one thread; the message holds her own words without the quoted letter"

    def bounce(self) -> str:
        """Bob's server says that there is no Bob: suppressed. The same about Carol from a stranger: nothing."""
        sender, letter = self.letters[BOB]
        clock = file_clock(self.here.settings.data_dir / "clock")
        self.here.lmtp("", sender, bounce_mail(letter, BOB, sender, clock))
        forged = f"bounce+{'a' * 24}@{sender.rpartition('@')[2]}"
        self.here.lmtp("", forged, bounce_mail(letter, CAROL, forged, clock))
        self.here.wait(lambda: self._read(lambda s: looking.suppressions(s, BOB)), "Bob's suppression")
        self.here.wait(
            lambda: self._read(lambda s: looking.undone_mail(s) == 0), "the mail-in to be worked on"
        )
        with self.here.database.reading() as session:
            reasons = looking.suppressions(session, BOB)
            expect(reasons == ["hard_bounce"], f"Bob is suppressed for {reasons}")
            expect(looking.suppressions(session, CAROL) == [], "a forged bounce suppressed Carol")
        return "Bob suppressed by the signed address; a forged one about Carol changed nothing"

    def unsubscribe(self) -> str:
        """Carol leaves with one click of her mail program (RFC 8058), twice."""
        mail = self.letters[CAROL][1]
        found = re.search(r"<(https?://[^>]+)>", str(mail["List-Unsubscribe"]))
        if found is None:
            raise StepFailed("the letter has no List-Unsubscribe link")
        looked = self.here.http("GET", found.group(1))
        with self.here.database.reading() as session:
            expect(looking.topics_of(session, CAROL) == ["letter"], "looking at the link unsubscribed Carol")
        answers = [
            self.here.http("POST", found.group(1), [("List-Unsubscribe", "One-Click")]).status
            for _ in range(2)
        ]
        expect((looked.status, answers) == (200, [200, 200]), f"GET {looked.status}, POST {answers}")
        with self.here.database.reading() as session:
            left = looking.topics_of(session, CAROL, SubscriptionState.LEFT)
            expect("letter" in left, "Carol has not left")
        return "one click, no cookie, no redirect; again is fine; Carol has left the letter"

    def next_letter(self) -> str:
        """The next Tuesday reaches Alice alone."""
        issue_id = self._schedule("second-letter.md", "letter", NEXT_TUESDAY)
        self.here.move_to(NEXT_TUESDAY)
        _, mail = self.here.next_mail(ALICE)
        counts = self._settled(issue_id)
        with self.here.database.reading() as session:
            edition_id = looking.issue(session, issue_id).edition_id
            bob, carol = (looking.exclusion(session, edition_id, address) for address in (BOB, CAROL))
        expect(bob == (True, Exclusion.SUPPRESSED), f"Bob stands in the ledger as {bob}")
        expect(not carol[0] or carol[1] is not None, "Carol stands in the ledger as somebody to mail")
        expect(counts[1] == 1, f"audience, accepted and excluded are {counts}")
        for address in (ALICE, BOB, CAROL):
            expect(self.here.unseen(address) == [], f"{address} got {self.here.unseen(address)}")
        return f"“{mail['Subject']}” to Alice; Bob excluded as suppressed, Carol left"

    def stop(self) -> str:
        """All processes end in order."""
        code = self.here.stop()
        expect(code == 0, f"handoff up ended with {code}")
        return "every process ended in order"

    def _schedule(self, file: str, kind: str, due: datetime | None) -> int:
        brought = self.here.json_command("issue", "import", str(TEXTS / file), "--kind", kind, "--json")
        issue_id = int(brought["id"])
        self.here.command("issue", "schedule", str(issue_id))
        with self.here.database.reading() as session:
            scheduled = looking.scheduled_at(session, issue_id)
        expect(due is None or scheduled == due.astimezone(UTC), f"the issue is due at {scheduled}")
        return issue_id

    def _settled(self, issue_id: int) -> tuple[int, int, int]:
        """Audience, accepted and excluded once nothing is open any more; the ledger must add up at every look."""

        def look() -> tuple[int, int, int] | None:
            with self.here.database.reading() as session:
                issue = looking.issue(session, issue_id)
                if issue.edition_id is None:
                    return None
                counts = count(session, issue.edition_id)
                expect(counts.adds_up, f"the ledger does not add up: {counts}")
                return None if counts.open else (counts.audience, counts.accepted, counts.excluded)

        return self.here.wait(look, "the ledger to settle")

    def _read(self, look: Callable[[Session], T]) -> T:
        with self.here.database.reading() as session:
            return look(session)

    def _link(self, mail: EmailMessage, part: str) -> str:
        """The first address in the mail's plain text that leads to `part` of this site."""
        base = re.escape(self.here.settings.base_url + part)
        found = re.search(base + r"[^\s<>\"')\]]+", body_of(mail, "plain"))
        if found is None:
            raise StepFailed(f"“{mail['Subject']}” has no link to {part}")
        return found.group(0)


def expect(truth: bool, otherwise: str) -> None:
    """Go on if it is so; StepFailed saying what is otherwise."""
    if not truth:
        raise StepFailed(otherwise)


def expect_list_mail(mail: EmailMessage) -> None:
    """The headers every letter must have."""
    for name in ("List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Message-ID", "Date", "From", "To"):
        expect(
            len(mail.get_all(name, [])) == 1, f"the letter has {len(mail.get_all(name, []))} {name} headers"
        )
    expect(str(mail["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click", "no one-click unsubscribe")
    expect(mail.get_content_type() == "multipart/alternative", f"the letter is {mail.get_content_type()}")


def body_of(mail: EmailMessage, kind: str) -> str:
    """The plain or HTML text of a mail."""
    part = mail.get_body((kind,))
    return part.get_content() if part is not None else ""


def address_in(value: str) -> str:
    """The address between angle brackets, or the whole value."""
    found = re.search(r"<([^>]+)>", value)
    return found.group(1) if found else value.strip()
