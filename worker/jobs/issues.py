"""The job behind the doorbell of an issue that is to go out at once."""

from worker.publishing import publish_due as publish
from worker.state import runtime


def publish_due() -> None:
    """The same as the clock does each minute, now."""
    here = runtime()
    publish(here, here.clock())
