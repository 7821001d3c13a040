"""Every table in one place, so that Alembic and the tests see the whole schema."""

import app.accounts.models
import app.conversation.inbox_models
import app.conversation.models
import app.delivery.models
import app.guides.models
import app.issues.clip_models
import app.issues.models
import app.issues.series_models
import app.publication.models
import app.signup.models
import app.subscribers.models
import app.tracking.models  # noqa: F401
from app.foundation.db import Base

metadata = Base.metadata
