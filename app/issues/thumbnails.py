"""Our own small copy of an article's picture.

Readers' mail programs must not ask every site we link to (that would tell those sites who reads us), nor load the
five megabytes that some pages offer as a preview.
"""

import hashlib
import io
import warnings
from typing import Final

from PIL import Image, ImageOps

from app.foundation.errors import InvalidInput
from app.foundation.storage import Storage
from app.issues.pictures import key_of

WIDTH: Final = 480
HEIGHT: Final = 320
MOST_PIXELS: Final = 24_000_000
_LEAST: Final = 160
_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")


def thumbnail(data: bytes) -> bytes | None:
    """A JPEG of 480 by 320 from the first frame, without anything the camera noted; None for what is no picture, is
    too small to show or so large that opening it would cost more than it is worth."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                width, height = image.size
                if width * height > MOST_PIXELS or min(width, height) < _LEAST // 2 or width < _LEAST:
                    return None
                image.draft("RGB", (WIDTH * 2, HEIGHT * 2))
                return _small(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning, MemoryError, EOFError):
        return None


def keep_thumbnail(storage: Storage, data: bytes) -> str:
    """Store the thumbnail beside the pictures of letters; its name, "" when there is none to store."""
    small = thumbnail(data)
    if small is None:
        return ""
    name = f"{hashlib.sha256(small).hexdigest()[:32]}-{WIDTH}x{HEIGHT}.jpg"
    if not storage.exists(key_of(name)):
        storage.put(key_of(name), small)
    return name


def take_thumbnail(storage: Storage, data: bytes) -> str:
    """Store the thumbnail of a picture that the author brings. Raises InvalidInput naming `file`."""
    name = keep_thumbnail(storage, data)
    if not name:
        raise InvalidInput(
            f"is not a picture of at least {_LEAST} pixels across that can be read.",
            field="file",
            hint="Save it again as PNG or JPEG and try once more.",
        )
    return name


def _small(image: Image.Image) -> bytes:
    upright = ImageOps.exif_transpose(image)
    if upright.mode in {"RGBA", "LA", "PA"} or "transparency" in upright.info:
        ground = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(ground, upright.convert("RGBA"))
    fitted = ImageOps.fit(
        upright.convert("RGB"), (WIDTH, HEIGHT), Image.Resampling.LANCZOS, centering=(0.5, 0.4)
    )
    out = io.BytesIO()
    fitted.save(out, "JPEG", quality=80, optimize=True, progressive=True)
    return out.getvalue()
