"""The site under measurement, with one file beside it that anybody may have: what a gated download is held against.

It is there twice: sent as this server sends its static files, and out of memory with no question asked, which is the
most that the gate could leave of the server's speed.
"""

from flask import Flask, Response, send_from_directory
from flask.typing import ResponseReturnValue

from app.foundation.settings import load_settings
from app.web.factory import create_app as create_site

OPEN_FILE = "open.pdf"
OPEN_PATH = f"/static/bench/{OPEN_FILE}"
BARE_PATH = "/bench/bare"


def create_app() -> Flask:
    """The whole application, and OPEN_FILE of the data directory served as Flask serves its static files."""
    app = create_site()
    folder = load_settings().data_dir

    def serve() -> ResponseReturnValue:
        return send_from_directory(folder, OPEN_FILE)

    data = (folder / OPEN_FILE).read_bytes()
    app.add_url_rule(OPEN_PATH, "bench_open_file", serve)
    app.add_url_rule(BARE_PATH, "bench_bare", lambda: Response(data, mimetype="application/pdf"))
    return app
