"""veraPDF, the reference checker, on both guides and on readers' copies of them. Needs Java and Maven."""

import shutil
import subprocess
from pathlib import Path

import pytest

from app.guides.building import build_pdf
from app.guides.content import load_guide
from app.guides.personal import personal_copy

ROOT = Path(__file__).resolve().parents[2]
CHECKER = ROOT / "tests" / "fixtures" / "verapdf"

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not (shutil.which("mvn") and shutil.which("java")), reason="Java and Maven are not here"
    ),
]


def test_guides_and_readers_copies_are_pdf_ua_1(tmp_path: Path) -> None:
    sources = tmp_path / "src" / "main" / "java"
    sources.mkdir(parents=True)
    shutil.copy(CHECKER / "Check.java", sources)
    shutil.copy(CHECKER / "pom.xml", tmp_path)
    maven = [
        "mvn",
        "-q",
        "-B",
        "-ntp",
        "compile",
        "dependency:build-classpath",
        "-Dmdep.outputFile=classpath",
    ]
    subprocess.run(maven, cwd=tmp_path, check=True, capture_output=True)
    files = []
    for slug in ("cx-buy-in", "handoff-checklist"):
        content = load_guide(ROOT / "guides" / slug)
        original = build_pdf(content).pdf
        names = ("Alice Reader", "Łukasz Żółć", "محمد علي", "אברהם")
        copies = {
            name: personal_copy(original, content.matter.layout, name, "24 November 2026") for name in names
        }
        assert original not in copies.values()
        for number, data in enumerate((original, *copies.values())):
            files.append(f"{slug}-{number}.pdf")
            (tmp_path / files[-1]).write_bytes(data)
    classpath = f"target/classes:{(tmp_path / 'classpath').read_text()}"
    checked = subprocess.run(
        ["java", "-cp", classpath, "Check", *files], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    print(checked.stdout)
    lines = checked.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [[name, "true"] for name in files]
