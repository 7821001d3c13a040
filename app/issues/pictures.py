"""Pictures of a letter: decoded and drawn anew, so that nothing but a picture is ever kept or served.

The name is made of the content and carries the size: it can be cached for ever, and a mail can say how large the
picture is without asking anybody.
"""

import hashlib
import io
import re
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from app.foundation.errors import InvalidInput
from app.foundation.storage import Storage

MOST_BYTES: Final = 8 * 1024 * 1024
MOST_PIXELS: Final = 40_000_000
WIDEST: Final = 1280
NAME: Final = re.compile(r"[0-9a-f]{32}-(\d{1,4})x(\d{1,5})\.(jpg|png)")

_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")


@dataclass(frozen=True)
class Picture:
    """A stored picture; `markdown` is what the author puts into the text."""

    name: str
    width: int
    height: int
    markdown: str


def take_picture(storage: Storage, raw: bytes, alt: str) -> Picture:
    """Keep a picture that an author uploads. Raises InvalidInput naming `file` or `alt`."""
    words = " ".join(re.sub(r"[\[\]{}\\]", " ", alt).split())[:300]
    if not words:
        raise InvalidInput(
            "Say what the picture shows.", field="alt", hint="Many readers see these words only."
        )
    image = _drawn(raw)
    data, ending = _encoded(image)
    width, height = image.size
    name = f"{hashlib.sha256(data).hexdigest()[:32]}-{width}x{height}.{ending}"
    storage.put(key_of(name), data)
    return Picture(name, width, height, f"![{words}](/pictures/{name})")


def key_of(name: str) -> str:
    """Where a picture is stored. Raises InvalidInput for what is no name of ours."""
    if not NAME.fullmatch(name):
        raise InvalidInput("is not the name of a picture.", field="name")
    return f"pictures/{name}"


def _drawn(raw: bytes) -> Image.Image:
    """The decoded picture, upright and at most WIDEST wide; of a moving one, its first frame."""
    if not raw:
        raise InvalidInput("Choose a picture.", field="file")
    if len(raw) > MOST_BYTES:
        raise _wrong("is larger than 8 MB.")
    try:
        opened = Image.open(io.BytesIO(raw), formats=_FORMATS)
        if opened.width * opened.height > MOST_PIXELS:
            raise _wrong("has more than 40 million pixels.")
        image = ImageOps.exif_transpose(opened)
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        raise _wrong("is not a PNG, JPEG, WebP or GIF picture that can be read.") from None
    if image.width > WIDEST:
        image = image.resize(
            (WIDEST, max(1, round(image.height * WIDEST / image.width))), Image.Resampling.LANCZOS
        )
    if image.height > 4 * WIDEST:
        raise _wrong("is too tall for a letter.")
    return image


def _encoded(image: Image.Image) -> tuple[bytes, str]:
    """JPEG, or PNG where something shines through: mail programs know both. No metadata is kept."""
    out = io.BytesIO()
    if image.mode == "RGBA":
        image.save(out, "PNG", optimize=True)
        return out.getvalue(), "png"
    image.save(out, "JPEG", quality=85, optimize=True, progressive=True)
    return out.getvalue(), "jpg"


def _wrong(message: str) -> InvalidInput:
    return InvalidInput(message, field="file", hint="Save it again as PNG or JPEG and try once more.")
