"""A site with a publication, a guide and the cast, behind a test client that keeps no cookies."""

import pytest
from flask.testing import FlaskClient

from app.foundation.db import Database
from app.web.factory import create_app
from app.wiring import Runtime
from tests.cast import Cast, seed_cast, seed_dcx, seed_guide

PDF = b"%PDF-1.7 a guide"


@pytest.fixture
def cast(runtime: Runtime, database: Database) -> Cast:
    with database.writing() as session:
        seed_dcx(session)
        file = seed_guide(session, runtime.clock())
        runtime.storage.put(file.storage_key, PDF)
        runtime.storage.put("guides/cx-buy-in/cover.png", b"\x89PNG cover")
        cast = seed_cast(session, runtime.clock(), runtime.address_key)
    return cast


@pytest.fixture
def client(runtime: Runtime, cast: Cast) -> FlaskClient:
    app = create_app(runtime)
    app.testing = True
    return app.test_client(use_cookies=False)
