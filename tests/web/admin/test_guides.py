"""The author's view of a guide: numbers that add up, one reader's trail, and acts that ask first."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.accounts.models import Role
from app.delivery.models import Delivery, Edition
from app.foundation.addresses import address_hash
from app.foundation.jobs import SilentDoorbell
from app.guides.access import Visit, grant_access, request_guide
from app.guides.content import load_guide
from app.guides.followups import ensure_topic
from app.guides.models import Grant, GrantEvent, GrantEventKind, GrantState, GuideFile
from app.guides.publishing import content_key
from app.guides.snapshot import freeze_content
from app.guides.visiting import count_visit
from app.reports.funnel import read_funnel
from app.signup.offering import continue_offer
from app.subscribers.consent import turn_on
from app.subscribers.models import Function, SuppressionReason
from app.subscribers.preferences import leave
from app.subscribers.queries import find_subscriber
from app.subscribers.suppression import suppress
from app.wiring import Runtime, desk_of
from tests.cast import ALICE, BOB, seed_guide
from tests.web.admin.conftest import Browser, SignIn
from worker.guides import ring_for_offered

PATH = "/admin/guides/cx-buy-in"


@pytest.fixture
def grant_id(runtime: Runtime, owner: Browser) -> int:
    """Alice, who works in Finance, was granted the guide; Bob only asked."""
    now = runtime.clock()
    with runtime.database.writing() as session:
        seed_guide(session, now)
        alice, bob = find_subscriber(session, ALICE), find_subscriber(session, BOB)
        assert alice is not None
        assert bob is not None
        alice.function = Function.FINANCE
        for _ in range(3):
            count_visit(session, "cx-buy-in", now.date(), "utm:linkedin")
        grant = request_guide(session, now, alice.id, "cx-buy-in", source="utm:linkedin", visit=Visit())
        grant_access(session, now, grant, visit=Visit())
        request_guide(session, now, bob.id, "cx-buy-in", source="direct", visit=Visit())
        return grant.id


def test_the_funnel_adds_up_by_day_source_and_function(runtime: Runtime, grant_id: int) -> None:
    with runtime.database.reading() as session:
        found = read_funnel(session, runtime.clock(), "cx-buy-in", ZoneInfo("America/New_York"), 7)
    assert len(found.days) == 7
    total = found.total
    assert (total.visited, total.requested, total.confirmed, total.granted, total.downloaded) == (
        3,
        2,
        1,
        1,
        0,
    )
    assert found.days[-1].requested == 2
    assert {row.name: (row.visited, row.requested, row.granted) for row in found.sources} == {
        "utm:linkedin": (3, 1, 1),
        "direct": (0, 1, 0),
    }
    assert {row.name: row.requested for row in found.functions} == {"finance": 1, "not said": 1}


def test_the_pages_show_the_funnel_and_the_trail(owner: Browser, grant_id: int) -> None:
    assert "The Buy-in Guide" in owner.get("/admin/guides").text
    page = owner.get(PATH).text
    assert "<svg" in page
    assert "utm:linkedin" in page
    assert owner.get(f"{PATH}?days=90&state=granted").status_code == 200
    trail = owner.get(f"{PATH}/people/{grant_id}").text
    assert "alice@example.com" in trail
    assert "edition 2026.1" in trail
    assert owner.get(f"/admin/guides/other/people/{grant_id}").status_code == 404


def test_withdrawing_asks_first_and_can_be_taken_back(
    owner: Browser, runtime: Runtime, grant_id: int
) -> None:
    person = f"{PATH}/people/{grant_id}"
    assert "Withdraw the guide?" in owner.get(f"{person}/revoke").text
    with runtime.database.reading() as session:
        assert session.get_one(Grant, grant_id).revoked_at is None
    assert owner.post(f"{person}/revoke").status_code == 303
    assert owner.post(f"{person}/resend").status_code == 410
    assert owner.post(f"{person}/restore").status_code == 303
    assert owner.post(f"{person}/resend").status_code == 303
    with runtime.database.reading() as session:
        kinds = session.scalars(
            select(GrantEvent.kind).where(GrantEvent.grant_id == grant_id).order_by(GrantEvent.id)
        ).all()
    assert kinds[-3:] == [GrantEventKind.REVOKED, GrantEventKind.RESTORED, GrantEventKind.RESENT]


def test_a_guide_given_by_hand_subscribes_to_nothing(owner: Browser, runtime: Runtime, grant_id: int) -> None:
    assert owner.post(f"{PATH}/give", email="dana@example.com").status_code == 303
    with runtime.database.reading() as session:
        dana = find_subscriber(session, "dana@example.com")
        assert dana is not None
        grant = session.scalars(select(Grant).where(Grant.subscriber_id == dana.id)).one()
        assert (grant.state, grant.source) == (GrantState.GRANTED, "by hand")
        assert dana.verified_at is None


def test_a_mistyped_address_comes_back_on_the_guides_page(
    owner: Browser, runtime: Runtime, grant_id: int
) -> None:
    answer = owner.post(f"{PATH}/give", email="dana@example")
    assert answer.status_code == 400
    assert "does not look like a mail address" in answer.text
    assert 'value="dana@example"' in answer.text
    assert owner.post("/admin/guides/no-such/give", email="dana@example").status_code == 404
    with runtime.database.writing() as session:
        suppress(session, runtime.clock(), address_hash(ALICE, runtime.address_key), SuppressionReason.MANUAL)
    refused = owner.post(f"{PATH}/give", email=ALICE)
    assert (refused.status_code, "must not be mailed" in refused.text) == (409, True)


def publish_newer(runtime: Runtime) -> int:
    with runtime.database.writing() as session:
        newer = GuideFile(
            slug="cx-buy-in",
            edition="2027.1",
            title="The Buy-in Guide",
            sha256="2" * 64,
            storage_key="guides/cx-buy-in/new.pdf",
            file_name="new.pdf",
            pages=30,
            bytes=9,
            built_at=runtime.clock() + timedelta(hours=1),
        )
        session.add(newer)
        session.flush()
        return newer.id


def go_on_offering(runtime: Runtime) -> bool:
    with runtime.database.writing() as session:
        return continue_offer(session, runtime.clock(), desk_of(runtime), "cx-buy-in")


def test_a_new_edition_is_offered_once_to_those_who_have_the_old_one(
    owner: Browser, runtime: Runtime, grant_id: int
) -> None:
    assert "older edition" not in owner.get(PATH).text
    newer = publish_newer(runtime)
    assert "1 reader has an older edition" in owner.get(PATH).text
    asking = owner.get(f"{PATH}/offer").text
    assert "Offer edition 2027.1?" in asking
    assert "Mail 1 reader" in asking
    assert not go_on_offering(runtime)  # nobody has said yes
    for _ in range(2):
        assert owner.post(f"{PATH}/offer", edition=str(newer)).status_code == 303
    assert "1 is still to be mailed" in owner.get(PATH).text
    assert not go_on_offering(runtime)
    assert not go_on_offering(runtime)
    done = owner.get(PATH).text
    assert "has been offered to 1." in done
    assert "older edition" not in done
    with runtime.database.reading() as session:
        keys = session.scalars(select(Edition.key).join(Delivery, Delivery.edition_id == Edition.id)).all()
        assert [key.partition(":")[0] for key in keys] == ["new-edition"]
        assert session.get_one(Grant, grant_id).guide_file_id == newer


def test_who_left_everything_is_offered_nothing(owner: Browser, runtime: Runtime, grant_id: int) -> None:
    newer = publish_newer(runtime)
    with runtime.database.writing() as session:
        leave(
            session, runtime.clock(), session.get_one(Grant, grant_id).subscriber_id, None, "a letter's link"
        )
    assert "Nobody has an older edition." in owner.get(f"{PATH}/offer").text
    owner.post(f"{PATH}/offer", edition=str(newer))
    assert not go_on_offering(runtime)
    with runtime.database.reading() as session:
        assert session.scalars(select(Delivery.id)).all() == []


def test_an_offer_is_of_the_edition_that_was_looked_at(
    owner: Browser, runtime: Runtime, grant_id: int
) -> None:
    before = publish_newer(runtime) - 1
    assert owner.post(f"{PATH}/offer", edition=str(before)).status_code == 409
    assert owner.post(f"{PATH}/offer").status_code == 409
    assert not go_on_offering(runtime)


def test_an_offer_whose_ring_was_lost_is_rung_for_again(
    owner: Browser, runtime: Runtime, doorbell: SilentDoorbell, grant_id: int
) -> None:
    newer = publish_newer(runtime)
    ring_for_offered(runtime, runtime.clock())
    assert doorbell.rings == []
    owner.post(f"{PATH}/offer", edition=str(newer))
    doorbell.rings.clear()
    ring_for_offered(runtime, runtime.clock())
    assert [ring.job for ring in doorbell.rings] == ["guides.offer"]
    go_on_offering(runtime)
    doorbell.rings.clear()
    ring_for_offered(runtime, runtime.clock())
    assert doorbell.rings == []


def test_follow_ups_are_stopped_one_by_one(owner: Browser, runtime: Runtime, grant_id: int) -> None:
    with runtime.database.writing() as session:
        file = session.scalars(select(GuideFile)).one()
        file.source_sha256 = "2" * 64
    content = freeze_content(load_guide(runtime.settings.guides_dir / "cx-buy-in"))
    runtime.storage.put(content_key("cx-buy-in", "2" * 64), content)
    step, person = f"{PATH}/followups/4-thirty-days", f"{PATH}/people/{grant_id}"
    assert "Stop this one" in owner.get(PATH).text
    assert owner.post(step).status_code == 303
    assert "Let it go on" in owner.get(PATH).text
    assert "stopped for everybody" in owner.get(person).text
    assert owner.post(step, go="on").status_code == 303
    assert "Let it go on" not in owner.get(PATH).text
    mine = f"{person}/followups/4-thirty-days"
    assert owner.post(mine).status_code == 303
    assert "this reader does not get it" in owner.get(person).text
    assert owner.post(mine, go="on").status_code == 303
    assert "this reader does not get it" not in owner.get(person).text
    assert owner.post(f"{PATH}/followups/no-such").status_code == 404
    assert "after 30 days" in owner.get(PATH).text


def test_a_readers_page_promises_no_follow_up_that_they_never_asked_for(
    owner: Browser, runtime: Runtime, grant_id: int
) -> None:
    folder = runtime.settings.guides_dir / "cx-buy-in"
    with runtime.database.writing() as session:
        session.scalars(select(GuideFile)).one().source_sha256 = "2" * 64
        topic = ensure_topic(session, load_guide(folder))
        assert topic is not None
        topic_id = topic.id
    runtime.storage.put(content_key("cx-buy-in", "2" * 64), freeze_content(load_guide(folder)))
    person = f"{PATH}/people/{grant_id}"
    assert "has not asked for follow-ups" in owner.get(person).text
    assert "not yet" not in owner.get(person).text
    with runtime.database.writing() as session:
        turn_on(session, runtime.clock(), session.get_one(Grant, grant_id).subscriber_id, [topic_id])
    assert "has not asked for follow-ups" not in owner.get(person).text
    assert "not yet" in owner.get(person).text


def test_a_viewer_may_look_and_nothing_else(sign_in: SignIn, grant_id: int) -> None:
    viewer = sign_in(Role.VIEWER)
    assert viewer.get(PATH).status_code == 200
    for act in (
        f"people/{grant_id}/revoke",
        f"people/{grant_id}/resend",
        "give",
        "offer",
        "publish",
        "followups",
        "followups/4-thirty-days",
        f"people/{grant_id}/followups/4-thirty-days",
    ):
        assert viewer.post(f"{PATH}/{act}").status_code == 403
