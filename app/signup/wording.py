"""The sentences a reader agrees to. The form shows them and the consent record keeps them, word for word."""

from app.rendering.typeset import typeset
from app.subscribers.models import Topic


def topic_wording(topic: Topic) -> str:
    """Beside a topic's box."""
    return f"Send me {in_sentence(topic.name)}. {topic.description}".strip()


def guide_wording(title: str) -> str:
    """Above the button of a guide's form."""
    return f"Send “{typeset(title)}” to this address. Asking for the guide signs me up for nothing else."


def in_sentence(name: str) -> str:
    """A topic's name in the middle of a sentence."""
    first, _, rest = name.partition(" ")
    return f"{first.lower()} {rest}" if first in {"The", "A", "An"} and rest else name
