"""Pictures are drawn anew: whatever else a file was, only a picture is kept and served."""

import io
import re
import zlib

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from app.issues.models import IssueKind
from app.issues.writing import Draft, create_issue
from app.rendering.markdown import Places, to_html
from app.rendering.slots import SlotRegistry
from app.wiring import Runtime
from tests.web.admin.conftest import Browser

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def drawn(kind: str = "PNG", size: tuple[int, int] = (2000, 1000), mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "teal").save(out, kind)
    return out.getvalue()


@pytest.fixture
def path(runtime: Runtime) -> str:
    with runtime.database.writing() as session:
        issue = create_issue(session, runtime.clock(), IssueKind.LETTER, Draft("Owners"))
    return f"/admin/issues/{issue.id}/pictures"


def send(owner: Browser, path: str, raw: bytes, alt: str = "A map") -> tuple[int, str]:
    answer = owner.post(path, file=(io.BytesIO(raw), "map.png"), alt=alt)
    return answer.status_code, answer.text


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_kept_small_and_served_for_ever(
    studio: Flask, owner: Browser, path: str, kind: str
) -> None:
    status, page = send(owner, path, drawn(kind) + b"<script>alert(1)</script>")
    found = re.search(r"!\[A map\]\((/pictures/[0-9a-f]{32}-1280x640\.(?:jpg|png))\)", page)
    assert status == 200
    assert found is not None
    client: FlaskClient = studio.test_client()
    served = client.get(found[1])
    assert (served.status_code, str(served.mimetype)[:6]) == (200, "image/")
    assert "immutable" in served.headers["Cache-Control"]
    assert b"<script" not in served.data
    html = to_html(f"![A map]({found[1]})", SlotRegistry(), Places("https://letters.example"))
    assert 'width="568"' in html
    assert 'height="284"' in html


@pytest.mark.parametrize(
    "raw", [b"", SVG, b"GIF89a" + SVG, b"%PDF-1.7", drawn()[:200], b"x" * (8 * 1024 * 1024 + 1)]
)
def test_what_is_no_picture_is_refused(owner: Browser, path: str, raw: bytes) -> None:
    status, page = send(owner, path, raw)
    assert status == 400
    assert "/pictures/" not in page.replace(path, "")


def test_a_picture_that_would_unpack_to_gigabytes_is_not_unpacked(owner: Browser, path: str) -> None:
    small = drawn(size=(1, 1))
    size = (60_000).to_bytes(4, "big") * 2
    header = b"IHDR" + size + small[24:29]
    bomb = small[:12] + header + zlib.crc32(header).to_bytes(4, "big") + small[33:]
    status, page = send(owner, path, bomb)
    assert status == 400
    assert "40 million pixels" in page or "that can be read" in page


def test_a_picture_needs_words(owner: Browser, path: str) -> None:
    assert send(owner, path, drawn(), alt="  ")[0] == 400


def test_a_name_that_is_not_ours_finds_nothing(studio: Flask) -> None:
    for name in ("../secret_key", "0" * 32 + "-1x1.svg", "0" * 32 + "-1x1.jpg"):
        assert studio.test_client().get(f"/pictures/{name}").status_code == 404
