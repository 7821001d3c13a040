"""Numbers that come in with a form or an address: read one way everywhere, and never too large for a database."""

from typing import Final

MOST_DIGITS: Final = 18


def typed_number(raw: str | None) -> int | None:
    """`42`; None for anything but up to 18 ASCII digits, because int() takes other scripts' digits and any length."""
    if raw is None or not (raw.isascii() and raw.isdigit()) or len(raw) > MOST_DIGITS:
        return None
    return int(raw)
