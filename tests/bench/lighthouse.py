"""`make lighthouse`: Google's auditor over every sort of public page, in the system's Chromium; prints its scores.

Accessibility, best practices and search have to reach LEAST on every page. Performance depends on the machine, so it is
printed with what it is made of: weight, layout shift, first paint on a throttled phone.
"""

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import update
from werkzeug.serving import make_server

from app.cli.guide import build_missing_guides
from app.cli.seed import seed_installation
from app.foundation.migrations import upgrade
from app.foundation.settings import Settings
from app.issues.models import Issue, IssueKind, IssueState
from app.issues.themes import set_themes
from app.issues.writing import Draft, create_issue
from app.web.factory import create_app
from app.wiring import Runtime, build_runtime

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "lighthouse"
LEAST = 95
CATEGORIES = ("accessibility", "best-practices", "seo", "performance")
PAGES = ("/", "/issues", "/issues/letter-0", "/issues/letter-1", "/topics/ownership", "/about", "/guides")
GUIDE = ("/guides/cx-buy-in", "/guides/cx-buy-in/sample", "/guides/cx-buy-in/map")


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A site with letters and guides on loopback; gives its address."""
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    settings = Settings(
        data_dir=folder,
        secret_key=SecretStr("for one measurement"),
        base_url=f"http://127.0.0.1:{server.server_port}",
        demo=True,
    )
    runtime = build_runtime(settings)
    upgrade(runtime.database.engine)
    _fill(runtime)
    build_missing_guides(runtime)
    server.app = create_app(runtime)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield settings.base_url
    finally:
        server.shutdown()
        thread.join(10)


def _fill(runtime: Runtime) -> None:
    letter = (ROOT / "app" / "cli" / "demo" / "letter.md").read_text("utf-8")
    links = (ROOT / "app" / "cli" / "demo" / "links.md").read_text("utf-8")
    now = runtime.clock()
    with runtime.database.writing() as session:
        seed_installation(session, now, runtime.settings)
        for number in range(30):
            kind = IssueKind.LINKS if number % 2 else IssueKind.LETTER
            draft = Draft(
                f"Letter {number}",
                "",
                "A line about it.",
                links if number % 2 else letter,
                f"letter-{number}",
            )
            issue = create_issue(session, now, kind, draft)
            out = {"state": IssueState.SENT, "sent_at": now - timedelta(days=number)}
            session.execute(update(Issue).where(Issue.id == issue.id).values(**out))
            set_themes(session, issue.id, "Ownership")


def audit(address: str, folder: Path) -> dict[str, Any]:
    """What Lighthouse says of one page."""
    report = folder / "report.json"
    subprocess.run(
        [
            *(str(TOOL / "node_modules" / ".bin" / "lighthouse"), address, "--quiet", "--output=json"),
            *(f"--output-path={report}", f"--only-categories={','.join(CATEGORIES)}"),
            "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
        ],
        check=True,
        timeout=300,
        env={**os.environ, "CHROME_PATH": shutil.which("chromium") or ""},
    )
    said: dict[str, Any] = json.loads(report.read_text())
    return said


def main() -> int:
    """Print a line a page; 1 when one falls short."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    short = []
    with tempfile.TemporaryDirectory(prefix="handoff-lighthouse-") as name, serving(Path(name)) as base:
        print(
            f"{'page':26} {'access':>6} {'best':>6} {'search':>6} {'speed':>6} {'bytes':>8} {'shift':>6} {'paint':>8}"
        )
        for page in (*PAGES, *GUIDE):
            said = audit(base + page, Path(name))
            scores = [round(said["categories"][each]["score"] * 100) for each in CATEGORIES]
            audits = said["audits"]
            numbers = [
                audits[each]["numericValue"] for each in ("total-byte-weight", "cumulative-layout-shift")
            ]
            paint = audits["first-contentful-paint"]["numericValue"]
            print(
                f"{page:26}",
                *(f"{score:6}" for score in scores),
                f"{numbers[0]:8.0f} {numbers[1]:6.3f} {paint:5.0f} ms",
            )
            short += [page for score in scores[:3] if score < LEAST]
    if short:
        print("below", LEAST, "on", ", ".join(sorted(set(short))))
    return 1 if short else 0


if __name__ == "__main__":
    sys.exit(main())
