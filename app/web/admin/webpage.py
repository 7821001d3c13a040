"""The archive page of an issue that has not gone out: beside the editor, and as a file for a command."""

from pathlib import Path

from flask import current_app, render_template

from app.issues.composing import Press, Words
from app.issues.preview import preview_web


def web_page(words: Words, press: Press) -> str:
    """The page with its style inside, so that it can be looked at from a disk too; within a request or its like.

    Raises ContentError naming field and line.
    """
    seen = preview_web(words, press)
    sheet = Path(current_app.static_folder or "") / "house.css"
    return render_template(
        "admin/preview_web.html", title=seen.title, body=seen.body, css=sheet.read_text("utf-8")
    )
