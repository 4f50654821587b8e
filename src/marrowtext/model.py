"""The values that pass between the stages: frozen, slotted, without behaviour of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, Protocol

__all__ = [
    "Assertion",
    "AssociatedConcept",
    "AssociatedFinding",
    "AssociatedReading",
    "Change",
    "Concept",
    "Finding",
    "Highlight",
    "Laterality",
    "LateralitySource",
    "Pattern",
    "Reading",
    "Rejected",
    "Report",
    "Section",
    "SectionName",
    "Sentence",
    "Splitter",
    "Token",
]


class Concept(StrEnum):
    """Under which name a report speaks of bone marrow edema, most explicit first."""

    EDEMA = "edema"
    CONTUSION = "contusion"
    STRESS_REACTION = "stress_reaction"
    MODIC_1 = "modic_1"
    SIGNAL = "signal"


class AssociatedConcept(StrEnum):
    """What a finding beside the edema is."""

    FRACTURE = "fracture"
    FRACTURE_LINE = "fracture_line"
    STRESS_FRACTURE = "stress_fracture"
    INSUFFICIENCY_FRACTURE = "insufficiency_fracture"
    OSTEONECROSIS = "osteonecrosis"
    SUBCHONDRAL_COLLAPSE = "subchondral_collapse"
    SUBCHONDRAL_CYST = "subchondral_cyst"
    CARTILAGE_LOSS = "cartilage_loss"
    EFFUSION = "effusion"
    SYNOVITIS = "synovitis"
    EROSION = "erosion"
    LABRAL_TEAR = "labral_tear"
    MENISCAL_TEAR = "meniscal_tear"
    LIGAMENT_TEAR = "ligament_tear"
    TENDON_TEAR = "tendon_tear"
    DISLOCATION = "dislocation"
    BURSITIS = "bursitis"
    ENTHESITIS = "enthesitis"
    INFECTION = "infection"
    SCLEROSIS = "sclerosis"
    FATTY_CHANGE = "fatty_change"
    HARDWARE = "hardware"
    MASS = "mass"
    OSTEOCHONDRAL_LESION = "osteochondral_lesion"
    TENOSYNOVITIS = "tenosynovitis"
    LOOSE_BODY = "loose_body"
    ANKYLOSIS = "ankylosis"


class Assertion(StrEnum):
    """What the report claims about a mention."""

    PRESENT = "present"
    ABSENT = "absent"
    POSSIBLE = "possible"
    HYPOTHETICAL = "hypothetical"
    HISTORICAL = "historical"


class Change(StrEnum):
    """How the edema changed since an earlier exam, where the report says so."""

    NEW = "new"
    INCREASED = "increased"
    DECREASED = "decreased"
    UNCHANGED = "unchanged"
    RESOLVED = "resolved"


class Laterality(StrEnum):
    """The side of the body."""

    LEFT = "left"
    RIGHT = "right"
    BILATERAL = "bilateral"


class LateralitySource(StrEnum):
    """Where the side was read, in order of precedence."""

    MENTION = "mention"
    SENTENCE = "sentence"
    HEADING = "heading"
    TITLE = "title"
    METADATA = "metadata"
    INDICATION = "indication"


class SectionName(StrEnum):
    """The part of the report that a mention stands in."""

    INDICATION = "indication"
    TECHNIQUE = "technique"
    COMPARISON = "comparison"
    FINDINGS = "findings"
    IMPRESSION = "impression"
    ADDENDUM = "addendum"
    OTHER = "other"


class Pattern(StrEnum):
    """What the report says the edema is due to or part of."""

    TRAUMATIC = "traumatic"
    STRESS_REACTION = "stress_reaction"
    STRESS_FRACTURE = "stress_fracture"
    INSUFFICIENCY_FRACTURE = "insufficiency_fracture"
    OSTEOCHONDRAL = "osteochondral"
    DEGENERATIVE = "degenerative"
    OSTEONECROSIS = "osteonecrosis"
    INFLAMMATORY = "inflammatory"
    TRANSIENT = "transient"
    INFECTIOUS = "infectious"
    NEOPLASTIC = "neoplastic"
    POSTOPERATIVE = "postoperative"
    REACTIVE = "reactive"
    NEUROPATHIC = "neuropathic"
    UNSPECIFIED = "unspecified"


@dataclass(frozen=True, slots=True)
class Report:
    """One report as it came in.

    `title`, `side`, `body_part`, `modality`, `patient_id` and `study_date` are what the input says of the exam in
    columns of their own. Title, side and body part say of which side and region the exam is; the others reach the
    reports table unread. `carried` holds input columns that the user asked to carry along.
    """

    id: str
    text: str
    title: str | None = None
    carried: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    side: Laterality | None = None
    body_part: str | None = None
    modality: str | None = None
    patient_id: str | None = None
    study_date: str | None = None


class Token(NamedTuple):
    """A word or a sign of the text. `norm` is lower-cased, with known misspellings and variants made one.

    A tuple, as each report has hundreds: a frozen dataclass takes three times as long to make.
    """

    start: int
    end: int
    norm: str


class Section(NamedTuple):
    """A stretch of text under one heading. `heading` holds the offsets of the heading's words, if any."""

    name: SectionName
    start: int
    end: int
    heading: tuple[int, int] | None = None
    rule: str | None = None


class Splitter(Protocol):
    """Gives the words of any stretch of a text."""

    def tokens(self, start: int, end: int) -> tuple[Token, ...]:
        """Give the tokens of a stretch."""
        ...

    def norms(self, start: int, end: int) -> tuple[str, ...]:
        """Give the normal forms of its words alone."""
        ...

    def opening(self, start: int, end: int, count: int) -> tuple[str, ...]:
        """Give the normal forms of its first words alone."""
        ...


class Sentence:
    """One sentence or list item, the section it is in, and the heading words it stands under.

    Its words are read when they are first asked for: most sentences of a report are never read.
    """

    __slots__ = ("_norms", "_tokens", "end", "headings", "section", "splitter", "start")

    def __init__(
        self, start: int, end: int, section: Section, headings: tuple[tuple[int, int], ...], splitter: Splitter
    ) -> None:
        self.start = start
        self.end = end
        self.section = section
        self.headings = headings
        self.splitter = splitter
        self._tokens: tuple[Token, ...] | None = None
        self._norms: tuple[str, ...] | None = None

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The words and signs of the sentence, in order."""
        if self._tokens is None:
            self._tokens = self.splitter.tokens(self.start, self.end)
        return self._tokens

    @property
    def norms(self) -> tuple[str, ...]:
        """The normal forms of the tokens: enough to see that there is nothing to read in them."""
        if self._norms is None:
            known = self._tokens
            self._norms = tuple([token.norm for token in known]) if known else self.splitter.norms(self.start, self.end)
        return self._norms

    def opening(self, count: int) -> tuple[str, ...]:
        """Give the normal forms of the first `count` tokens, for which the others need not be read."""
        if self._norms is None:
            return self.splitter.opening(self.start, self.end, count)
        return self._norms[:count]

    def placed_in(self, section: Section) -> Sentence:
        """Give the same sentence in another section."""
        placed = Sentence(self.start, self.end, section, self.headings, self.splitter)
        placed._tokens, placed._norms = self._tokens, self._norms
        return placed


@dataclass(frozen=True, slots=True)
class Rejected:
    """A candidate mention that made no row, and the rule or the reason that rejected it."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of the findings table: a mention at one site and side. Offsets are code points of the text."""

    report_id: str
    finding: int
    section: SectionName
    concept: Concept
    mention: str
    start: int
    end: int
    sentence: str
    assertion: Assertion
    change: Change | None
    site: str | None
    region: str | None
    bone: str | None
    level: str | None
    zone: str | None
    laterality: Laterality | None
    laterality_source: LateralitySource | None
    subchondral: bool
    pattern: Pattern
    pattern_assertion: Assertion | None
    pattern_evidence: str | None
    severity: str | None
    extent: str | None
    acuity: str | None
    size_mm: float | None
    grade_system: str | None
    grade: str | None
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AssociatedFinding:
    """One row of the associated table: a finding beside the edema, at one site and side. Offsets are code points."""

    report_id: str
    associated: int
    section: SectionName
    concept: AssociatedConcept
    mention: str
    start: int
    end: int
    sentence: str
    assertion: Assertion
    change: Change | None
    structure: str | None
    site: str | None
    region: str | None
    bone: str | None
    level: str | None
    zone: str | None
    laterality: Laterality | None
    laterality_source: LateralitySource | None
    size_mm: float | None
    grade_system: str | None
    grade_version: str | None
    grade: str | None
    grade_words: str | None
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Highlight:
    """A stretch of text that `explain` marks: a mention, site, cue, … and the rule that found it."""

    start: int
    end: int
    kind: str
    rule: str


@dataclass(frozen=True, slots=True)
class Reading:
    """All that the pipeline says of one report."""

    report: Report
    findings: tuple[Finding, ...]
    rejected: tuple[Rejected, ...]
    highlights: tuple[Highlight, ...]


@dataclass(frozen=True, slots=True)
class AssociatedReading:
    """The associated findings of one report, the names in it that made no row, and what was matched where."""

    report: Report
    findings: tuple[AssociatedFinding, ...]
    rejected: tuple[Rejected, ...]
    highlights: tuple[Highlight, ...]
