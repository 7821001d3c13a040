"""What a file is, by its own first bytes; its name and the type its sender gave are claims.

Nothing here opens a file. What could run on the author's machine, or is something else than it says, is named.
"""

import re
from dataclasses import dataclass
from typing import Final

PROGRAM: Final = "a program"
TEXT: Final = "text"
UNKNOWN: Final = "unknown"

_STARTS: Final = (
    (b"%PDF-", "PDF"),
    (b"\x89PNG\r\n\x1a\n", "PNG picture"),
    (b"\xff\xd8\xff", "JPEG picture"),
    (b"GIF87a", "GIF picture"),
    (b"GIF89a", "GIF picture"),
    (b"BM", "BMP picture"),
    (b"II*\0", "TIFF picture"),
    (b"MM\0*", "TIFF picture"),
    (b"MZ", PROGRAM),
    (b"\x7fELF", PROGRAM),
    (b"\xca\xfe\xba\xbe", PROGRAM),
    (b"\xfe\xed\xfa\xce", PROGRAM),
    (b"\xfe\xed\xfa\xcf", PROGRAM),
    (b"\xcf\xfa\xed\xfe", PROGRAM),
    (b"\xce\xfa\xed\xfe", PROGRAM),
    (b"#!", PROGRAM),
    (b"L\0\0\0\x01\x14\x02\0", PROGRAM),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Office document"),
    (b"{\\rtf", "RTF document"),
    (b"PK\x03\x04", "ZIP archive"),
    (b"PK\x05\x06", "ZIP archive"),
    (b"Rar!\x1a\x07", "RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "7z archive"),
    (b"\x1f\x8b", "gzip archive"),
    (b"BZh", "bzip2 archive"),
    (b"\xfd7zXZ\0", "xz archive"),
    (b"ID3", "MP3 sound"),
    (b"OggS", "Ogg sound"),
    (b"fLaC", "FLAC sound"),
    (b"BEGIN:VCALENDAR", "calendar entry"),
    (b"BEGIN:VCARD", "contact"),
)
_OFFICE: Final = (("word/", "Word document"), ("xl/", "Excel sheet"), ("ppt/", "PowerPoint slides"))
_PICTURES: Final = frozenset(
    {
        "PNG picture",
        "JPEG picture",
        "GIF picture",
        "WebP picture",
        "AVIF picture",
        "BMP picture",
        "TIFF picture",
    }
)
_RUNS: Final = frozenset(
    re.findall(
        r"\S+",
        """ade adp apk app appref-ms appx bat chm cmd com cpl dll dmg docm exe hta inf ins iso jar js jse lnk mde msc
        msi msp mst osx pif pkg potm ppam pptm ps1 psm1 py reg rgs scf scr sct settingcontent-ms sh sys url vb vbe vbs
        vhd vhdx wsc wsf wsh xlam xll xlsm xltm""",
    )
)
_PAGES: Final = frozenset(
    ["htm", "html", "mht", "mhtml", "shtml", "svg", "svgz", "xht", "xhtml", "xml", "xsl"]
)
_ENDINGS: Final = {
    "pdf": {"PDF"},
    "png": {"PNG picture"},
    "jpg": {"JPEG picture"},
    "jpeg": {"JPEG picture"},
    "gif": {"GIF picture"},
    "webp": {"WebP picture"},
    "docx": {"Word document"},
    "xlsx": {"Excel sheet"},
    "pptx": {"PowerPoint slides"},
    "zip": {"ZIP archive"},
    "txt": {TEXT, "calendar entry", "contact"},
    "csv": {TEXT},
    "md": {TEXT},
}
_MARKUP: Final = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|script|svg|iframe|\?xml|!entity)\b", re.IGNORECASE
)
_HIDDEN: Final = (b"PK\x05\x06", b"<script", b"%PDF-", b"<?php", b"\x7fELF", b"This program cannot be run")
_CONTROL: Final = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")
_HEAD: Final = 4096
_TAIL: Final = 64 * 1024


@dataclass(frozen=True)
class Sniffed:
    """`warning` is a sentence for the author, empty when the file is what it says and runs nowhere."""

    kind: str
    warning: str = ""

    @property
    def is_picture(self) -> bool:
        return self.kind in _PICTURES


def sniff(data: bytes, name: str) -> Sniffed:
    """What the bytes say, held against the name."""
    kind = _kind_of(data)
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if kind == PROGRAM or ending in _RUNS:
        return Sniffed(kind, "This could run on your computer. Do not open it unless you asked for it.")
    if kind == "web page" or ending in _PAGES:
        return Sniffed(kind, "This is a page that can run scripts when opened. Look at it as text only.")
    expected = _ENDINGS.get(ending)
    if expected and kind not in expected:
        return Sniffed(kind, f"Its name says .{ending}, its contents say {kind}.")
    if kind in _PICTURES and _hides_something(data):
        return Sniffed(kind, "Something else is hidden in this picture; it is shown redrawn, without it.")
    if kind.endswith("archive"):
        return Sniffed(kind, "An archive: what is inside has not been looked at.")
    return Sniffed(kind)


def _kind_of(data: bytes) -> str:
    head = data[:_HEAD]
    if not head:
        return "empty"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP picture"
    if head[4:8] == b"ftyp":
        return "AVIF picture" if head[8:12] in {b"avif", b"avis"} else "video or sound"
    kind = next((name for start, name in _STARTS if head.startswith(start)), "")
    if kind == "ZIP archive":
        return _zip_kind(data)
    if kind:
        return kind
    if _MARKUP.search(head.replace(b"\0", b"")):
        return "web page"
    return UNKNOWN if _CONTROL.search(head) else TEXT


def _zip_kind(data: bytes) -> str:
    """Office documents are ZIP files with known folders in them; the directory stands at the end."""
    seen = data[:_HEAD] + data[-_TAIL:]
    if b"[Content_Types].xml" not in seen:
        return "ZIP archive"
    return next((name for folder, name in _OFFICE if folder.encode() in seen), "ZIP archive")


def _hides_something(data: bytes) -> bool:
    inside = data[16:_TAIL] + data[-_TAIL:]
    return any(mark in inside for mark in _HIDDEN)
