"""The weekly mail to the authors: what readers said."""

from typing import Final

WEEKLY_KEY: Final = "weekly-replies:"
