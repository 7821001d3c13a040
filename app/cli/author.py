"""`handoff author …`: accounts for the studio, made where only the operator can reach."""

import click

from app.accounts.authors import create_author
from app.accounts.links import make_login_link, make_password_link
from app.accounts.models import Role
from app.accounts.queries import active_authors, find_author
from app.cli.opening import open_runtime, print_json
from app.foundation.errors import NotFound


@click.group("author")
def command() -> None:
    """Accounts for the studio."""


@command.command("create")
@click.argument("email")
@click.option("--name", default="", help="How the studio greets them.")
@click.option(
    "--role", type=click.Choice([role.value for role in Role]), default=Role.OWNER.value, show_default=True
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def create(email: str, name: str, role: str, as_json: bool) -> None:
    """Make an account and print a one-time link to set its password."""
    runtime = open_runtime()
    now = runtime.clock()
    with runtime.database.writing() as session:
        author = create_author(session, now, email, name=name, role=Role(role))
        link = runtime.links.admin(f"enter/{make_password_link(session, now, author)}")
    if as_json:
        print_json({"email": author.email, "role": role, "link": link})
        return
    click.echo(f"{author.email} may now enter the studio as {role}. Set a password within three days:")
    click.echo(link)


@command.command("link")
@click.argument("email")
@click.option("--password", is_flag=True, help="A link to set a new password instead of one to sign in.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def link(email: str, password: bool, as_json: bool) -> None:
    """Print a one-time link into the studio for an existing account."""
    runtime = open_runtime()
    now = runtime.clock()
    with runtime.database.writing() as session:
        author = find_author(session, email)
        if author is None or author.disabled_at is not None:
            raise NotFound(
                f"No author has the address {email}.", hint="`handoff author create` makes an account."
            )
        make = make_password_link if password else make_login_link
        url = runtime.links.admin(f"enter/{make(session, now, author)}")
    if as_json:
        print_json({"email": author.email, "link": url})
    else:
        click.echo(url)


@command.command("list")
def show_all() -> None:
    """Who may enter."""
    runtime = open_runtime()
    with runtime.database.reading() as session:
        for author in active_authors(session):
            click.echo(f"{author.email}\t{author.role.value}\t{author.name}")
