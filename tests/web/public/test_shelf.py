"""Copies kept in memory: bounded, made once, gone with their edition."""

from unittest.mock import Mock

from app.web.public.shelf import Shelf


def test_a_copy_is_made_once_and_the_longest_unused_goes_first() -> None:
    shelf, maker = Shelf(most=30, largest=20), Mock(return_value=b"x" * 10)
    for name in ("a", "b", "c", "a", "d", "a"):
        assert shelf.take((name,), maker).data == b"x" * 10
    assert maker.call_count == 4
    shelf.take(("b",), maker)
    assert maker.call_count == 5


def test_what_is_too_large_is_made_each_time() -> None:
    shelf, maker = Shelf(most=30, largest=20), Mock(return_value=b"x" * 21)
    for _ in range(2):
        shelf.take(("big",), maker)
    assert maker.call_count == 2


def test_every_copy_of_an_edition_is_dropped_with_it() -> None:
    shelf = Shelf(most=30, largest=20)
    for key in (("a.pdf",), ("a.pdf", "Alice"), ("b.pdf",)):
        shelf.take(key, lambda: b"old")
    shelf.drop("a.pdf")
    assert shelf.take(("a.pdf", "Alice"), lambda: b"new").data == b"new"
    assert shelf.take(("b.pdf",), lambda: b"new").data == b"old"
