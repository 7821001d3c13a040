"""One page of a long list. Every list in the house is paged, and says so the same way."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """`number` counts from 1; a number past the end is simply an empty page."""

    items: tuple[T, ...]
    number: int
    per_page: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; an empty list still has one."""
        return max(1, -(-self.total // self.per_page))

    @property
    def previous(self) -> int | None:
        return min(self.number - 1, self.pages) if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None

    @property
    def first_item(self) -> int:
        """Position of the first item shown, from 1; 0 when the page is empty."""
        return (self.number - 1) * self.per_page + 1 if self.items else 0


def page_number(raw: str | None) -> int:
    """The page somebody asked for in a query string; nonsense means the first."""
    if raw is None or not raw.isascii() or not raw.isdigit() or len(raw) > 9:
        return 1
    return max(1, int(raw))
