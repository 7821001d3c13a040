"""A letter with words for some functions: frozen once, and each reader gets the mail of their function."""

import email
import email.policy
from email.message import EmailMessage

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from app.delivery.composing import Composer, Reader
from app.delivery.editions import freeze_edition
from app.delivery.ledger import open_ledger
from app.delivery.message import compile_mail, load
from app.delivery.models import EditionClass, RecipientKind
from app.delivery.office import Office
from app.delivery.sending import send_edition
from app.foundation.db import Database
from app.foundation.errors import ContentError
from app.foundation.links import Links
from app.rendering.slots import RenderedMail, SlotRegistry
from app.subscribers.models import Function, Subscriber
from app.tracking.rewriting import plan_links
from tests.cast import seed_cast
from tests.delivery.conftest import memory
from tests.delivery.post import KEY, LETTERHEAD, add_readers, check_identity
from tests.delivery.test_message import facts
from tests.fixtures.clock import FrozenClock


def mail(words: str, link: str) -> RenderedMail:
    registry = SlotRegistry()
    registry.mark("preferences_token")  # so that numbers differ between variants
    name, leave = registry.mark("first_name", "there"), registry.mark("unsubscribe_token")
    return RenderedMail(
        f"{name}, a word",
        "",
        f'<p>{name}: {words} <a href="{link}">x</a> <a href="https://all.example/">y</a> {leave}</p>',
        f"{name}: {words} {leave}",
        registry.slots,
    )


def letter() -> RenderedMail:
    variants = (
        ("finance", mail("the quarter", "https://finance.example/")),
        ("sales", mail("the pipeline", "https://sales.example/")),
    )
    common = mail("everybody", "https://all.example/")
    return RenderedMail(common.subject, "", common.html, common.text, common.slots, variants)


def read(raw: bytes) -> EmailMessage:
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert not found.defects
    return found


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def test_what_was_frozen_thaws_to_the_same_messages() -> None:
    compiled = compile_mail(letter())
    assert load(compiled.dump()) == compiled
    assert b'"version":2' in compiled.dump()
    assert b'"version":1' in compile_mail(mail("a", "https://a.example/")).dump()


def test_all_variants_share_one_numbering_of_their_links() -> None:
    planned, urls = plan_links(letter(), Links("https://l.example"))
    assert set(urls) == {"https://all.example/", "https://finance.example/", "https://sales.example/"}
    for function, own in (("finance", "https://finance.example/"), ("sales", "https://sales.example/")):
        html = planned.seen_by(function).html
        assert f"/{urls.index(own)}" in html
        assert own not in html
        assert html.count(f'/{urls.index("https://all.example/")}"') == 1


@pytest.mark.parametrize("function", [None, "other", "hr", "finance", "sales"])
def test_a_reader_gets_the_mail_of_their_function(function: str | None) -> None:
    composer = Composer(facts(), load(compile_mail(letter()).dump()), LETTERHEAD)
    reader = Reader(7, 1, RecipientKind.SUBSCRIBER, 9, "alice@example.com", "Alice", function)
    outgoing = composer.compose_for(reader)
    words = {"finance": "the quarter", "sales": "the pipeline"}.get(function or "", "everybody")
    assert text_of(read(outgoing.head + outgoing.body)).startswith(f"Alice: {words} ")
    assert composer.longest(composer.prepare([reader])[0]) >= len(outgoing.head + outgoing.body)


def test_letters_keep_the_order_of_their_readers_and_one_bad_reader_holds_nobody() -> None:
    composer = Composer(facts(), compile_mail(letter()), LETTERHEAD)
    functions = ["sales", None, "finance", "sales", "hr", "finance"]
    addresses = [f"r{n}@example.com" if n != 3 else "no address" for n in range(6)]
    readers = [
        Reader(n + 1, 1, RecipientKind.SUBSCRIBER, n + 1, address, "", function)
        for n, (address, function) in enumerate(zip(addresses, functions, strict=True))
    ]
    letters = composer.prepare(readers)
    assert [each.delivery_id for each in letters] == [1, 2, 3, 4, 5, 6]
    assert [bool(each.problem) for each in letters] == [False, False, False, True, False, False]
    said = [b"".join(composer.pieces(each)).decode() for each in letters if not each.problem]
    assert ["pipeline" in words for words in said] == [True, False, False, False, False]
    assert ["quarter" in words for words in said] == [False, False, True, False, True]


def test_a_variant_that_is_too_long_is_named() -> None:
    long = RenderedMail("x", "", "x" * 95_001, "x", ())
    with pytest.raises(ContentError, match="The HTML for finance is 95,001 bytes"):
        compile_mail(RenderedMail("x", "", "<p>x</p>", "x", (), (("finance", long),)))


def test_a_letter_goes_out_to_everybody_once_each_with_their_words(
    office: Office, database: Database, clock: FrozenClock
) -> None:
    with database.writing() as session:
        cast = seed_cast(session, clock(), KEY)
        add_readers(session, clock(), cast.letter_id, 12)
        for n, function in enumerate([Function.FINANCE, Function.SALES, Function.HR] * 3):
            _work_in(session, f"reader{n}@example.org", function)
        edition = freeze_edition(
            session,
            clock(),
            key="issue:1",
            edition_class=EditionClass.BULK,
            rendered=letter(),
            sender="Mark Levy <mark@dcx.example>",
            topic_id=cast.letter_id,
        )
        open_ledger(session, clock(), edition.id)
    send_edition(office, edition.id)
    sent = {each.recipient: text_of(read(each.head + each.body)) for each in memory(office).sent}
    assert len(sent) == len(memory(office).sent) == 13
    for n in range(12):
        words = ["the quarter", "the pipeline", "everybody"][n % 3] if n < 9 else "everybody"
        assert f": {words} " in sent[f"reader{n}@example.org"]
    with database.reading() as session:
        assert check_identity(session, edition.id).accepted == 13


def _work_in(session: Session, address: str, function: Function) -> None:
    session.execute(update(Subscriber).where(Subscriber.address == address).values(function=function))
