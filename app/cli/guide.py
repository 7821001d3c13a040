"""`handoff guide …`: build the guides from their folders and make them the editions that are handed out."""

from dataclasses import asdict, dataclass

import click

from app.cli.opening import open_runtime, print_json
from app.guides.catalogue import find_guide, guide_folders
from app.guides.publishing import is_servable, prepare_guide, publish_guide
from app.guides.queries import newest_file
from app.wiring import Runtime


@dataclass(frozen=True)
class Built:
    """One guide as it is handed out now."""

    slug: str
    title: str
    edition: str
    pages: int
    bytes: int
    sha256: str
    seconds: float


def build_guide(runtime: Runtime, slug: str) -> Built:
    """Build one guide and publish it. Raises NotFound, or ContentError with file and line: then nothing is replaced."""
    prepared = prepare_guide(find_guide(runtime.settings.guides_dir, slug), runtime.storage)
    with runtime.database.writing() as session:
        file = publish_guide(session, runtime.clock(), prepared)
        return Built(
            file.slug,
            file.title,
            file.edition,
            file.pages,
            file.bytes,
            file.sha256,
            round(prepared.built.seconds, 2),
        )


def build_missing_guides(runtime: Runtime) -> tuple[Built, ...]:
    """For a start: guides that have no edition yet, or one that this version of the program cannot show."""
    slugs = [folder.name for folder in guide_folders(runtime.settings.guides_dir)]
    with runtime.database.reading() as session:
        newest = {slug: newest_file(session, slug) for slug in slugs}
        missing = [
            slug for slug, file in newest.items() if file is None or not is_servable(runtime.storage, file)
        ]
    return tuple(build_guide(runtime, slug) for slug in missing)


@click.group("guide")
def command() -> None:
    """The lead magnet: build it."""


@command.command("build")
@click.argument("slug", required=False)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output for each guide.")
def build(slug: str | None, as_json: bool) -> None:
    """Build one guide, or all of them. A source that does not build leaves the old edition in place."""
    runtime = open_runtime()
    slugs = [slug] if slug else [folder.name for folder in guide_folders(runtime.settings.guides_dir)]
    for each in slugs:
        built = build_guide(runtime, each)
        if as_json:
            print_json(asdict(built))
        else:
            click.echo(
                f"{built.slug}: {built.title}, edition {built.edition}, {built.pages} pages, "
                f"{built.bytes / 1000:.0f} kB, built in {built.seconds:.1f} s"
            )
