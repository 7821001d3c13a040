"""The least that Flask can serve, from the same server as the site: what the archive's page is held against."""

from flask import Flask

PAGE = "<!doctype html><html lang=en><title>Bare</title><p>As little as a page can be.</p></html>"


def create_app() -> Flask:
    """One page that is a string."""
    app = Flask("bare")

    @app.get("/")
    def page() -> str:
        return PAGE

    return app
