"""The check of an issue before it is approved, and again before it goes out: errors keep it back, warnings explain.

It reads only. Addresses are judged by answers that somebody fetched beforehand (preflight_links), so that no
transaction and no sending ever waits for the network.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.delivery.branding import sender_of
from app.delivery.head import Facts
from app.delivery.letterhead import Letterhead
from app.delivery.message import compile_mail
from app.delivery.models import EditionClass
from app.delivery.rehearsal import Rehearsal, rehearse
from app.foundation.errors import ContentError, HandoffError, InvalidInput
from app.issues.cadence import get_cadence
from app.issues.composing import Press, Words, compose
from app.issues.findings import Check, Finding, Level, Report, error, warning
from app.issues.models import Issue
from app.issues.preflight_digest import check_digest
from app.issues.preflight_links import Looks, check_links
from app.issues.preflight_mail import check_mail
from app.issues.preflight_words import Address, addresses_of, check_lines, check_tree
from app.issues.queries import OUT
from app.publication.models import Publication
from app.publication.settings import get_publication
from app.rendering.markdown import Places
from app.rendering.slots import RenderedMail
from app.rendering.tree import parse


class HeldByPreflight(ContentError):
    """The issue has errors; `report` lists them."""

    def __init__(self, report: Report) -> None:
        first, more = report.errors[0], len(report.errors) - 1
        place = f"Line {first.line}: " if first.line and not first.message.startswith("Line ") else ""
        rest = f" And {more} more." if more else ""
        super().__init__(
            f"{place}{first.message}{rest}", field=first.field, hint=first.remedy, line=first.line
        )
        self.report = report


@dataclass(frozen=True)
class Kit:
    """What checking needs from outside: the press, the letterhead, and what the addresses answered."""

    press: Press
    letterhead: Letterhead
    looks: Looks = field(default_factory=dict)


def examine(
    session: Session,
    now: datetime,
    words: Words,
    kit: Kit,
    *,
    readers: bool = True,
    seconds: float | None = 3.0,
) -> Report:
    """Everything there is to say about these words. `readers`: write the mail for everybody who would get it, for at
    most so many `seconds` (None: until the last)."""
    began = time.monotonic()
    publication = get_publication(session)
    findings = [*check_lines(words), *_known_subject(session, words), *check_digest(session, words)]
    rehearsal = Rehearsal()
    try:
        if not words.markdown.strip():
            raise ContentError("There is no text.", field="markdown", hint="Write or import it first.")
        document = parse(words.markdown)
        addresses = addresses_of(document)
        findings += check_tree(document, addresses, kit.press.links.home())
        findings += check_links(_outside(addresses, kit.press), kit.looks)
        rendered = compose(session, words, kit.press)
        findings += _on_mails(rendered, publication.postal_address)
        if readers:
            rehearsal = _rehearse(session, now, words, kit, publication, rendered, seconds)
            findings += _on_readers(rehearsal)
    except InvalidInput as problem:
        findings.append(_content(problem, findings))
    ordered = sorted(
        dict.fromkeys(findings), key=lambda each: (each.level is not Level.ERROR, each.line or 0)
    )
    return Report(tuple(ordered), rehearsal.checked, rehearsal.audience, time.monotonic() - began)


def check_before(session: Session, now: datetime, words: Words, kit: Kit, *, readers: bool = True) -> Report:
    """Raises HeldByPreflight when there is an error; else the report with its warnings."""
    report = examine(session, now, words, kit, readers=readers)
    if report.errors:
        raise HeldByPreflight(report)
    return report


def outside_urls(words: Words, press: Press) -> list[str]:
    """The addresses on the web that these words lead to, ours left out; none while the text cannot be read."""
    try:
        return [url for _, url in _outside(addresses_of(parse(words.markdown)), press)]
    except HandoffError:
        return []


def _outside(addresses: list[Address], press: Press) -> list[tuple[Address, str]]:
    places, own = Places(press.links.base_url, press.guide_url), press.links.home()
    found = []
    for address in addresses:
        try:
            url = places.resolve(address.url, "markdown")
        except ContentError:
            continue
        if url.startswith(("https://", "http://")) and not f"{url}/".startswith(own):
            found.append((address, url))
    return found


def _content(problem: InvalidInput, findings: list[Finding]) -> Finding:
    """What stops the mail from being made, as a finding; the same is not said twice."""
    where = problem.field or "markdown"
    for each in findings:
        if each.field == where and each.level is Level.ERROR:
            return each
    line = problem.line if isinstance(problem, ContentError) else None
    return error(Check.CONTENT, problem.message, problem.hint or "", field=where, line=line)


def _on_mails(rendered: RenderedMail, postal_address: str) -> Iterator[Finding]:
    """What there is to say of the mail that everybody gets, and what more of those for one function."""
    common = list(check_mail(rendered, postal_address))
    yield from common
    for function, mail in rendered.variants:
        for each in check_mail(mail, postal_address):
            if each not in common:
                yield replace(each, message=f"In the mail for {function}: {each.message}")


def _known_subject(session: Session, words: Words) -> Iterator[Finding]:
    said = words.subject.strip()
    query = select(func.count()).where(Issue.subject == said, Issue.state.in_(OUT), Issue.slug != words.slug)
    if said and session.scalar(query):
        yield warning(
            Check.SUBJECT,
            "An issue with this subject went out before; inboxes will put the two together.",
            "Give it a subject of its own.",
            field="subject",
        )


def _rehearse(
    session: Session,
    now: datetime,
    words: Words,
    kit: Kit,
    publication: Publication,
    rendered: RenderedMail,
    seconds: float | None,
) -> Rehearsal:
    facts = Facts(
        edition_id=0,
        key=f"check:{words.slug}",
        edition_class=EditionClass.BULK,
        sender=sender_of(publication),
        reply_to=publication.reply_address,
        date=now,
        topic_id=get_cadence(session, words.kind).topic_id,
        topic_slug=words.kind.value,
        topic_name=words.kind.value,
    )
    return rehearse(session, facts, compile_mail(rendered), kit.letterhead, seconds=seconds)


def _on_readers(told: Rehearsal) -> Iterator[Finding]:
    if told.problems:
        yield error(
            Check.READERS,
            f"{told.problems:,} of {told.checked:,} mails cannot be written, the first to {told.first_problem}.",
            "Mend that reader's data, then check again.",
            field="readers",
        )
    for name, blank in sorted(told.blanks.items()):
        if blank:
            yield error(
                Check.MERGE_VALUES,
                f"For {blank:,} of {told.checked:,} readers nothing stands in the place of {{{name}}}.",
                f"Give it something to fall back on: {{{name}|there}}.",
            )
    if told.audience == 0:
        yield warning(
            Check.AUDIENCE, "Nobody would get it: nobody has subscribed to it yet.", field="readers"
        )
    elif not told.whole:
        yield warning(
            Check.READERS,
            f"The mail was written for {told.checked:,} of {told.audience:,} readers here.",
            "The rest is checked before the first mail leaves.",
            field="readers",
        )
