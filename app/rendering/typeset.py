"""Apostrophes as a printer sets them, for titles and names that come from plain files."""

import re


def typeset(text: str) -> str:
    """`Leader's` with the mark that belongs there, in the middle of a word and after one that ends in s."""
    return re.sub(r"(?<=\w)'(?=\w)|(?<=s)'(?=\s)", "’", text)
