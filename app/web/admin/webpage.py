"""The archive page of an issue that has not gone out: beside the editor, and as a file for a command."""

import re
from html import escape
from pathlib import Path

from flask import current_app

from app.issues.composing import Press, Words
from app.issues.framing import around_of, issue_id_of
from app.issues.preview import preview_web
from app.issues.series import place_of
from app.rendering.letter import web_line
from app.web.public.archive import issue_page
from app.web.public.letters import Letter
from app.web.state import now, reader

_SHEET = re.compile(r'<link rel="stylesheet" href="/static/([\w.-]+)\?[^"]*">')


def web_page(words: Words, press: Press) -> str:
    """The page as it would be; within a request or its like. Raises ContentError naming field and line."""
    seen = preview_web(reader(), words, press)
    issue_id = issue_id_of(reader(), words.slug)
    count = len(words.markdown.split())
    return issue_page(
        Letter(
            slug=words.slug,
            kind=words.kind,
            title=seen.title,
            preheader=web_line(words.preheader, field="preheader"),
            sent_at=now(),
            changed_at=now(),
            words=count,
            body=seen.body,
            guest=around_of(reader(), words.slug, press.links).guest,
        ),
        place=place_of(reader(), issue_id) if issue_id else None,
    )


def page_for_a_disk(page: str, base_url: str) -> str:
    """The same page to be opened from a folder: its style inside, its links to where the site really is."""
    folder = Path(current_app.static_folder or "")
    inside = _SHEET.sub(lambda found: f"<style>{(folder / found[1]).read_text('utf-8')}</style>", page)
    return inside.replace("<head>", f'<head>\n<base href="{escape(base_url)}/">', 1)
