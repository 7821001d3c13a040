"""The brand as the renderers see it, and the colours that follow from its one accent."""

import colorsys
import re
from dataclasses import dataclass
from typing import Final

from app.foundation.errors import InvalidInput

_HEX: Final = re.compile(r"#[0-9a-fA-F]{6}")
_WHITE: Final = "#ffffff"
_INK: Final = "#10201f"
_PAPER: Final = "#fffdf9"
_NIGHT: Final = "#1c2322"
_DRAWN: Final = {"#0b5d5b": "#7cc8bb"}
"""The house's own accent by night, as house.css has it; for any other colour it is worked out."""
_READABLE: Final = 4.5
_COMFORTABLE: Final = 6.5


@dataclass(frozen=True)
class Brand:
    """Whose mail this is. `linkedin_url` may be empty; everything else is shown to readers."""

    name: str
    tagline: str
    author_name: str
    postal_address: str
    site_url: str
    linkedin_url: str = ""
    accent: str = "#0B5D5B"
    reply_address: str = ""


@dataclass(frozen=True)
class Palette:
    """The accent and its companions, each with at least 4.5:1 where it carries words."""

    accent: str
    on_accent: str
    link: str
    dark_accent: str
    dark_on_accent: str
    dark_link: str


def palette(accent: str) -> Palette:
    """Colours for light and dark from one `#rrggbb`; the accent is only moved where words would be hard to read."""
    if not _HEX.fullmatch(accent):
        raise InvalidInput("The accent colour must look like #0B5D5B.", field="accent")
    dark = _DRAWN.get(accent.lower()) or _lit(accent)
    # Some middling colours carry neither white nor ink well enough; they are darkened until they carry white.
    ground = accent if _carries(accent) else _moved(accent, _INK, against=_WHITE, at_least=_READABLE)
    return Palette(
        accent=ground.lower(),
        on_accent=_words_on(ground),
        link=_moved(accent, _INK, against=_PAPER, at_least=5.0),
        dark_accent=dark,
        dark_on_accent=_words_on(dark),
        dark_link=dark,
    )


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two `#rrggbb` colours, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _carries(background: str) -> bool:
    return max(contrast(_WHITE, background), contrast(_INK, background)) >= _READABLE


def _words_on(background: str) -> str:
    return _WHITE if contrast(_WHITE, background) >= _READABLE else _INK


def _lit(accent: str) -> str:
    """The accent as it glows on the dark card: lighter, and calm enough not to glare."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in _channels(accent)))
    for step in range(101):
        raised = lightness + (1 - lightness) * step / 100
        rgb = colorsys.hls_to_rgb(hue, raised, min(saturation, 0.42))
        colour = "#" + "".join(f"{round(channel * 255):02x}" for channel in rgb)
        if contrast(colour, _NIGHT) >= _COMFORTABLE:
            return colour
    return _WHITE


def _moved(colour: str, towards: str, *, against: str, at_least: float) -> str:
    for step in range(0, 101, 4):
        mixed = _mix(colour, towards, step / 100)
        if contrast(mixed, against) >= at_least:
            return mixed
    return towards


def _mix(one: str, other: str, share: float) -> str:
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (v / 255 for v in _channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
