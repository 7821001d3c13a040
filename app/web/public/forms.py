"""The sign-up form as typed: read once, every wrong field told, shown again with what was typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from app.foundation.addresses import Address, parse_address
from app.foundation.errors import InvalidInput
from app.signup.joining import NO_TRAIL, JoinForm, Trail
from app.subscribers.consent import Evidence
from app.subscribers.models import Function
from app.subscribers.names import clean_name

TRAP = "website"
"""A field that people do not see; whoever fills it in is a program (A41)."""

FUNCTION_NAMES = {
    Function.CX: "Customer experience",
    Function.SALES: "Sales",
    Function.FINANCE: "Finance",
    Function.LEGAL: "Legal",
    Function.IT: "IT",
    Function.OPERATIONS: "Operations",
    Function.PRODUCT: "Product",
    Function.MARKETING: "Marketing",
    Function.HR: "People and HR",
    Function.EXECUTIVE: "Executive",
    Function.OTHER: "Something else",
}


@dataclass(frozen=True)
class FormState:
    """A form to show: what stands in it and what is wrong, by field."""

    values: Mapping[str, str] = field(default_factory=dict)
    topics: frozenset[str] = frozenset()
    errors: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True)
class TypedForm:
    """What came in. `form` is None when `state` has errors."""

    form: JoinForm | None
    state: FormState
    is_trap: bool


def read_join_form(
    typed: MultiDict[str, str],
    evidence: Evidence,
    *,
    offered: frozenset[str],
    guide_slug: str | None = None,
    trail: Trail = NO_TRAIL,
) -> TypedForm:
    """Check every field; topics that are not offered are an error, not silently dropped."""
    errors: dict[str, str] = {}
    address = _address(typed.get("email", ""), errors)
    first_name = _name(typed.get("first_name", ""), "first_name", errors)
    last_name = _name(typed.get("last_name", ""), "last_name", errors)
    function = read_function(typed.get("function", ""), errors)
    topics = frozenset(typed.getlist("topics"))
    if topics - offered:
        errors["topics"] = "One of these is not offered any more. Choose again."
    elif not topics and guide_slug is None:
        errors["topics"] = "Choose at least one."
    source = " ".join(typed.get("source", "").split())[:200]
    shown = {name: typed.get(name, "")[:400] for name in ("email", "first_name", "last_name", "function")}
    state = FormState(shown, topics & offered, errors, source)
    if errors or address is None:
        return TypedForm(None, state, bool(typed.get(TRAP)))
    form = JoinForm(
        address=address,
        evidence=evidence,
        topic_slugs=topics,
        guide_slug=guide_slug,
        first_name=first_name,
        last_name=last_name,
        function=function,
        source=source if source.isprintable() else "",
        trail=trail,
    )
    return TypedForm(form, state, bool(typed.get(TRAP)))


def _address(raw: str, errors: dict[str, str]) -> Address | None:
    if not raw.strip():
        errors["email"] = "Your mail address is missing. Write it like ada@example.com."
        return None
    try:
        return parse_address(raw)
    except InvalidInput as error:
        errors["email"] = f"{error.message} {error.hint or ''}".strip()
        return None


def _name(raw: str, name: str, errors: dict[str, str]) -> str:
    try:
        return clean_name(raw, field=name)
    except InvalidInput as error:
        errors[name] = f"{error.message} {error.hint or ''}".strip()
        return ""


def read_function(raw: str, errors: dict[str, str]) -> Function | None:
    """The chosen part of the organisation, or nothing."""
    if not raw:
        return None
    try:
        return Function(raw)
    except ValueError:
        errors["function"] = "Choose one from the list."
        return None
