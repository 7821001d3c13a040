"""A desk and the cast for the use cases of signing up, and a guide that can be asked for."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from app.foundation.settings import Settings
from app.signup.desk import Desk
from app.wiring import Runtime
from tests.cast import Cast, seed_cast, seed_dcx, seed_guide


@pytest.fixture
def desk(runtime: Runtime, settings: Settings) -> Desk:
    return Desk(runtime.signer, runtime.links, runtime.address_key, settings.emails_dir)


@pytest.fixture
def cast(session: Session, now: datetime, desk: Desk) -> Cast:
    seed_dcx(session)
    seed_guide(session, now)
    return seed_cast(session, now, desk.address_key)
