"""The Sunday links in the studio: everything by plain forms, and nothing by opening an address."""

from sqlalchemy import select

from app.accounts.models import Role
from app.issues.arranging import picked
from app.issues.clip_models import Clip, ClipState, Feed
from app.issues.clipping import clip
from app.issues.models import Issue, IssueKind
from app.wiring import Runtime
from tests.issues.gathering import BY_PASTE, six_picks, titles
from tests.web.admin.conftest import SignIn

ROOM = "/admin/links"


def test_the_page_shows_what_lies_where_and_what_is_missing(runtime: Runtime, sign_in: SignIn) -> None:
    with runtime.database.writing() as session:
        six_picks(session, runtime.clock(), 5, why="")
        tray = clip(session, runtime.clock(), "https://news.example/tray", BY_PASTE).clip
        tray.title, tray.problem = "<b>Waiting</b>", "The page is gone: the site answers 404."
    page = sign_in(Role.EDITOR).get(ROOM).text
    assert "5 of 6" in page
    assert "5 of them have no line on why it matters" in page
    assert "&lt;b&gt;Waiting&lt;/b&gt;" in page
    assert "The page is gone" in page


def test_the_bookmarklet_asks_before_it_clips(runtime: Runtime, sign_in: SignIn) -> None:
    browser = sign_in(Role.EDITOR)
    address = f"{ROOM}/clip?url=https%3A%2F%2Fnews.example%2Fa&title=A&note=quoted"
    assert 'value="https://news.example/a"' in browser.get(address).text
    with runtime.database.reading() as session:
        assert session.scalars(select(Clip)).all() == []
    assert browser.post(f"{ROOM}/clip", url="https://news.example/a", title="A", note="n").status_code == 303
    refused = browser.post(f"{ROOM}/clip", url="javascript:alert(1)", title="A")
    assert refused.status_code == 400
    with runtime.database.reading() as session:
        (only,) = session.scalars(select(Clip)).all()
        assert (only.url, only.title, only.note) == ("https://news.example/a", "A", "n")


def test_the_bookmarklet_finds_its_way_through_the_door(
    studio: object, runtime: Runtime, sign_in: SignIn
) -> None:
    browser = sign_in(Role.EDITOR)
    browser.client.delete_cookie("handoff_session", path="/admin")
    answer = browser.get(f"{ROOM}/clip?url=https%3A%2F%2Fnews.example%2Fa")
    assert answer.status_code == 303
    assert "https%253A%252F%252Fnews.example%252Fa" in answer.headers["Location"]


def test_from_paste_to_draft_by_forms_alone(runtime: Runtime, sign_in: SignIn) -> None:
    browser = sign_in(Role.EDITOR)
    browser.post(f"{ROOM}/paste", urls="\n".join(f"https://news.example/story-{n}" for n in range(1, 7)))
    with runtime.database.reading() as session:
        numbers = list(session.scalars(select(Clip.id).order_by(Clip.id)))
    for number in numbers:
        browser.post(f"{ROOM}/{number}/move", to="picked")
        browser.post(
            f"{ROOM}/{number}/mend", url=f"https://news.example/story-{number}", title=f"Story {number}"
        )
        browser.post(f"{ROOM}/{number}/why", why="Because.")
    browser.post(f"{ROOM}/{numbers[5]}/move", to="up")
    answer = browser.post(f"{ROOM}/draft")
    with runtime.database.reading() as session:
        issue = session.scalars(select(Issue).where(Issue.kind == IssueKind.LINKS)).one()
        assert answer.headers["Location"] == f"/admin/issues/{issue.id}/edit"
        assert [title[-1] for title in titles(picked(session))][-2:] == [str(numbers[5]), str(numbers[4])]
    assert browser.post(f"{ROOM}/paste", urls="nothing").status_code == 400


def test_feeds_are_followed_and_let_go(runtime: Runtime, sign_in: SignIn) -> None:
    browser = sign_in(Role.EDITOR)
    browser.post(f"{ROOM}/feeds", url="https://news.example/feed")
    assert browser.post(f"{ROOM}/feeds", url="https://news.example/feed").status_code == 409
    with runtime.database.reading() as session:
        number = session.scalars(select(Feed.id)).one()
    assert browser.get(ROOM).status_code == 200
    browser.post(f"{ROOM}/feeds/{number}/let-go")
    with runtime.database.reading() as session:
        assert session.scalars(select(Feed)).all() == []


def test_who_may_only_look_changes_nothing(runtime: Runtime, sign_in: SignIn) -> None:
    with runtime.database.writing() as session:
        number = six_picks(session, runtime.clock(), 1)[0].id
    browser = sign_in(Role.VIEWER)
    assert browser.get(ROOM).status_code == 200
    assert browser.post(f"{ROOM}/{number}/move", to="dismissed").status_code == 403
    with runtime.database.reading() as session:
        assert session.get_one(Clip, number).state is ClipState.PICKED
