"""The page on deliverability: numbers, evidence one click away, release by hand with a reason."""

import re
from pathlib import Path

import pytest
from sqlalchemy import select

from app.accounts.models import Role
from app.conversation.models import InboundMail, InboundState
from app.conversation.receiving import Envelope, keep_raw, register_raw
from app.conversation.routing import process_inbound
from app.delivery.verp import bounce_address
from app.subscribers.models import Suppression, SuppressionReason
from app.subscribers.suppression import is_suppressed, suppress
from app.wiring import Runtime
from tests.conversation.letters import deliver, dsn
from tests.web.admin.conftest import Browser, SignIn

ANN = "ann@example.org"
PAGE = "/admin/deliverability"


def bounce(runtime: Runtime) -> str:
    """A letter to Ann came back; her address's hash."""
    now = runtime.clock()
    raw = dsn(ANN)
    key = keep_raw(runtime.storage, raw)
    with runtime.database.writing() as session:
        delivery = deliver(session, now, ANN)
        to = bounce_address(runtime.signer, "example.com", delivery.id)
        received = register_raw(session, now, Envelope("lmtp", "", to), raw=raw, storage_key=key)
        process_inbound(session, now, received.inbound_id, storage=runtime.storage, signer=runtime.signer)
        return session.scalars(select(Suppression.address_hash)).one()


def quarantine(runtime: Runtime) -> int:
    raw = b"<script>alert(1)</script>"
    key = keep_raw(runtime.storage, raw)
    with runtime.database.writing() as session:
        received = register_raw(session, runtime.clock(), Envelope("lmtp"), raw=raw, storage_key=key)
        mail = session.get_one(InboundMail, received.inbound_id)
        mail.state, mail.error = InboundState.QUARANTINED, "ValueError: nobody foresaw this"
        return mail.id


def test_a_fresh_installation_says_that_all_is_quiet(owner: Browser) -> None:
    page = owner.get(PAGE).text
    assert "Nothing has been sent in this time." in page
    assert "None: every mail that came in was read." in page


def test_the_mail_behind_a_suppression_is_one_click_away(owner: Browser, runtime: Runtime) -> None:
    bounce(runtime)
    page = owner.get(PAGE).text
    assert ANN in page
    assert "no such user here" in page
    link = re.search(r'href="(/admin/deliverability/bounces/\d+\.txt)"', page)
    assert link is not None
    mail = owner.get(link[1])
    assert mail.data == dsn(ANN)
    assert mail.mimetype == "text/plain"
    assert mail.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in mail.headers["Content-Security-Policy"]


def test_a_release_needs_a_reason_and_then_works(owner: Browser, runtime: Runtime) -> None:
    person = bounce(runtime)
    fields = {"person": person, "suppression": "hard_bounce"}
    refused = owner.post(f"{PAGE}/release", **fields, because="  ")
    assert (refused.status_code, "Say why" in refused.text) == (400, True)
    assert owner.post(f"{PAGE}/release", **fields, because="She says it works again.").status_code == 303
    with runtime.database.reading() as session:
        assert not is_suppressed(session, person)
        assert session.scalars(select(Suppression.release_reason)).one() == "She says it works again."


@pytest.mark.parametrize("reason", [SuppressionReason.COMPLAINT, SuppressionReason.ERASED])
def test_complaint_and_erasure_are_never_released(
    owner: Browser, runtime: Runtime, reason: SuppressionReason
) -> None:
    person = "a" * 64
    with runtime.database.writing() as session:
        suppress(session, runtime.clock(), person, reason, "")
    answer = owner.post(f"{PAGE}/release", person=person, suppression=reason.value, because="Please!")
    assert answer.status_code == 403
    with runtime.database.reading() as session:
        assert is_suppressed(session, person)


def test_a_quarantined_mail_is_shown_and_tried_again(owner: Browser, runtime: Runtime) -> None:
    inbound_id = quarantine(runtime)
    page = owner.get(PAGE).text
    assert "nobody foresaw this" in page
    shown = owner.get(f"{PAGE}/mails/{inbound_id}.txt")
    assert (shown.data, shown.mimetype) == (b"<script>alert(1)</script>", "text/plain")
    assert owner.post(f"{PAGE}/mails/{inbound_id}/again").status_code == 303
    with runtime.database.reading() as session:
        mail = session.get_one(InboundMail, inbound_id)
        assert (mail.state, mail.attempts) == (InboundState.RECEIVED, 0)
    assert owner.post(f"{PAGE}/mails/{inbound_id}/again").status_code == 404


def test_a_viewer_sees_the_numbers_and_neither_mails_nor_releases(
    sign_in: SignIn, runtime: Runtime, tmp_path: Path
) -> None:
    person = bounce(runtime)
    viewer = sign_in(Role.VIEWER)
    page = viewer.get(PAGE)
    assert page.status_code == 200
    assert "Release" not in page.text
    assert viewer.get(f"{PAGE}/bounces/1.txt").status_code == 403
    assert (
        viewer.post(f"{PAGE}/release", person=person, suppression="hard_bounce", because="x").status_code
        == 403
    )
