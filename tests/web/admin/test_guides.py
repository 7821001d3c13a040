"""The author's view of a guide: numbers that add up, one reader's trail, and acts that ask first."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.accounts.models import Role
from app.delivery.models import Delivery, Edition
from app.guides.access import Visit, grant_access, request_guide
from app.guides.models import Grant, GrantEvent, GrantEventKind, GrantState, GuideFile
from app.guides.visiting import count_visit
from app.reports.funnel import read_funnel
from app.subscribers.models import Function
from app.subscribers.queries import find_subscriber
from app.wiring import Runtime
from tests.cast import ALICE, BOB, seed_guide
from tests.web.admin.conftest import Browser, SignIn

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


def test_a_new_edition_is_offered_once_to_those_who_have_the_old_one(
    owner: Browser, runtime: Runtime, grant_id: int
) -> None:
    assert "older edition" not in owner.get(PATH).text
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
    assert "1 reader has an older edition" in owner.get(PATH).text
    for _ in range(2):
        assert owner.post(f"{PATH}/offer").status_code == 303
    with runtime.database.reading() as session:
        keys = session.scalars(select(Edition.key).join(Delivery, Delivery.edition_id == Edition.id)).all()
        assert [key.partition(":")[0] for key in keys] == ["new-edition"]
        assert session.get_one(Grant, grant_id).guide_file_id == newer.id


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
    ):
        assert viewer.post(f"{PATH}/{act}").status_code == 403
