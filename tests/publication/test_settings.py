"""The publication is seeded once, edited afterwards, and every wrong field is named."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.foundation.errors import InvalidInput, Misconfigured, NotFound
from app.foundation.settings import Settings
from app.publication.settings import (
    PublicationSettings,
    get_publication,
    read_publication_file,
    seed_publication,
    update_publication,
)

GOOD: dict[str, Any] = {
    "name": "DCX",
    "tagline": "Owning what customers feel.",
    "promise": "A letter every\nTuesday.\n\nSix links on Sunday.",
    "author_name": "Mark Levy",
    "sender_address": "mark@letters.example.com",
    "reply_address": "mark@letters.example.com",
    "postal_address": "100 Example Street, Springfield",
    "time_zone": "America/New_York",
}


def test_the_shipped_file_seeds_the_demo_publication(session: Session, settings: Settings) -> None:
    publication = seed_publication(session, settings.publication_file)
    assert (publication.name, publication.author_name) == ("DCX", "Mark Levy")
    assert publication.time_zone == "America/New_York"
    assert "example" in publication.postal_address.lower()


def test_seeding_again_keeps_what_the_studio_changed(session: Session, settings: Settings) -> None:
    seed_publication(session, settings.publication_file)
    update_publication(session, PublicationSettings.checked(GOOD | {"name": "Renamed"}))
    seed_publication(session, settings.publication_file)
    assert get_publication(session).name == "Renamed"


def test_before_seeding_there_is_no_publication(session: Session) -> None:
    with pytest.raises(NotFound):
        get_publication(session)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "N" * 121),
        ("name", "DCX\u202e"),
        ("sender_address", "nobody"),
        ("sender_address", "mark@example.com\r\nBcc: everybody@example.com"),
        ("reply_address", "a@b@c.example"),
        ("time_zone", "Mars/Olympus"),
        ("postal_address", "x"),
        ("accent", "teal"),
        ("accent", "#12345"),
        ("site_url", "javascript:alert(1)"),
        ("proof_from", -1),
        ("proof_from", "many"),
        ("colour", "#123456"),
    ],
)
def test_a_wrong_field_is_named(field: str, value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        PublicationSettings.checked(GOOD | {field: value})
    assert caught.value.field == field


def test_a_missing_field_is_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        PublicationSettings.checked({key: value for key, value in GOOD.items() if key != "postal_address"})
    assert caught.value.field == "postal_address"
    assert "filled in" in caught.value.message


def test_paragraphs_of_the_promise_survive_and_its_line_breaks_do_not() -> None:
    assert PublicationSettings.checked(GOOD).promise == "A letter every Tuesday.\n\nSix links on Sunday."


def test_a_file_that_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="HANDOFF_PUBLICATION_FILE"):
        read_publication_file(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ")
    with pytest.raises(Misconfigured, match=r"broken\.toml"):
        read_publication_file(broken)
