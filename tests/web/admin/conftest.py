"""The studio with its cast, and browsers of its authors without a browser."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts.authors import create_author
from app.accounts.models import Role
from app.accounts.sessions import open_session
from app.cli.seed import seed_installation
from app.issues.models import Issue, IssueKind
from app.issues.writing import Draft, create_issue
from app.web.admin.guard import COOKIE_PATH, SESSION_COOKIE
from app.web.factory import create_app
from app.wiring import Runtime
from tests.cast import seed_cast

TEXT = "Dear {first_name|reader},\n\nWho [owns](https://example.org/own) the handoff?\n"
MARK = "mark@letters.example.com"


@dataclass
class Browser:
    """A client that fills in the form token as a page would."""

    client: FlaskClient

    def get(self, path: str, **given: object) -> TestResponse:
        return self.client.get(path, **given)

    def token(self, path: str = "/admin/account") -> str:
        found = re.search(r'name="csrf" value="(\w+)"', self.get(path).text)
        assert found is not None, f"no form on {path}"
        return found[1]

    def post(self, path: str, *, form_on: str = "/admin/account", **fields: Any) -> TestResponse:
        data = {"csrf": self.token(form_on), **fields}
        return self.client.post(path, data=data, content_type="multipart/form-data")


@pytest.fixture
def studio(runtime: Runtime) -> Flask:
    """The application of a fresh installation with Alice, Bob and Carol."""
    with runtime.database.writing() as session:
        seed_installation(session, runtime.clock(), runtime.settings)
        seed_cast(session, runtime.clock(), runtime.address_key)
    return create_app(runtime)


SignIn = Callable[[Role], Browser]


@pytest.fixture
def sign_in(studio: Flask, runtime: Runtime) -> SignIn:
    """A new author of a role, signed in."""

    def enter(role: Role) -> Browser:
        with runtime.database.writing() as session:
            author = create_author(session, runtime.clock(), f"{role.value}@letters.example.com", role=role)
            secret = open_session(session, runtime.clock(), author.id)
        client = studio.test_client()
        client.set_cookie(SESSION_COOKIE, secret, path=COOKIE_PATH)
        return Browser(client)

    return enter


@pytest.fixture
def owner(sign_in: SignIn) -> Browser:
    return sign_in(Role.OWNER)


@pytest.fixture
def stranger(studio: Flask) -> Browser:
    return Browser(studio.test_client())


@pytest.fixture
def draft(runtime: Runtime, studio: Flask) -> Issue:
    """A letter that could be sent."""
    with runtime.database.writing() as session:
        return create_issue(session, runtime.clock(), IssueKind.LETTER, Draft("Who owns it?", markdown=TEXT))
