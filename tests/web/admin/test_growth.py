"""The author sees where readers come from, and names the sites that may carry the form."""

import pytest

from app.accounts.models import Role
from tests.web.admin.conftest import Browser, SignIn

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_rooms_of_growth_say_what_to_do_while_they_are_empty(owner: Browser) -> None:
    assert "Nobody signed up in this time" in owner.get("/admin/growth?by=form&days=7").text
    assert "Nobody signed up" in owner.get("/admin/growth?by=x&days=-1&page=999999999999").text
    assert "No invitations yet" in owner.get("/admin/growth/inviters").text


def test_a_site_is_named_and_taken_off_again(owner: Browser) -> None:
    here = "/admin/growth/form"
    assert "Nowhere yet." in owner.get(here).text
    wrong = owner.post(here, site="http://example.com")
    assert wrong.status_code == 400
    assert "Only sites that begin with https://" in wrong.text
    assert owner.post(here, site="https://blog.example/about").status_code == 303
    page = owner.get(here).text
    assert 'name="site" value="https://blog.example"' in page
    assert "&lt;iframe src=&#34;http://127.0.0.1:8000/embed&#34;" in page
    owner.post(f"{here}/remove", site="https://blog.example")
    assert "Nowhere yet." in owner.get(here).text


def test_a_viewer_looks_and_changes_nothing(sign_in: SignIn) -> None:
    viewer = sign_in(Role.VIEWER)
    assert "Let it carry the form" not in viewer.get("/admin/growth/form").text
    assert viewer.post("/admin/growth/form", site="https://blog.example").status_code == 403
