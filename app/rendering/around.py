"""What stands around the author's words in a letter: the series it belongs to, and the guest who wrote it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SeriesLine:
    """The letter's place in a series. `words` is “Part 2 of 3”; `before_…` are empty when no earlier part is out."""

    name: str
    words: str
    url: str
    before_title: str = ""
    before_url: str = ""
    is_last: bool = False


@dataclass(frozen=True)
class GuestLine:
    """Who wrote the letter in the author's place. All but the name may be empty."""

    name: str
    bio: tuple[str, ...] = ()
    photo_url: str = ""
    link_url: str = ""
    link_words: str = ""
    original_url: str = ""
    original_place: str = ""


@dataclass(frozen=True)
class Around:
    """Nothing, for most letters."""

    series: SeriesLine | None = None
    guest: GuestLine | None = None


NOTHING = Around()
