"""The look of what an author writes, as CSS that is written onto each element: mail clients drop style sheets.

Only the Markdown part is styled here; the frame around it and the dark colours are in `emails/_layout.mjml`.
"""

from functools import lru_cache
from typing import Final

import css_inline

from app.rendering.brand import Palette

SERIF: Final = "Georgia, 'Times New Roman', serif"
SANS: Final = "-apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"
INK: Final = "#1d1c19"
MUTED: Final = "#5a564d"

_CSS: Final = """
p {{ margin: 0 0 18px; }}
h2 {{ margin: 36px 0 12px; font-family: {serif}; font-size: 25px; line-height: 1.25; font-weight: bold; }}
h3 {{ margin: 28px 0 10px; font-family: {serif}; font-size: 20px; line-height: 1.3; font-weight: bold; }}
h4, h5, h6 {{ margin: 24px 0 8px; font-size: 18px; line-height: 1.4; font-weight: bold; }}
ul, ol {{ margin: 0 0 18px 24px; padding: 0; }}
li {{ margin: 0 0 8px; padding: 0; }}
li p {{ margin: 0 0 8px; }}
hr {{ margin: 32px 0; border: 0; border-top: 1px solid #dcd4c5; }}
a.link {{ color: {link}; text-decoration: underline; }}
blockquote {{ margin: 0 0 18px; padding: 0 0 0 18px; border-left: 3px solid #dcd4c5; }}
code {{ font-family: Consolas, Menlo, monospace; font-size: 15px; }}
pre {{ margin: 0 0 18px; padding: 12px 14px; background-color: #f0eadf; white-space: pre-wrap; }}
img.picture {{ display: block; max-width: 100%; height: auto; border: 0; font-size: 15px;
  line-height: 1.4; font-style: italic; }}
table.grid {{ width: 100%; margin: 0 0 18px; border-collapse: collapse; font-family: {sans}; font-size: 16px; }}
table.grid th, table.grid td {{ padding: 8px 10px; border-bottom: 1px solid #dcd4c5; vertical-align: top;
  word-break: normal; }}
table.block {{ margin: 0 0 24px; border-collapse: separate; }}
td.cell {{ font-family: {serif}; font-size: 18px; line-height: 1.6; color: {ink}; text-align: left; }}
td.cell h3 {{ margin: 0 0 10px; }}
td.cell-button {{ background-color: {accent}; border-radius: 2px; mso-padding-alt: 14px 28px; text-align: center; }}
a.button-link {{ display: inline-block; padding: 14px 28px; color: {on_accent}; font-weight: bold;
  line-height: 1.3; text-decoration: none; border-radius: 2px; font-family: {sans}; font-size: 17px; }}
td.cell-quote {{ padding: 4px 0 0 20px; border-left: 4px solid {accent}; }}
td.cell-quote p {{ font-family: {serif}; font-size: 21px; line-height: 1.45; font-style: italic;
  margin: 0 0 6px; }}
td.cell-question {{ padding: 22px 24px 6px; background-color: #e4ede8; }}
td.cell-question p {{ font-family: {serif}; font-size: 22px; line-height: 1.4; }}
td.cell-download-if, td.cell-skip-if, td.cell-reach-out, td.cell-forward, td.cell-subscribe {{
  padding: 20px 24px 6px; background-color: #f5f0e6; }}
td.cell-download-if {{ border-left: 4px solid {accent}; background-color: #e4ede8; }}
td.cell-skip-if {{ border-left: 4px solid #8a8273; }}
td.cell-author {{ padding: 18px 0 2px; border-top: 3px solid {accent}; border-bottom: 1px solid #dcd4c5; }}
td.cell-subscribe {{ background-color: #e4ede8; }}
td.cell-ps {{ padding: 20px 0 0; border-top: 1px solid #dcd4c5; }}
"""


def style(fragment: str, colours: Palette) -> str:
    """The fragment with the look written onto each element; classes stay for the dark rules."""
    return str(_inliner().inline_fragment(fragment, _sheet(colours)))


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False)


@lru_cache(maxsize=8)
def _sheet(colours: Palette) -> str:
    return _CSS.format(
        serif=SERIF,
        sans=SANS,
        ink=INK,
        accent=colours.accent,
        on_accent=colours.on_accent,
        link=colours.link,
    )
