"""The publication: seeded once from a file, then edited in the studio, checked alike both times."""

import tomllib
import unicodedata
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from sqlalchemy.orm import Session

from app.foundation.addresses import parse_address
from app.foundation.errors import InvalidInput, Misconfigured, NotFound
from app.publication.models import Publication

HEX = r"^#[0-9a-fA-F]{6}$"


def _one_line(value: object) -> object:
    """A header or a heading is made of it: no line breaks, no invisible characters (A1)."""
    if not isinstance(value, str):
        return value
    text = unicodedata.normalize("NFC", " ".join(value.split()))
    if any(unicodedata.category(char) in {"Cc", "Cf"} for char in text):
        raise ValueError("must not contain invisible characters")
    return text


def _address(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return parse_address(value).typed
    except InvalidInput as error:
        raise ValueError(error.message) from error


def _web_address(value: object) -> object:
    text = _one_line(value)
    if isinstance(text, str) and text and not text.startswith(("https://", "http://")):
        raise ValueError("must start with https://")
    return text


Line = Annotated[str, BeforeValidator(_one_line)]
MailAddress = Annotated[str, BeforeValidator(_address), Field(max_length=320)]
WebAddress = Annotated[str, BeforeValidator(_web_address), Field(max_length=500)]


class PublicationSettings(BaseModel):
    """What the author may set, with the limits of the columns. Names are those of the form and of the file."""

    model_config = ConfigDict(frozen=True, str_strip_whitespace=True, extra="forbid")

    name: Annotated[Line, Field(min_length=1, max_length=120)]
    tagline: Annotated[Line, Field(min_length=1, max_length=300)]
    promise: Annotated[str, Field(min_length=1, max_length=2000)]
    author_name: Annotated[Line, Field(min_length=1, max_length=120)]
    sender_address: MailAddress
    reply_address: MailAddress
    postal_address: Annotated[Line, Field(min_length=10, max_length=500)]
    time_zone: str
    site_url: WebAddress = ""
    linkedin_url: WebAddress = ""
    accent: Annotated[str, Field(pattern=HEX)] = "#0B5D5B"
    readers_called: Annotated[Line, Field(min_length=1, max_length=40)] = "readers"
    about: Annotated[str, Field(max_length=20_000)] = ""
    proof_from: Annotated[int, Field(ge=0, le=10_000_000)] = 100

    @field_validator("promise")
    @classmethod
    def _paragraph(cls, value: str) -> str:
        """Line breaks of the file's layout are not part of the words; an empty line is."""
        return "\n\n".join(" ".join(part.split()) for part in value.split("\n\n") if part.strip())

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be a zone such as America/New_York")
        return value

    @classmethod
    def checked(cls, values: dict[str, Any]) -> Self:
        """The settings from typed-in values. Raises InvalidInput naming the first wrong field."""
        try:
            return cls(**values)
        except ValidationError as error:
            first = error.errors()[0]
            field = str(first["loc"][0]) if first["loc"] else "publication"
            raise InvalidInput(
                _words(first["type"], first["msg"], first.get("ctx", {})), field=field
            ) from error


def _words(kind: str, message: str, context: dict[str, Any]) -> str:
    """pydantic's verdict in words fit for the person in front of the form."""
    match kind:
        case "missing" | "string_too_short":
            least = context.get("min_length", 1)
            return "must be filled in." if least <= 1 else f"is too short; at least {least} characters."
        case "string_too_long":
            return f"is too long; at most {context['max_length']} characters."
        case "string_pattern_mismatch":
            return "must look like #0B5D5B."
        case "extra_forbidden":
            return "is not a setting of the publication."
        case _:
            return message.removeprefix("Value error, ").rstrip(".") + "."


def read_publication_file(path: Path) -> dict[str, Any]:
    """The whole file as a dictionary. Raises Misconfigured when it is missing or is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Misconfigured(
            f"There is no file {path}.",
            field="HANDOFF_PUBLICATION_FILE",
            hint="It names the publication, its author, sender and postal address.",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path} cannot be read: {error}.", field="HANDOFF_PUBLICATION_FILE") from error


def seed_publication(session: Session, toml_path: Path) -> Publication:
    """The publication, made from the file if there is none yet; what the studio edited is never overwritten.

    Raises Misconfigured and InvalidInput, naming the file or the field.
    """
    existing = session.get(Publication, 1)
    if existing is not None:
        return existing
    values = {key: value for key, value in read_publication_file(toml_path).items() if key != "cadence"}
    publication = Publication(id=1, **PublicationSettings.checked(values).model_dump())
    session.add(publication)
    session.flush()
    return publication


def get_publication(session: Session) -> Publication:
    """The one publication. Raises NotFound before it was seeded."""
    publication = session.get(Publication, 1)
    if publication is None:
        raise NotFound(
            "This installation has no publication yet.", hint="Run `handoff up` or `handoff seed`."
        )
    return publication


def update_publication(session: Session, settings: PublicationSettings) -> Publication:
    """Put the author's settings in place; they hold from the next mail and the next page on."""
    publication = get_publication(session)
    for name, value in settings.model_dump().items():
        setattr(publication, name, value)
    session.flush()
    return publication


def zone_of(publication: Publication) -> ZoneInfo:
    """The publication's time zone, in which the studio shows dates."""
    return ZoneInfo(publication.time_zone)
