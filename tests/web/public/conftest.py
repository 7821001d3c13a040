"""A site with a publication, a guide and the cast, behind a test client that keeps no cookies."""

from functools import cache

import pytest
from flask.testing import FlaskClient

from app.foundation.db import Database
from app.foundation.settings import Settings
from app.guides.content import load_guide
from app.guides.publishing import content_key, cover_key
from app.guides.snapshot import freeze_content
from app.web.factory import create_app
from app.wiring import Runtime
from tests.cast import Cast, seed_cast, seed_dcx, seed_guide

PDF = b"%PDF-1.7 a guide"


@cache
def buy_in_snapshot() -> bytes:
    return freeze_content(load_guide(Settings().guides_dir / "cx-buy-in"))


@pytest.fixture
def cast(runtime: Runtime, database: Database) -> Cast:
    with database.writing() as session:
        seed_dcx(session)
        file = seed_guide(session, runtime.clock())
        runtime.storage.put(file.storage_key, PDF)
        runtime.storage.put(cover_key(file), b"\x89PNG cover")
        file.source_sha256 = "2" * 64
        runtime.storage.put(content_key(file.slug, file.source_sha256), buy_in_snapshot())
        cast = seed_cast(session, runtime.clock(), runtime.address_key)
    return cast


@pytest.fixture
def client(runtime: Runtime, cast: Cast) -> FlaskClient:
    app = create_app(runtime)
    app.testing = True
    return app.test_client(use_cookies=False)
