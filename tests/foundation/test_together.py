"""Small changes that share a commit: together when they come together, and never at each other's cost."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from app.foundation.together import Together


class Book:
    """Stands for a database: what was committed, page by page."""

    def __init__(self) -> None:
        self.pages: list[list[str]] = []
        self.full = False

    @contextmanager
    def noting(self) -> Iterator[Any]:
        page: list[str] = []
        yield page
        if self.full:
            raise OSError("the disk is full")
        self.pages.append(page)


def line(words: str) -> Callable[[Any], str]:
    def change(page: Any) -> str:
        page.append(words)
        return words.upper()

    return change


def spoilt(page: Any) -> str:
    page.append("half")
    raise ValueError("no room")


def run_behind_another(book: Book, *changes: Callable[[Any], str]) -> list[Future[str]]:
    """What becomes of changes that come while another is being committed."""
    together, began, go_on = Together(book.noting), threading.Event(), threading.Event()

    def first(page: Any) -> str:
        began.set()
        assert go_on.wait(30)
        return line("first")(page)

    with ThreadPoolExecutor(len(changes) + 1) as pool:
        ahead = pool.submit(together.run, first)
        assert began.wait(30)
        behind = []
        for number, change in enumerate(changes, 1):
            behind.append(pool.submit(together.run, change))
            while len(together._waiting) < number:
                threading.Event().wait(0.001)
        go_on.set()
    assert ahead.exception() or ahead.result() == "FIRST"
    return behind


def test_who_comes_during_a_commit_shares_the_next_one() -> None:
    book = Book()
    behind = run_behind_another(book, line("second"), line("third"))
    assert [each.result() for each in behind] == ["SECOND", "THIRD"]
    assert book.pages == [["first"], ["second", "third"]]


def test_a_change_that_fails_takes_no_other_with_it_and_leaves_nothing() -> None:
    book = Book()
    behind = run_behind_another(book, line("second"), spoilt, line("fourth"))
    assert isinstance(behind[1].exception(), ValueError)
    assert [behind[0].result(), behind[2].result()] == ["SECOND", "FOURTH"]
    assert book.pages == [["first"], ["second"], ["fourth"]]


def test_nobody_is_answered_without_a_commit() -> None:
    book = Book()
    book.full = True
    behind = run_behind_another(book, line("second"), line("third"))
    assert all(isinstance(each.exception(), OSError) for each in behind)
    assert book.pages == []


def test_after_a_failure_the_next_is_written_as_ever() -> None:
    book = Book()
    together = Together(book.noting)
    with pytest.raises(ValueError, match="no room"):
        together.run(spoilt)
    assert together.run(line("next")) == "NEXT"
    assert book.pages == [["next"]]
