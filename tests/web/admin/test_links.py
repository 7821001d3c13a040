"""The Sunday links in the studio: everything by plain forms, and nothing by opening an address."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.accounts.models import Role
from app.issues.arranging import move_clip, picked, shortlisted
from app.issues.clip_models import Clip, ClipOrigin, ClipState, Feed, ReadState, SentLink
from app.issues.clipping import Source, clip
from app.issues.models import Issue, IssueKind
from app.issues.writing import Draft, create_issue
from app.wiring import Runtime
from tests.issues.gathering import BY_PASTE, picture, six_picks, titles
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


def test_the_bookmarklet_says_what_is_known_of_an_article(runtime: Runtime, sign_in: SignIn) -> None:
    with runtime.database.writing() as session:
        pick = six_picks(session, runtime.clock(), 1)[0]
        issue = create_issue(session, runtime.clock(), IssueKind.LINKS, Draft("The week before"))
        session.add(SentLink(issue_id=issue.id, number=1, key_hash=pick.key_hash, url=pick.url, title="T"))
    browser = sign_in(Role.EDITOR)
    known = browser.get(f"{ROOM}/clip?url=https://www.news.example/article-1?fbclid=x").text
    assert "You have this one already, among your picks." in known
    assert "The week before" in known
    assert "already" not in browser.get(f"{ROOM}/clip?url=https://news.example/another-one").text
    assert browser.get(f"{ROOM}/clip?url=javascript:x").status_code == 200


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


def test_a_clip_is_put_before_another_and_the_script_is_told_in_json(
    runtime: Runtime, sign_in: SignIn
) -> None:
    with runtime.database.writing() as session:
        picks = [each.id for each in six_picks(session, runtime.clock(), 3)]
        fresh = clip(session, runtime.clock(), "https://news.example/fresh", BY_PASTE).clip.id
    browser, as_json = sign_in(Role.EDITOR), {"Accept": "application/json"}

    def send(path: str, **fields: str) -> tuple[int, dict[str, str]]:
        data = {"csrf": browser.token(), **fields}
        answer = browser.client.post(f"{ROOM}/{path}", data=data, headers=as_json)
        return answer.status_code, answer.get_json()

    assert send(f"{fresh}/move", to="picked", before=str(picks[1])) == (200, {"said": ""})
    assert send(f"{picks[2]}/move", to="shortlisted", before="999999")[0] == 200
    assert send(f"{picks[0]}/move", to="shortlisted", before=str(picks[2]))[0] == 200
    with runtime.database.reading() as session:
        assert [each.id for each in picked(session)] == [fresh, picks[1]]
        assert [each.id for each in shortlisted(session)] == [picks[0], picks[2]]
    assert send(f"{picks[0]}/move", to="down")[0] == 200
    status, told = send(f"{picks[0]}/move", to="nowhere")
    assert (status, told["field"]) == (400, "to")
    assert send("987654321/move", to="tray")[0] == 404
    assert send(f"{fresh}/why", why="  One\nline. ", was="")[1]["why"] == "One line."
    status, told = send(f"{fresh}/why", why="Another.", was="")
    assert (status, told["error"]) == (409, "Somebody else wrote here meanwhile: “One line.”.")
    assert send(f"{fresh}/why", why="Another.", was="One  line.")[0] == 200


def test_the_tray_is_shown_in_pages_and_parts(runtime: Runtime, sign_in: SignIn) -> None:
    browser, now = sign_in(Role.EDITOR), runtime.clock()
    by_feed = Source(ClipOrigin.FEED)
    with runtime.database.writing() as session:
        for number in range(31):
            clip(session, now + timedelta(minutes=number), f"https://feed.example/item-{number}x", by_feed)
        gone = clip(session, now, "https://news.example/gone-story", BY_PASTE).clip
        gone.read_state, gone.problem = ReadState.DEAD, "The page is gone."
        twin = clip(session, now, "https://short.example/1a2b", BY_PASTE).clip
        twin.duplicate_of_id = gone.id
        aside = clip(session, now, "https://news.example/aside-story", BY_PASTE).clip
        move_clip(session, now, aside.id, ClipState.DISMISSED)
        issue = create_issue(session, now, IssueKind.LINKS, Draft("The week before"))
        link = SentLink(issue_id=issue.id, number=1, key_hash=gone.key_hash, url=gone.url, title="As it was")
        session.add(link)
    first = browser.get(ROOM).text
    assert "item-30x" in first
    assert "item-0x" not in first
    assert "Page 1 of 2, 32 clips" in first
    assert "item-0x" in browser.get(f"{ROOM}?page=2").text
    assert "gone-story" not in browser.get(f"{ROOM}?shown=feeds").text
    dead = browser.get(f"{ROOM}?shown=dead").text
    assert "item-30x" not in dead
    for words in (
        "gone-story",
        "The page is gone.",
        "2 times",
        "https://short.example/1a2b",
        "The week before",
        "As it was",
    ):
        assert words in dead
    assert "gone-story" in browser.get(f"{ROOM}?shown=sent").text
    assert "aside-story" in browser.get(f"{ROOM}?shown=aside").text
    assert browser.get(f"{ROOM}?shown=nonsense&page=-1").status_code == 200
    assert "Page 2 of 2" in browser.get(f"{ROOM}?page=9").text, (
        "a page that was emptied leads to the last one"
    )
    moved = browser.post(f"{ROOM}/{aside.id}/move?shown=aside&page=1", to="tray")
    assert moved.location == f"{ROOM}?shown=aside&page=1"


def test_what_feeds_brought_is_cleared_after_a_look_at_how_much_that_is(
    runtime: Runtime, sign_in: SignIn
) -> None:
    browser, now = sign_in(Role.EDITOR), runtime.clock()
    with runtime.database.writing() as session:
        for number, days in enumerate((1, 8, 9)):
            clip(
                session,
                now - timedelta(days=days),
                f"https://feed.example/item-{number}x",
                Source(ClipOrigin.FEED),
            )
    assert "2 items" in browser.get(f"{ROOM}/clear").text
    with runtime.database.reading() as session:
        assert len(session.scalars(select(Clip).where(Clip.state == ClipState.TRAY)).all()) == 3
    assert browser.post(f"{ROOM}/clear", days="0").status_code == 400
    assert browser.post(f"{ROOM}/clear", days="7").location == f"{ROOM}?said=cleared"
    with runtime.database.reading() as session:
        assert len(session.scalars(select(Clip).where(Clip.state == ClipState.TRAY)).all()) == 1


def test_a_link_is_mended_with_its_picture_and_read_again_at_will(runtime: Runtime, sign_in: SignIn) -> None:
    browser = sign_in(Role.EDITOR)
    with runtime.database.writing() as session:
        number = six_picks(session, runtime.clock(), 1)[0].id
    whole = {"url": "https://news.example/article-1", "title": "By hand"}

    def look() -> Clip:
        with runtime.database.reading() as session:
            found = session.get_one(Clip, number)
            session.expunge(found)
            return found

    assert "There is none." in browser.get(f"{ROOM}/{number}/mend").text
    wrong = browser.post(f"{ROOM}/{number}/mend", **whole, file=(io.BytesIO(b"<svg/>"), "a.png"))
    assert (wrong.status_code, "is not a picture" in wrong.text, "By hand" in wrong.text) == (400, True, True)
    assert look().title == "Article 1", "nothing half done"
    browser.post(f"{ROOM}/{number}/mend", **whole, file=(io.BytesIO(picture()), "a.png"))
    name = look().picture
    assert browser.get(f"/pictures/{name}").status_code == 200
    assert name in browser.get(ROOM).text
    browser.post(f"{ROOM}/{number}/mend", **whole)
    assert look().picture == name, "kept unless told otherwise"
    browser.post(f"{ROOM}/{number}/mend", **whole, picture="none")
    assert (look().picture, look().title) == ("", "By hand")
    assert browser.post(f"{ROOM}/{number}/read-again").location == f"{ROOM}?said=reading"
    assert (look().read_state, look().due_at) == (ReadState.WAITING, runtime.clock())


@pytest.mark.parametrize(
    ("urls", "said"),
    [
        ("https://news.example/new-story", "clipped"),
        ("https://news.example/article-1?utm_source=x", "already"),
        ("https://news.example/article-1 https://news.example/new-story", "clipped-some"),
        ("https://news.example/aside-story", "back"),
    ],
)
def test_what_was_there_already_is_said(runtime: Runtime, sign_in: SignIn, urls: str, said: str) -> None:
    with runtime.database.writing() as session:
        six_picks(session, runtime.clock(), 1)
        aside = clip(session, runtime.clock(), "https://news.example/aside-story", BY_PASTE).clip
        move_clip(session, runtime.clock(), aside.id, ClipState.DISMISSED)
    answer = sign_in(Role.EDITOR).post(f"{ROOM}/paste", urls=urls)
    assert answer.location == f"{ROOM}?said={said}"


def test_a_refused_paste_comes_back_to_be_put_right(sign_in: SignIn) -> None:
    answer = sign_in(Role.EDITOR).post(f"{ROOM}/paste", urls="htps://news.example/a")
    assert (answer.status_code, "htps://news.example/a</textarea>" in answer.text) == (400, True)


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
