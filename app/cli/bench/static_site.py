"""The site under measurement, with one file beside it that anybody may have: what a gated download is held against."""

from flask import Flask, send_from_directory
from flask.typing import ResponseReturnValue

from app.foundation.settings import load_settings
from app.web.factory import create_app as create_site

OPEN_FILE = "open.pdf"
OPEN_PATH = f"/static/bench/{OPEN_FILE}"


def create_app() -> Flask:
    """The whole application, and OPEN_FILE of the data directory served as Flask serves its static files."""
    app = create_site()
    folder = load_settings().data_dir

    def serve() -> ResponseReturnValue:
        return send_from_directory(folder, OPEN_FILE)

    app.add_url_rule(OPEN_PATH, "bench_open_file", serve)
    return app
