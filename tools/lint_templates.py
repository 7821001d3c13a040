"""Checks every mail template strictly: composed with its sample, then validated by npm's mjml in one Node process.

The compiler that ships drops unknown tags and attributes without a word, so a misspelt one would only be seen in a
reader's mailbox. Run by `make lint-templates`.
"""

import json
import subprocess
import sys
from pathlib import Path

from app.foundation.errors import HandoffError
from app.rendering.mail import compose_mjml
from app.rendering.samples import mail_names, sample_context
from app.rendering.slots import SlotRegistry

ROOT = Path(__file__).resolve().parents[1]
EMAILS = ROOT / "emails"


def main() -> int:
    """Exit code 0 when every template is clean."""
    composed: list[dict[str, str]] = []
    problems: list[str] = []
    for name in mail_names(EMAILS):
        try:
            composed.append(
                {
                    "name": name,
                    "mjml": compose_mjml(EMAILS, name, sample_context(EMAILS, name, SlotRegistry())),
                }
            )
        except KeyError:
            problems.append(f"{name}: emails/_samples.json has no sample for it")
        except HandoffError as error:
            problems.append(f"{name}: {error}")
    linter = subprocess.run(  # noqa: S603 - our own script, fed by ourselves
        ["node", str(ROOT / "tools" / "lint_templates.mjs")],  # noqa: S607 - Node is on the PATH that make sets
        input=json.dumps(composed),
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
        cwd=ROOT,
    )
    if linter.returncode not in {0, 1}:
        problems.append(linter.stderr.strip())
    problems += [line for line in linter.stdout.splitlines() if line.strip()]
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    sys.stdout.write(f"{len(composed)} mail templates checked, {len(problems)} problems\n")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
