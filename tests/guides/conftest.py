"""A small guide on disk that a test may break in one place."""

from pathlib import Path

import pytest

GUIDE = """\
title = "A Small Guide"
subtitle = "For tests"
slug = "small"
edition = "1"
published = 2026-11-17
author = "Ada Author"
languages = ["en-US"]
accent = "#0B5D5B"
imprint = "Printed nowhere."
chapters = ["one", "two"]

[landing]
promise = "Little."
inside = ["Two chapters"]
download_if = ["You test"]
skip_if = ["You do not"]
"""

ONE = """\
+++
kind = "prose"
title = "One"
strapline = "The first"
summary = "It comes before the second."
+++
A paragraph with *stress*.

## A heading

- an item

### A smaller heading

The end.
"""

TWO = """\
+++
kind = "checklist"
title = "Two"
strapline = "The second"
summary = "It comes after the first."

[[groups]]
title = "Before"
items = ["Breathe in"]

[[groups]]
title = "After"
items = ["Breathe out"]
+++
Tick them off.

{groups}
"""


@pytest.fixture
def small_guide(tmp_path: Path) -> Path:
    """A folder that loads; change a file and see what the loader says."""
    folder = tmp_path / "guides" / "small"
    folder.mkdir(parents=True)
    (folder / "guide.toml").write_text(GUIDE)
    (folder / "one.md").write_text(ONE)
    (folder / "two.md").write_text(TWO)
    return folder
