"""The day on which a page says it was published, in whatever form it says it; a guess is no date."""

import re
from datetime import date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

EARLIEST: Final = date(1990, 1, 1)

_ISO: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].{0,40})?")
_COMPACT: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?\d{4,6}Z?)?")
_SLASHED: Final = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?:\s.{0,20})?")
_IN_PATH: Final = re.compile(r"/(\d{4})[/-](\d{1,2})[/-](\d{1,2})(?=[/-])")
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            *("jan january januar janvier enero gennaio", "feb february februar février febrero febbraio"),
            *("mar march märz mars marzo maart", "apr april avril abril aprile", "may mai mayo maggio mei"),
            *(
                "jun june juni juin junio giugno",
                "jul july juli juillet julio luglio",
                "aug august août agosto augustus",
            ),
            *(
                "sep sept september septembre septiembre settembre",
                "oct october oktober octobre octubre ottobre okt",
            ),
            *("nov november novembre noviembre", "dec december dezember décembre diciembre dicembre dez"),
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY_FIRST: Final = re.compile(
    rf"(?i)\b(\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:de\s+)?({_MONTH})\.?,?\s+(?:de\s+)?(\d{{4}})\b"
)
_MONTH_FIRST: Final = re.compile(rf"(?i)\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b")


def read_day(raw: str, today: date) -> date | None:
    """The day of a machine-readable date, in the offset it is written in; None for nonsense, for the distant past and
    for the future."""
    text = raw.strip()[:60]
    for shape in (_ISO, _SLASHED, _COMPACT):
        found = shape.fullmatch(text)
        if found:
            return _sensible(found[1], found[2], found[3], today)
    try:
        parsed: datetime = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return find_day(text, today)
    return _sensible(parsed.year, parsed.month, parsed.day, today)


def find_day(text: str, today: date) -> date | None:
    """The first day written out in words; digits alone are not read, as 11/12 means two days."""
    found = [match for match in (_MONTH_FIRST.search(text), _DAY_FIRST.search(text)) if match]
    for match in sorted(found, key=lambda each: each.start()):
        first, second, year = match.groups()
        month, number = (first, second) if match.re is _MONTH_FIRST else (second, first)
        day = _sensible(year, _MONTHS[month.lower()], number, today)
        if day:
            return day
    return None


def day_in_path(path: str, today: date) -> date | None:
    """`/2026/03/12/` or `/2026-03-12-`."""
    found = _IN_PATH.search(path)
    return _sensible(found[1], found[2], found[3], today) if found else None


def _sensible(year: str | int, month: str | int, day: str | int, today: date) -> date | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found if EARLIEST <= found <= today + timedelta(days=1) else None
