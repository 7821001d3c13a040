"""What a guide is made of: the schema of guide.toml, of every chapter's front matter and of the handoff map.

The anatomy is data rather than prose so that one source can be a printed page, a web page, the function map and
the checks; a field that is missing or misspelt is then an error with a place, not a gap on page 31.
"""

from datetime import date
from enum import StrEnum
from itertools import combinations
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.guides.arithmetic import shown_number, work_out

Text = Annotated[str, StringConstraints(min_length=1)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]
Delay = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*[hd]$")]


class BusinessFunction(StrEnum):
    """The nine parts of a company whose decisions customers feel."""

    SALES = "sales"
    FINANCE = "finance"
    LEGAL = "legal"
    IT = "it"
    OPERATIONS = "operations"
    PRODUCT = "product"
    MARKETING = "marketing"
    HR = "hr"
    EXECUTIVE = "executive"

    @property
    def label(self) -> str:
        """The name a reader would use in a sentence."""
        return FUNCTION_LABELS[self]


FUNCTION_LABELS = {
    BusinessFunction.SALES: "Sales",
    BusinessFunction.FINANCE: "Finance",
    BusinessFunction.LEGAL: "Legal",
    BusinessFunction.IT: "IT",
    BusinessFunction.OPERATIONS: "Operations",
    BusinessFunction.PRODUCT: "Product",
    BusinessFunction.MARKETING: "Marketing",
    BusinessFunction.HR: "HR",
    BusinessFunction.EXECUTIVE: "Executive team",
}


_IN_A_HEADING = {BusinessFunction.EXECUTIVE: "the executive team"}


class Layout(StrEnum):
    """A book has a cover and a table of contents; a sheet is a page to pin up."""

    BOOK = "book"
    SHEET = "sheet"


class Matter(BaseModel):
    """A part of the schema: unknown fields are refused, so that a typo cannot pass for an omission."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Question(Matter):
    ask: Text
    answer: Text


class Landing(Matter):
    """What the guide's own page says to somebody who has not decided yet."""

    promise: Text
    inside: tuple[Text, ...] = Field(min_length=1)
    download_if: tuple[Text, ...] = Field(min_length=1)
    skip_if: tuple[Text, ...] = Field(min_length=1)
    questions: tuple[Question, ...] = ()
    sample: Slug | None = None


class GuideMatter(Matter):
    """guide.toml"""

    title: Text
    subtitle: Text
    slug: Slug
    edition: Text
    published: date
    author: Text
    languages: tuple[Language, ...] = Field(min_length=1)
    accent: Colour
    layout: Layout = Layout.BOOK
    imprint: Text
    chapters: tuple[Slug, ...] = Field(min_length=1)
    landing: Landing


class Decision(Matter):
    decision: Text
    felt: Text


class Metric(Matter):
    metric: Text
    drives: Text
    pair: Text


class Seam(Matter):
    where: Text
    how: Text


class Phrase(Matter):
    say: Text
    because: Text


class Sum(Matter):
    """One line of a worked example; the result must be what the working gives."""

    what: Text
    working: Text
    result: Text

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        shown, tolerance = shown_number(self.result)
        worked = work_out(self.working)
        if abs(worked - shown) > tolerance:
            raise ValueError(
                f"“{self.working}” comes to {worked:,.4g}, but the result shown is “{self.result}”"
            )
        return self


class Example(Matter):
    title: Text
    setting: Text
    sums: tuple[Sum, ...] = Field(min_length=3)
    reading: Text


class Step(Matter):
    when: Text
    do: Text


class Experiment(Matter):
    title: Text
    steps: tuple[Step, ...] = Field(min_length=3)
    measure: Text
    stop: Text


class Pole(Matter):
    name: Text
    gives: Text
    overdone: Text


class Polarity(Matter):
    """Two goods that need each other: neither wins, both are watched."""

    internal: Pole
    customer: Pole
    hold: Text


class MapEntry(Matter):
    """One card of the function map."""

    order: int = Field(ge=1, le=9)
    moment: Text
    decides: Text
    measured: Text
    felt: Text


class FlowStep(Matter):
    label: Text
    detail: Text


class ChapterMatter(Matter):
    title: Text
    strapline: Text
    summary: Text


class ProseMatter(ChapterMatter):
    kind: Literal["prose"]
    flow: tuple[FlowStep, ...] = ()
    index: bool = False


class FunctionMatter(ChapterMatter):
    kind: Literal["function"]
    function: BusinessFunction
    question: Text
    map: MapEntry
    decisions: tuple[Decision, ...] = Field(min_length=5)
    metrics: tuple[Metric, ...] = Field(min_length=3)
    lost: tuple[Seam, ...] = Field(min_length=3)
    unlocked: tuple[Seam, ...] = Field(min_length=3)
    land: tuple[Phrase, ...] = Field(min_length=3)
    backfire: tuple[Phrase, ...] = Field(min_length=3)
    example: Example
    experiment: Experiment
    polarity: Polarity


class MapMatter(ChapterMatter):
    kind: Literal["map"]


class SeamsMatter(ChapterMatter):
    kind: Literal["seams"]


class Blank(Matter):
    section: Text | None = None
    label: Text
    hint: Text
    lines: int = Field(ge=1, le=12)


class WorksheetMatter(ChapterMatter):
    kind: Literal["worksheet"]
    blanks: tuple[Blank, ...] = Field(min_length=1)


class PlanStep(Matter):
    days: Text
    do: Text
    done: Text


class Week(Matter):
    title: Text
    aim: Text
    steps: tuple[PlanStep, ...] = Field(min_length=1)


class PlanMatter(ChapterMatter):
    kind: Literal["plan"]
    weeks: tuple[Week, ...] = Field(min_length=1)


class Group(Matter):
    title: Text
    items: tuple[Text, ...] = Field(min_length=1)


class ChecklistMatter(ChapterMatter):
    kind: Literal["checklist"]
    groups: tuple[Group, ...] = Field(min_length=1)


AnyMatter = (
    ProseMatter | FunctionMatter | MapMatter | SeamsMatter | WorksheetMatter | PlanMatter | ChecklistMatter
)

CHAPTER_KINDS: dict[str, type[AnyMatter]] = {
    "prose": ProseMatter,
    "function": FunctionMatter,
    "map": MapMatter,
    "seams": SeamsMatter,
    "worksheet": WorksheetMatter,
    "plan": PlanMatter,
    "checklist": ChecklistMatter,
}

# A chapter's Markdown says where each of these stands, on a line of its own: {decisions}
PLACED_PARTS: dict[str, tuple[str, ...]] = {
    "prose": (),
    "function": ("decisions", "metrics", "seams", "phrases", "example", "experiment", "polarity"),
    "map": ("map",),
    "seams": ("pairs",),
    "worksheet": ("blanks",),
    "plan": ("weeks",),
    "checklist": ("groups",),
}


class HandoffPair(Matter):
    """Two functions, the place where work falls between them, and words that pick it up."""

    between: tuple[BusinessFunction, BusinessFunction]
    breaks: Text
    ask: Text
    phrase: Text

    @property
    def title(self) -> str:
        """“Sales and Finance”, as a heading says it."""
        names = [_IN_A_HEADING.get(function, FUNCTION_LABELS[function]) for function in self.between]
        return " and ".join(names)

    @property
    def key(self) -> frozenset[BusinessFunction]:
        """The two functions, whichever was named first."""
        return frozenset(self.between)


class HandoffMap(Matter):
    """map.toml: every pair of functions once."""

    pairs: tuple[HandoffPair, ...]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        seen = [pair.key for pair in self.pairs]
        for a, b in combinations(BusinessFunction, 2):
            count = seen.count(frozenset({a, b}))
            if count != 1:
                raise ValueError(f"the pair {a} and {b} must be there once; it is there {count} times")
        if any(len(key) == 1 for key in seen):
            raise ValueError("a pair must name two different functions")
        return self


class FollowUpCondition(StrEnum):
    """When a follow-up mail is worth its place in the inbox."""

    ALWAYS = "always"
    DOWNLOADED = "downloaded"
    NOT_DOWNLOADED = "not_downloaded"


class FollowUpMatter(Matter):
    subject: Text
    delay: Delay
    condition: FollowUpCondition
    function: BusinessFunction | None = None
    preview: Text
