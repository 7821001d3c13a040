"""Sample contexts for the mails in `emails/`, kept beside them in `_samples.json`: for the lint and for previews."""

import json
from pathlib import Path
from typing import Any

from app.rendering.around import Around, GuestLine, SeriesLine
from app.rendering.brand import Brand
from app.rendering.letter import letter_context
from app.rendering.markdown import to_html, to_text
from app.rendering.slots import SlotRegistry


def mail_names(emails_dir: Path) -> tuple[str, ...]:
    """The folders under `emails/`, one for each mail."""
    return tuple(sorted(folder.name for folder in emails_dir.iterdir() if (folder / "subject.txt").is_file()))


def sample_context(emails_dir: Path, name: str, registry: SlotRegistry) -> dict[str, object]:
    """What `render_mail` needs for the mail `name`. Raises KeyError for a mail without a sample."""
    samples: dict[str, Any] = json.loads((emails_dir / "_samples.json").read_text("utf-8"))
    brand, base_url = Brand(**samples["brand"]), str(samples["base_url"])
    sample = samples[name]
    if name == "followup":
        words = "\n".join(sample["markdown"])
        body = {"body_html": to_html(words, registry), "body_text": to_text(words, registry)}
        return {**sample, **body, "after_html": "", "after_text": "", "brand": brand, "base_url": base_url}
    if name in {"answer", "acknowledgement"}:
        words = "\n".join(sample["markdown"])
        body = {"body_html": to_html(words, registry), "body_text": to_text(words, registry)}
        return {**sample, **body, "brand": brand, "base_url": base_url}
    if "markdown" in sample:
        return letter_context(
            name,
            registry,
            title=sample["title"],
            subject=sample["subject"],
            preheader=sample["preheader"],
            markdown="\n".join(sample["markdown"]),
            brand=brand,
            base_url=base_url,
            web_url=base_url + "/issues/sample",
            guide_url=base_url + "/guides/field-guide",
            around=_around(sample),
        )
    return {**sample, "brand": brand, "base_url": base_url}


def _around(sample: dict[str, Any]) -> Around:
    if "series" not in sample:
        return Around()
    guest = {**sample["guest"], "bio": tuple(sample["guest"]["bio"])}
    return Around(SeriesLine(**sample["series"]), GuestLine(**guest))
