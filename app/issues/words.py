"""Times and names in words, as pages, commands and mails to the author say them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def reading_minutes(words: int) -> int:
    """Minutes that so many words take to read, at 220 a minute; one at the least."""
    return max(1, round(words / 220))


def clock_words(at: datetime) -> str:
    """`8:15 am`, from a local datetime."""
    return f"{at.hour % 12 or 12}:{at.minute:02d} {'am' if at.hour < 12 else 'pm'}"


def day_words(at: datetime) -> str:
    """`Tuesday 24 November 2026`, from a local datetime."""
    return f"{WEEKDAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]} {at.year}"


def zone_words(zone: ZoneInfo) -> str:
    """`New York time`; `UTC` stays what it is."""
    city = zone.key.rpartition("/")[2].replace("_", " ")
    return city if zone.key in {"UTC", "Etc/UTC", "GMT"} else f"{city} time"


def when_words(at: datetime, zone: ZoneInfo) -> str:
    """`Tuesday 24 November 2026, 8:15 am New York time (EST)`."""
    local = at.astimezone(zone)
    short = local.tzname() or ""
    suffix = f" ({short})" if short.isalpha() and short != zone_words(zone) else ""
    return f"{day_words(local)}, {clock_words(local)} {zone_words(zone)}{suffix}"


def span_words(span: timedelta) -> str:
    """`3 hours`, `2 days`, `90 minutes`: the largest unit that says enough."""
    minutes = max(0, round(span.total_seconds() / 60))
    for size, word in ((1440, "day"), (60, "hour")):
        if minutes == size or minutes >= 1.8 * size:
            count = round(minutes / size)
            return f"{count} {word}{'' if count == 1 else 's'}"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
