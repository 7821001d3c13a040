"""A letter in parts: the studio makes the series, readers find their way, the next part is told once."""

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.delivery.ledger import count
from app.delivery.models import Delivery, Edition, Exclusion
from app.foundation.errors import Conflict, InvalidInput
from app.issues.guests import Guest, set_guest
from app.issues.models import Issue, IssueKind
from app.issues.publishing import prepare_issue, publish_prepared, send_now
from app.issues.reminding import reminder_counts, reminder_key
from app.issues.scheduling import schedule_issue, unschedule_issue
from app.issues.series import SeriesForm, create_series, delete_series, place_in_series, place_of
from app.issues.series_models import Series
from app.issues.writing import Draft, create_issue
from app.signup.models import JoinRequest
from app.subscribers.models import Topic
from app.wiring import Runtime, press_of
from tests.cast import verified_reader
from tests.web.admin.conftest import TEXT, Browser

SERIES = "/series/the-cost-of-a-yes"


def letter(session: Session, runtime: Runtime, title: str) -> Issue:
    return create_issue(
        session, runtime.clock(), IssueKind.LETTER, Draft(title, markdown=TEXT, preheader="It costs.")
    )


def publish(runtime: Runtime, issue_id: int) -> None:
    with runtime.database.writing() as session:
        send_now(session, runtime.clock(), issue_id)
    with runtime.database.writing() as session:
        assert publish_prepared(session, runtime.clock(), prepare_issue(session, issue_id, press_of(runtime)))


@pytest.fixture
def parts(runtime: Runtime, owner: Browser) -> list[int]:
    """Three drafts; the first two are parts of a series that the owner made by its forms."""
    with runtime.database.writing() as session:
        ids = [letter(session, runtime, title).id for title in ("Who said yes", "Who pays", "Who knew")]
    assert (
        owner.post("/admin/series", name="The cost of a yes", about="In two parts.", planned="2").status_code
        == 303
    )
    with runtime.database.reading() as session:
        series_id = session.scalars(select(Series.id)).one()
    for issue_id in ids[:2]:
        assert owner.post(f"/admin/issues/{issue_id}/series", series=str(series_id)).status_code == 303
    return ids


def test_the_next_part_is_told_once_and_never_beside_the_letter_itself(
    runtime: Runtime, owner: Browser, parts: list[int]
) -> None:
    assert owner.get(SERIES).status_code == 404  # nothing of it is out yet
    publish(runtime, parts[0])
    page = owner.get(SERIES).text
    assert "A series in 2 parts" in page
    assert "Tune in to the next part" in page
    asked = owner.client.post(f"{SERIES}/next", data={"email": "dana@example.com"})
    assert "Check your mail" in asked.text
    with runtime.database.writing() as session:
        topic = session.scalars(select(Topic).where(Topic.slug == "series-the-cost-of-a-yes")).one()
        assert session.scalars(select(JoinRequest)).one().topic_ids == [topic.id]
        letter_topic = session.scalars(select(Topic.id).where(Topic.slug == "letter")).one()
        key, now = runtime.address_key, runtime.clock()
        dana = verified_reader(session, now, key, "dana@example.com", topic.id)
        both = verified_reader(session, now, key, "erin@example.com", topic.id, letter_topic)
    publish(runtime, parts[1])
    with runtime.database.reading() as session:
        edition = session.scalars(select(Edition).where(Edition.key == reminder_key(parts[1]))).one()
        told = dict(
            session.execute(
                select(Delivery.recipient_id, Delivery.exclusion).where(Delivery.edition_id == edition.id)
            ).all()
        )
        assert (edition.subject, edition.topic_id) == ("Part 2 of 2 of “The cost of a yes” is out", topic.id)
        counts = reminder_counts(session, parts[1])
        issue = session.get_one(Issue, parts[1])
        assert issue.edition_id
        assert count(session, issue.edition_id).audience == 2  # Alice and Erin
    assert told == {dana.id: None, both.id: Exclusion.SERVED}
    assert counts
    assert counts.adds_up
    room = " ".join(owner.get(f"/admin/issues/{parts[1]}/series").text.split())
    assert "accepted for <strong>0</strong> of 2 people who asked for it; 1 got no second mail" in room
    assert "Tune in" not in owner.get(SERIES).text
    assert owner.client.post(f"{SERIES}/next", data={"email": "f@example.com"}).status_code == 404


def test_parts_lead_to_each_other_and_a_withdrawn_one_is_left_out(
    runtime: Runtime, owner: Browser, parts: list[int]
) -> None:
    for issue_id in parts[:2]:
        publish(runtime, issue_id)
    first = owner.get("/issues/who-said-yes").text
    assert 'rel="next" href="/issues/who-pays"' in first
    assert "part 1 of 2" in first
    assert SERIES in owner.get("/sitemap.xml").text
    assert SERIES in owner.get("/issues").text
    assert owner.post(f"/admin/issues/{parts[0]}/withdraw", sure="yes").status_code == 303
    assert "/issues/who-said-yes" not in owner.get("/issues/who-pays").text + owner.get(SERIES).text


def test_a_deleted_series_leaves_its_letters_and_asks_nobody_any_more(
    runtime: Runtime, owner: Browser, parts: list[int]
) -> None:
    publish(runtime, parts[0])
    with runtime.database.reading() as session:
        series_id = session.scalars(select(Series.id)).one()
    assert owner.post(f"/admin/series/{series_id}/delete").status_code == 400
    assert owner.post(f"/admin/series/{series_id}/delete", sure="yes").status_code == 303
    assert owner.get(SERIES).status_code == 404
    assert owner.get("/issues/who-said-yes").status_code == 200
    publish(runtime, parts[1])
    with runtime.database.writing() as session:
        assert reminder_counts(session, parts[1]) is None
        again = create_series(session, runtime.clock(), SeriesForm("The cost of a yes"))
        assert session.get_one(Topic, again.topic_id).offered
        delete_series(session, again.id)


def test_wrong_numbers_and_names_are_named(runtime: Runtime, owner: Browser, parts: list[int]) -> None:
    with runtime.database.reading() as session:
        series_id = session.scalars(select(Series.id)).one()
    refused = owner.post(f"/admin/issues/{parts[2]}/series", series=str(series_id), number="2")
    assert refused.status_code == 400
    assert "Part 2 is “Who pays”" in refused.text
    for number in ("0", "-1", "two", "100", "٣"):
        assert (
            owner.post(f"/admin/issues/{parts[2]}/series", series=str(series_id), number=number).status_code
            == 400
        )
    assert owner.post("/admin/series", name=" ").status_code == 400
    assert owner.post("/admin/series", name="The cost of a yes").status_code == 400
    assert owner.post(f"/admin/series/{series_id}", name="The cost", planned="1").status_code == 400
    assert owner.post(f"/admin/issues/{parts[2]}/series", series="' OR 1=1").status_code == 400
    assert owner.get("/series/' OR 1=1").status_code == 404


def test_a_scheduled_letter_keeps_what_was_approved(
    runtime: Runtime, owner: Browser, parts: list[int]
) -> None:
    with runtime.database.writing() as session:
        before = session.get_one(Issue, parts[0]).version
        schedule_issue(session, runtime.clock(), parts[0])
        with pytest.raises(Conflict, match="scheduled"):
            place_in_series(session, parts[0], None)
        with pytest.raises(Conflict, match="scheduled"):
            set_guest(session, parts[0], Guest("Ines"))
        place_in_series(session, parts[1], None)
        assert place_of(session, parts[1]) is None
        assert session.get_one(Issue, parts[1]).version == before + 1


def test_a_guest_stands_around_the_article_and_the_original_is_the_page_that_counts(
    runtime: Runtime, owner: Browser, parts: list[int]
) -> None:
    saved = owner.post(
        f"/admin/issues/{parts[2]}/guest",
        name="Ines <b>Okafor</b>",
        bio="Runs the post room.\n\n<script>alert(1)</script>",
        link_url="https://wards.example/ines",
        link_words="Her notes",
        original_url="https://wards.example/who-knew?a=1&b=2",
        original_place="The Ward Review",
    )
    assert saved.status_code == 303
    with runtime.database.reading() as session:
        mail = prepare_issue(session, parts[2], press_of(runtime)).rendered
    assert "A guest article by Ines &lt;b&gt;Okafor&lt;/b&gt;" in mail.html
    assert "<script>alert" not in mail.html
    assert "It appeared first at The Ward Review" in " ".join(mail.text.split())
    publish(runtime, parts[2])
    page = owner.get("/issues/who-knew").text
    assert '<link rel="canonical" href="https://wards.example/who-knew?a=1&amp;b=2">' in page
    assert "<script>alert" not in page
    assert '"isBasedOn"' in page
    mark = re.findall(r"card\.png\?v=(\w+)", page)[0]
    assert (
        owner.get("/issues/who-knew/card.png").get_etag()[0] == mark
    )  # drawn with the guest's name, as the page says
    passed_on = owner.client.post("/issues/who-knew/forward", data={"note": "", "first_name": ""}).text
    assert "by Ines &lt;b&gt;Okafor&lt;/b&gt; and thought of you" in passed_on
    assert "<name>Ines &lt;b&gt;Okafor&lt;/b&gt;</name>" in owner.get("/feed.xml").text
    assert owner.post(f"/admin/issues/{parts[2]}/guest/remove").status_code == 303
    assert "Okafor" not in owner.get("/issues/who-knew").text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("bio", "x" * 901),
        ("photo", "../../etc/passwd"),
        ("link_url", "javascript:alert(1)"),
        ("link_url", "https://user@evil.example/"),
        ("original_url", "data:text/html,hello"),
        ("original_url", "https://[broken"),
    ],
)
def test_what_is_wrong_about_a_guest_is_named(
    runtime: Runtime, owner: Browser, parts: list[int], field: str, value: str
) -> None:
    typed = {"name": "Ines", field: value}
    with runtime.database.writing() as session, pytest.raises(InvalidInput) as refused:
        set_guest(session, parts[2], Guest(**typed))
    assert refused.value.field == field
    assert owner.post(f"/admin/issues/{parts[2]}/guest", **typed).status_code == 400


def test_the_studios_pages_of_series_and_guests_open(owner: Browser, parts: list[int]) -> None:
    for path in ("/admin/series", f"/admin/issues/{parts[0]}/series", f"/admin/issues/{parts[0]}/guest"):
        assert owner.get(path).status_code == 200


def test_a_series_keeps_its_name_while_a_part_is_approved_with_it(
    runtime: Runtime, owner: Browser, parts: list[int]
) -> None:
    with runtime.database.writing() as session:
        series_id = session.scalars(select(Series.id)).one()
        before = session.get_one(Issue, parts[1]).version
        schedule_issue(session, runtime.clock(), parts[0])
    path = f"/admin/series/{series_id}"
    for where, fields in ((path, {"name": "Another"}), (f"{path}/delete", {"sure": "yes"})):
        refused = owner.post(where, **fields)
        assert (refused.status_code, "as you approved it" in refused.text) == (409, True)
    told = owner.post(path, name="The cost of a yes", about="Said otherwise.", planned="2")
    assert told.status_code == 303  # what no mail says may change
    with runtime.database.writing() as session:
        place = place_of(session, parts[0])
        assert place is not None
        assert place.series.name == "The cost of a yes"
        unschedule_issue(session, runtime.clock(), parts[0])
    assert owner.post(path, name="Another", planned="2").status_code == 303
    with runtime.database.reading() as session:
        assert session.get_one(Issue, parts[1]).version == before + 1  # who looked before has to look again
