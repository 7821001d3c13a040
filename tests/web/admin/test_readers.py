"""A reader's page: who may, hands over all that is held about them."""

import pytest
from sqlalchemy import select

from app.accounts.models import Role
from app.subscribers.models import Subscriber
from app.wiring import Runtime
from tests.cast import ALICE
from tests.web.admin.conftest import Browser, SignIn

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_all_that_is_held_about_a_reader_is_a_file_for_them(
    owner: Browser, sign_in: SignIn, runtime: Runtime
) -> None:
    with runtime.database.reading() as session:
        alice = session.scalars(select(Subscriber.id).where(Subscriber.address == ALICE)).one()
    page, path = f"/admin/readers/{alice}", f"/admin/readers/{alice}/export"
    assert path in owner.get(page).text
    file = owner.get(path)
    assert file.get_json()["person"]["address"] == ALICE
    assert f"reader-{alice}.json" in file.headers["Content-Disposition"]
    assert owner.get("/admin/readers/999/export").status_code == 404
    assert path not in sign_in(Role.EDITOR).get(page).text
