"""One author for the tests of accounts."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from app.accounts.authors import create_author
from app.accounts.models import Author


@pytest.fixture
def mark(session: Session, now: datetime) -> Author:
    return create_author(session, now, "Mark@Letters.example.com", name="Mark Levy")
