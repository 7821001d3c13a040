"""Writing: a new issue or an imported one, the editor, and the preview beside it."""

from html import escape
from secrets import token_hex

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.roles import Action
from app.foundation.errors import HandoffError, InvalidInput
from app.issues.composing import Words
from app.issues.guests import guest_of, set_guest
from app.issues.importing import ImportedDraft, import_links, import_text
from app.issues.models import Issue, IssueKind, IssueState
from app.issues.preview import SAMPLE_FUNCTION
from app.issues.queries import get_issue
from app.issues.writing import EDITABLE, Draft, EditedMeanwhile, create_issue, discard_issue, save_issue
from app.publication.settings import get_publication
from app.rendering.letter import functions_of
from app.web.admin.desk import FUNCTIONS_READ_AS, draft_of_form, press, version_of_form
from app.web.admin.guard import allows, author
from app.web.admin.previewing import preview_page
from app.web.state import now, reader, writer

bp = Blueprint("writing", __name__)

FORMS = ("desktop", "phone", "dark", "inbox", "text", "web", "check")
TOOLS = (
    ("H", "Heading", "## ", ""),
    ("B", "Bold", "**", "**"),
    ("I", "Italic", "*", "*"),
    ("Link", "Link", "[", "](https://)"),
    ("List", "List", "- ", ""),
    ("Name", "The reader’s name", "{first_name|", "}"),
    ("Button", "Box: button", "\n::: button\n[", "](https://)\n:::\n"),
    *(
        (word, f"Box: {word.lower()}", f"\n::: {name}\n", "\n:::\n")
        for word, name in (
            ("Quote", "quote"),
            ("Question", "question"),
            ("Download if", "download-if"),
            ("Skip if", "skip-if"),
            ("PS", "ps"),
            ("Author", "author"),
        )
    ),
    ("Forward", "Box: forward", "\n::: forward\n", "[Send it to a colleague](/forward)\n:::\n"),
    ("Subscribe", "Box: subscribe", "\n::: subscribe\n", "[Get it yourself](/)\n:::\n"),
    (
        "Only for",
        "Words for readers of one function, shown to nobody else",
        "\n::: for finance\n",
        "\n:::\n",
    ),
    (
        "Reach out",
        "Box: three ways to answer, each with an address of its own",
        "\n::: reach-out\n",
        "\n\n- [Have feedback? Tell me.](mailto:feedback)\n- [Stuck? Describe it to me.](mailto:stuck)\n"
        "- [Just saying hello?](mailto:hello)\n:::\n",
    ),
    ("Divider", "Divider", "\n***\n", ""),
)
"""The toolbar: what stands on a button, what it is, and what it puts before and after the chosen words."""


@bp.get("/issues/new")
@allows(Action.WRITE)
def new() -> ResponseReturnValue:
    kind = _kind(request.args.get("kind"))
    return render_template(
        "admin/new.html", kind=kind, way=request.args.get("way", "write"), once=token_hex(12)
    )


@bp.post("/issues/new")
@allows(Action.WRITE)
def create() -> ResponseReturnValue:
    kind = _kind(request.form.get("kind"))
    try:
        issue = create_issue(
            writer(),
            now(),
            kind,
            Draft(title=request.form.get("title", "")),
            author_id=author().id,
            form_key=_form_key(),
        )
    except InvalidInput as error:
        return render_template(
            "admin/new.html", kind=kind, way="write", error=error, once=token_hex(12)
        ), error.status
    writer().commit()
    return redirect(url_for("studio.writing.edit", issue_id=issue.id), 303)


@bp.post("/issues/import")
@allows(Action.WRITE)
def bring_in() -> ResponseReturnValue:
    """A file or pasted words become a draft; what was guessed is said before it is opened."""
    kind = _kind(request.form.get("kind"))
    try:
        draft = _imported(kind)
        words = Draft(
            request.form.get("title", "").strip() or draft.title,
            draft.subject,
            draft.preheader,
            draft.markdown,
        )
        issue = create_issue(
            writer(), now(), kind, words, author_id=author().id, notes=draft.notes, form_key=_form_key()
        )
        if draft.guest and guest_of(writer(), issue.id) is None:
            set_guest(writer(), issue.id, draft.guest)
    except InvalidInput as error:
        page = render_template(
            "admin/new.html",
            kind=kind,
            way="import",
            error=error,
            pasted=request.form.get("pasted", ""),
            once=token_hex(12),
        )
        return page, error.status
    writer().commit()
    return redirect(url_for("studio.writing.brought_in", issue_id=issue.id), 303)


@bp.get("/issues/<int:issue_id>/imported")
@allows(Action.SEE)
def brought_in(issue_id: int) -> ResponseReturnValue:
    """What was guessed, to be looked over; it stays beside the draft."""
    issue = get_issue(reader(), issue_id)
    return render_template("admin/imported.html", issue=issue, notes=issue.import_notes.splitlines())


@bp.get("/issues/<int:issue_id>/edit")
@allows(Action.SEE)
def edit(issue_id: int) -> ResponseReturnValue:
    issue = get_issue(reader(), issue_id)
    return _editor(issue, draft_of(issue), issue.version)


@bp.post("/issues/<int:issue_id>/edit")
@allows(Action.WRITE)
def save(issue_id: int) -> ResponseReturnValue:
    """Whatever goes wrong, the author's words come back in the form (nothing is lost)."""
    words = draft_of_form()
    try:
        save_issue(writer(), now(), issue_id, version_of_form(), words, author_id=author().id)
        writer().commit()
    except EditedMeanwhile as error:
        return _editor(error.theirs, words, error.theirs.version, error, theirs=error.theirs), error.status
    except HandoffError as error:
        issue = get_issue(reader(), issue_id)
        return _editor(issue, words, issue.version, error), error.status
    if request.form.get("then") == "schedule":
        return redirect(url_for("studio.scheduling.show", issue_id=issue_id), 303)
    return redirect(url_for("studio.writing.edit", issue_id=issue_id, said="saved"), 303)


@bp.post("/issues/<int:issue_id>/preview")
@allows(Action.SEE)
def preview(issue_id: int) -> ResponseReturnValue:
    """The words of the form as readers would see them; `form` says how. Saves nothing."""
    issue, words = get_issue(reader(), issue_id), draft_of_form()
    return preview_page(
        Words(issue.kind, issue.slug, words.title, words.subject, words.preheader, words.markdown)
    )


@bp.get("/issues/<int:issue_id>/preview")
@allows(Action.SEE)
def preview_saved(issue_id: int) -> ResponseReturnValue:
    """The saved words, for pages that only look."""
    issue = get_issue(reader(), issue_id)
    return preview_page(
        Words(issue.kind, issue.slug, issue.title, issue.subject, issue.preheader, issue.markdown)
    )


@bp.post("/issues/<int:issue_id>/throw-away")
@allows(Action.WRITE)
def throw_away(issue_id: int) -> ResponseReturnValue:
    discard_issue(writer(), issue_id)
    writer().commit()
    return redirect(url_for("studio.issues.show", said="thrown-away"), 303)


def draft_of(issue: Issue) -> Draft:
    """The saved words, as the editor's form holds them."""
    return Draft(issue.title, issue.subject, issue.preheader, issue.markdown, issue.slug)


def _editor(
    issue: Issue, words: Draft, version: int, error: HandoffError | None = None, theirs: Issue | None = None
) -> str:
    return render_template(
        "admin/edit.html",
        issue=issue,
        words=words,
        version=version,
        error=error,
        theirs=theirs,
        editable=issue.state in EDITABLE,
        scheduled=issue.state is IssueState.SCHEDULED,
        forms=FORMS,
        tools=TOOLS,
        functions=FUNCTIONS_READ_AS,
        read_as=SAMPLE_FUNCTION,
        speaks_to=_speaks_to(issue),
    )


def _speaks_to(issue: Issue) -> list[str]:
    """The functions that the saved text has words for; none while it cannot be read."""
    try:
        return functions_of(issue.kind.value, issue.markdown)
    except HandoffError:
        return []


def _imported(kind: IssueKind) -> ImportedDraft:
    file = request.files.get("file")
    raw: str | bytes = request.form.get("pasted", "")
    name = None
    if file is not None and file.filename:
        raw, name = file.read(), escape(file.filename)[:200]
    if not raw.strip():
        raise InvalidInput("Choose a file, or paste the text.", field="file")
    if kind is IssueKind.LINKS:
        return import_links(raw, filename=name)
    linkedin = get_publication(reader()).linkedin_url
    return import_text(raw, filename=name, guide_url=press().guide_url, linkedin_url=linkedin or None)


def _form_key() -> str:
    """What tells this form from every other: a second press, or a reload, makes no second draft."""
    return f"{author().id}:{request.form['once']}"[:64] if request.form.get("once") else ""


def _kind(raw: str | None) -> IssueKind:
    return IssueKind(raw) if raw in set(IssueKind) else IssueKind.LETTER
