"""Python's search for reference cycles, kept away from what is being sent.

A letter to many makes a few objects for each reader and no cycles, yet their number alone sets the collector off, and
each time it walks over everything the process ever imported: up to a tenth of the time of sending.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

YOUNG: Final = (50_000, 20, 100)


@contextmanager
def few_collections() -> Iterator[None]:
    """What exists already is left alone, and what is new is looked through seldom; afterwards all is as before."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*YOUNG)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
