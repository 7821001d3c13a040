"""Nobody comes in who should not, and the door tells nobody who lives here."""

import re

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.accounts.links import make_login_link, make_password_link
from app.accounts.models import AuthorSession, OneTimeLink, Role
from app.accounts.passwords import set_password
from app.accounts.queries import find_author
from app.accounts.roles import Action
from app.delivery.models import Delivery
from app.web.admin.guard import action_of, own_path
from app.wiring import Runtime
from tests.fixtures.clock import FrozenClock
from tests.web.admin.conftest import MARK, Browser, SignIn

SENTENCE = "the kettle is always on"


@pytest.fixture
def with_password(runtime: Runtime, studio: Flask) -> None:
    with runtime.database.writing() as session:
        mark = find_author(session, MARK)
        assert mark is not None
        set_password(session, runtime.clock(), mark, SENTENCE)


def link_for(runtime: Runtime, *, password: bool = False) -> str:
    with runtime.database.writing() as session:
        mark = find_author(session, MARK)
        assert mark is not None
        make = make_password_link if password else make_login_link
        return f"/admin/enter/{make(session, runtime.clock(), mark)}"


def try_password(browser: Browser, email: str, password: str, **more: str) -> "tuple[int, str]":
    answer = browser.post("/admin/login", form_on="/admin/login", email=email, password=password, **more)
    return answer.status_code, re.sub(r'value="[^"]*"|nonce="[^"]*"', "", answer.text)


def test_a_stranger_is_shown_the_door_and_brought_back_afterwards(
    stranger: Browser, with_password: None
) -> None:
    answer = stranger.get("/admin/issues?state=draft")
    assert answer.status_code == 303
    assert answer.location == "/admin/login?next=/admin/issues?state%3Ddraft"
    come_in = stranger.post(
        "/admin/login",
        form_on=answer.location,
        email=MARK,
        password=SENTENCE,
        next="/admin/issues?state=draft",
    )
    assert come_in.location == "/admin/issues?state=draft"
    assert stranger.get("/admin/issues").status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_after_signing_in_one_stays_in_the_studio(
    stranger: Browser, studio: Flask, with_password: None
) -> None:
    wishes = [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/admin//evil.example",
        "/",
        "/admin/\r\nx",
    ]
    with studio.test_request_context("/"):
        assert {own_path(wish) for wish in wishes} == {"/admin/"}
    answer = stranger.post(
        "/admin/login", form_on="/admin/login", email=MARK, password=SENTENCE, next=wishes[0]
    )
    assert answer.location == "/admin/"


def test_a_wrong_password_and_an_unknown_address_look_the_same(
    stranger: Browser, with_password: None
) -> None:
    wrong = try_password(stranger, MARK, "not the kettle")
    unknown = try_password(stranger, "nobody@letters.example.com", "not the kettle")
    assert wrong == unknown
    assert wrong[0] == 403


def test_guessing_is_slowed_down_even_with_the_right_password_at_last(
    stranger: Browser, with_password: None
) -> None:
    statuses = [try_password(stranger, MARK, f"guess number {n}")[0] for n in range(9)]
    assert statuses[:8] == [403] * 8
    assert statuses[8] == 429
    assert try_password(stranger, MARK, SENTENCE)[0] == 429


def test_the_cookie_is_for_the_studio_only_and_out_of_scripts_reach(
    stranger: Browser, with_password: None
) -> None:
    answer = stranger.post("/admin/login", form_on="/admin/login", email=MARK, password=SENTENCE)
    (cookie,) = (c for c in answer.headers.getlist("Set-Cookie") if c.startswith("handoff_session="))
    assert {"HttpOnly", "SameSite=Lax", "Path=/admin"} <= set(cookie.split("; "))
    assert "Secure" not in cookie, "the base URL of the tests is http"


def test_looking_at_a_login_link_signs_nobody_in_and_pressing_its_button_does(
    stranger: Browser, runtime: Runtime, studio: Flask
) -> None:
    path = link_for(runtime)
    for _ in range(3):
        assert MARK in stranger.get(path).text
        assert stranger.client.head(path).status_code == 200
    with runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AuthorSession)) == 0
        assert session.scalar(select(OneTimeLink.used_at)) is None
    assert stranger.post(path, form_on=path).location == "/admin/"
    assert stranger.get("/admin/").status_code == 200
    assert Browser(studio.test_client()).get(path).status_code == 410


def test_a_set_password_link_refuses_a_poor_one_and_stays_good(stranger: Browser, runtime: Runtime) -> None:
    path = link_for(runtime, password=True)
    poor = stranger.post(path, form_on=path, password="short")
    assert poor.status_code == 400
    assert "at least 10 characters" in poor.text.lower()
    assert stranger.post(path, form_on=path, password=SENTENCE).location == "/admin/"
    assert stranger.get(path).status_code == 410


def test_a_link_by_mail_says_the_same_to_everybody_and_goes_to_authors_only(
    stranger: Browser, runtime: Runtime
) -> None:
    pages = {
        stranger.post("/admin/login/link", form_on="/admin/login", email=email).text.replace(email, "")
        for email in (MARK, "nobody@letters.example.com")
    }
    assert len({re.sub(r'nonce="[^"]*"', "", page) for page in pages}) == 1
    with runtime.database.reading() as session:
        (mail,) = session.scalars(select(Delivery))
        assert mail.slots is not None
        assert stranger.get(f"/admin/enter/{mail.slots['login_token']}").status_code == 200


def test_signing_out_kills_the_session_itself(owner: Browser, studio: Flask) -> None:
    copy = Browser(studio.test_client())
    cookie = owner.client.get_cookie("handoff_session", path="/admin")
    assert cookie is not None
    copy.client.set_cookie("handoff_session", cookie.value, path="/admin")
    assert copy.get("/admin/").status_code == 200
    assert owner.post("/admin/sign-out").location == "/admin/login?said=signed-out"
    assert copy.get("/admin/").status_code == 303


def test_changing_the_password_signs_every_other_browser_out(
    stranger: Browser, studio: Flask, with_password: None
) -> None:
    other = Browser(studio.test_client())
    for browser in (stranger, other):
        try_password(browser, MARK, SENTENCE)
    wrong = stranger.post("/admin/account/password", present="wrong wrong", password="a much better sentence")
    assert wrong.status_code == 400
    right = stranger.post("/admin/account/password", present=SENTENCE, password="a much better sentence")
    assert right.location == "/admin/account?said=password"
    assert stranger.get("/admin/").status_code == 200
    assert other.get("/admin/").status_code == 303


def test_a_session_that_is_not_used_for_two_weeks_is_over(owner: Browser, clock: FrozenClock) -> None:
    for days in (13, 13):
        clock.advance(days=days)
        assert owner.get("/admin/").status_code == 200
    clock.advance(days=15)
    assert owner.get("/admin/").status_code == 303


def test_a_form_without_a_token_or_with_somebody_else_s_is_refused(owner: Browser, sign_in: SignIn) -> None:
    theirs = sign_in(Role.EDITOR).token()
    for data in ({}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": theirs}):
        assert owner.client.post("/admin/issues/new", data={"title": "Forged", **data}).status_code == 400
    assert "Forged" not in owner.get("/admin/issues").text


def test_a_form_that_comes_from_afar_is_refused_even_with_its_token(owner: Browser) -> None:
    answer = owner.client.post(
        "/admin/issues/new",
        data={"csrf": owner.token(), "title": "Forged"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code == 403


def studio_rules(studio: Flask) -> "list[tuple[str, str, str]]":
    """Method, endpoint and path of everything under /admin, with ids filled in."""
    found = []
    for rule in studio.url_map.iter_rules():
        if rule.rule.startswith("/admin"):
            path = (
                re.sub(r"<int:\w+>", "1", rule.rule).replace("<kind>", "letter").replace("<secret>", "none")
            )
            found += [
                (method, rule.endpoint, path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
            ]
    return sorted(found)


def test_every_form_of_the_studio_is_checked(owner: Browser, studio: Flask) -> None:
    posts = [path for method, _, path in studio_rules(studio) if method == "POST"]
    assert len(posts) > 15
    for path in posts:
        assert owner.client.post(path).status_code == 400, path


def test_nothing_changes_by_get(studio: Flask) -> None:
    acting = ("sign-out", "pause", "resume", "throw-away", "take-back", "send-now", "test", "elsewhere")
    gets = [path for method, _, path in studio_rules(studio) if method == "GET"]
    assert not [path for path in gets if path.endswith(acting)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_role_may_do_what_its_actions_say_and_nothing_else(studio: Flask, sign_in: SignIn) -> None:
    granted = {
        Role.OWNER: set(Action),
        Role.EDITOR: {Action.SEE, Action.WRITE, Action.SEND, Action.OWN_ACCOUNT},
        Role.VIEWER: {Action.SEE, Action.OWN_ACCOUNT},
    }
    with studio.app_context():
        demanded = {endpoint: action_of(endpoint) for _, endpoint, _ in studio_rules(studio)}
    outside = {endpoint for endpoint, action in demanded.items() if action is None}
    assert {endpoint.rpartition(".")[2] for endpoint in outside} == {"show", "enter", "ask", "look", "use"}
    assert all(endpoint.startswith("studio.login.") for endpoint in outside)
    for role, actions in granted.items():
        browser = sign_in(role)
        token = browser.token()
        for method, endpoint, path in studio_rules(studio):
            if endpoint in outside or endpoint.endswith(("login.leave", "account.leave_elsewhere")):
                continue
            answer = browser.client.open(
                path, method=method, data={"csrf": token} if method == "POST" else None
            )
            assert (answer.status_code == 403) == (demanded[endpoint] not in actions), (role, method, path)


def test_pages_of_the_studio_are_kept_nowhere(owner: Browser) -> None:
    answer = owner.get("/admin/readers")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "'unsafe-inline'" not in answer.headers["Content-Security-Policy"]


def test_a_form_sent_after_the_session_ended_leads_back_to_where_it_was(
    owner: Browser, clock: FrozenClock
) -> None:
    token = owner.token()
    clock.advance(days=15)
    answer = owner.client.post(
        "/admin/issues/1/edit",
        data={"csrf": token, "markdown": "An hour of work"},
        headers={"Referer": "http://localhost/admin/issues/1/edit"},
    )
    assert answer.status_code == 303
    assert answer.location.startswith("/admin/login?next=/admin/issues/1/edit")
    assert "Your session had ended" in owner.get(answer.location).text
