"""Accounts are made from the command line, and a fresh installation is filled once."""

import json

import pytest
from click.testing import CliRunner, Result

from app.accounts.links import look_at_link
from app.accounts.models import LinkPurpose, Role
from app.accounts.queries import active_authors, find_author
from app.cli.main import handoff
from app.cli.seed import seed_installation, studio_login_link
from app.foundation.errors import Conflict, NotFound
from app.issues.cadence import get_cadence
from app.issues.models import IssueKind
from app.publication.settings import get_publication
from app.wiring import Runtime


def run(runtime: Runtime, *arguments: str) -> Result:
    return CliRunner().invoke(handoff, arguments, obj=runtime)


def test_creating_an_author_prints_a_link_that_sets_the_password(runtime: Runtime) -> None:
    result = run(runtime, "author", "create", "ada@example.com", "--json")
    said = json.loads(result.output)
    with runtime.database.reading() as session:
        seen = look_at_link(session, runtime.clock(), said["link"].rpartition("/")[2])
        assert (seen.author.email, seen.author.role) == ("ada@example.com", Role.OWNER)
    assert seen.purpose is LinkPurpose.SET_PASSWORD
    assert said["link"].startswith("http://127.0.0.1:8000/admin/enter/")


def test_an_author_exists_once(runtime: Runtime) -> None:
    run(runtime, "author", "create", "ada@example.com")
    assert isinstance(run(runtime, "author", "create", "ADA@example.com").exception, Conflict)
    assert isinstance(run(runtime, "author", "link", "nobody@example.com").exception, NotFound)


def test_a_new_link_signs_in(runtime: Runtime) -> None:
    run(runtime, "author", "create", "ada@example.com", "--role", "editor")
    url = run(runtime, "author", "link", "ada@example.com").output.strip()
    with runtime.database.reading() as session:
        assert look_at_link(session, runtime.clock(), url.rpartition("/")[2]).purpose is LinkPurpose.LOGIN
    assert "ada@example.com\teditor" in run(runtime, "author", "list").output


def test_a_fresh_installation_is_filled_and_a_second_time_changes_nothing(runtime: Runtime) -> None:
    for _ in range(2):
        assert run(runtime, "seed").exit_code == 0
    with runtime.database.reading() as session:
        publication = get_publication(session)
        assert publication.name == "DCX"
        assert [author.email for author in active_authors(session)] == [publication.sender_address]
        assert get_cadence(session, IssueKind.LETTER).weekday == 1
        assert get_cadence(session, IssueKind.LINKS).weekday == 6


def test_outside_a_demo_nobody_is_made_an_author(runtime: Runtime) -> None:
    settings = runtime.settings.model_copy(update={"demo": False})
    with runtime.database.writing() as session:
        seed_installation(session, runtime.clock(), settings)
        assert active_authors(session) == []
        assert studio_login_link(session, runtime.clock(), settings) == ""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_link_that_up_prints_signs_the_first_author_in(runtime: Runtime) -> None:
    with runtime.database.writing() as session:
        seed_installation(session, runtime.clock(), runtime.settings)
        url = studio_login_link(session, runtime.clock(), runtime.settings)
        seen = look_at_link(session, runtime.clock(), url.rpartition("/")[2])
        assert seen.author == find_author(session, "mark@letters.example.com")
