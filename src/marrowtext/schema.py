"""The schema of the rules: what a rule of each kind may say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from marrowtext.model import Assertion, AssociatedConcept, Change, Concept, Laterality, Pattern, SectionName
from marrowtext.words import expand_term

__all__ = [
    "ID_PATTERN",
    "AssociatedRule",
    "AttributeRule",
    "CauseRule",
    "Choice",
    "ConflictPolicy",
    "CueRule",
    "ExampleRule",
    "GradeRule",
    "Grammar",
    "HeadingRule",
    "LookalikeRule",
    "MentionRule",
    "NameRule",
    "Policy",
    "RadlexCodes",
    "ResolutionPolicy",
    "SideRule",
    "SiteRule",
    "Skeleton",
    "StructureRule",
]

_Term = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
ID_PATTERN = r"^[a-z0-9_]+(\.[a-z0-9_]+)*$"
"""What the id of a rule looks like."""
_Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
_Radlex = Annotated[str, StringConstraints(pattern=r"^RID[1-9][0-9]*$")]
Choice = Literal["surest", "section", "most_specific", "highest"]
"""By what one row is chosen before another."""

# The values that the columns with a closed list may hold.
_ATTRIBUTE_VALUES = {
    "severity": ("minimal", "mild", "moderate", "severe"),
    "extent": ("focal", "multifocal", "patchy", "linear", "diffuse", "extensive"),
    "acuity": ("acute", "subacute", "chronic"),
    "subchondral": ("true",),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ExampleRule(_Strict):
    """What every rule has: an id, its terms, and examples that it must find and near misses that it must leave.

    `replace` puts it in the place of the rule of that id in a folder before.
    """

    id: _Id
    terms: tuple[_Term, ...] = Field(min_length=1)
    finds: tuple[_Term, ...] = Field(min_length=1)
    skips: tuple[_Term, ...] = Field(min_length=1)
    replace: bool = False

    @property
    def beside(self) -> bool:
        """Whether its examples show rows of the associated table, not of the findings table."""
        return False

    def phrases(self) -> Iterator[tuple[str, str]]:
        """Yield each form of the rule (`term` unless it has others) with each phrase, alternatives written out."""
        for term in self.terms:
            for phrase in expand_term(term):
                yield "term", phrase


class NameRule(ExampleRule):
    """A name of bone marrow edema or of a finding beside it: what the stages ask of either.

    `assertion` is what the name says by itself: `present`, but `absent` for "normal marrow signal" and `possible`
    for "abnormal marrow signal". `bare` names count only where what they are in is bone. `neutral` names (marrow
    signal) count only with a cue that gives them a value. `anaphor` names stand for the mention before them.
    `site` is where the name itself says it is; `subchondral` says that the name says so.
    """

    concept: Concept | AssociatedConcept | None
    assertion: Assertion = Assertion.PRESENT
    bare: bool = False
    neutral: bool = False
    anaphor: bool = False
    site: str | None = None
    subchondral: bool = False

    @property
    def label(self) -> str:
        """What cues call it, which may be limited to some concepts."""
        return self.concept.value.upper() if self.concept else ""


class MentionRule(NameRule):
    """A name of bone marrow edema."""

    concept: Concept


class LookalikeRule(ExampleRule):
    """Words that look like a mention and are none."""


class StructureRule(ExampleRule):
    """A soft tissue or other place that is not marrow.

    `soft` ones lie on bone and leave its site alone. `concepts` are the only ones that it claims, where given: a
    cyst has bright signal of its own, but edema beside it is the marrow's. `unless_of` ones are none where "of" and
    a bone follow ("posterolateral corner of the tibia"). `apart` ones are those that the findings table need not know:
    they say which ligament or tendon is torn. `site` is where on the skeleton such a one lies ("patellar cartilage"),
    `regions` are the regions of an exam in which its words mean it ("deltoid": a ligament of the ankle).
    """

    soft: bool = False
    concepts: tuple[Concept, ...] = ()
    unless_of: bool = False
    apart: bool = False
    site: str | None = None
    regions: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """What it is: `ligament` of `structure.ligament` and of `structure.ligament.knee`."""
        return self.id.removeprefix("structure.").partition(".")[0]

    @property
    def beside(self) -> bool:
        """Whether it is known to the associated table alone."""
        return self.apart


class SiteRule(ExampleRule):
    """A site of the skeleton, its place in the tree, and its names.

    `plural` names mean both sides, or the sites in `plural_sites`. `short` names count only beside another site of
    the bone or region. `adjectives` count only directly before a mention. `refine` gives the site that a
    direction or number beside the name makes of it, `refine_at` the same where the exam is of that region. A `junction`
    is a joint whose name means the bone at it too: what is said of it holds for its neighbors of the same bone. An
    `articular` site is named by its joint, in which fluid may be. `bones` are the sites that a denial of a `joint` is
    of; if left out, all sites of its region. Of one with `parts` several lie on one side, so that its bare plural need
    not mean both.
    """

    parent: str | None = None
    region: str
    label: str
    radlex: _Radlex | None = None
    plural: tuple[_Term, ...] = ()
    plural_sites: tuple[str, ...] = ()
    short: tuple[_Term, ...] = ()
    adjectives: tuple[_Term, ...] = ()
    refine: Mapping[str, str] = Field(default_factory=dict)
    refine_at: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    level: Literal["vertebra", "number"] | None = None
    midline: bool = False
    joint: bool = False
    bones: tuple[str, ...] = ()
    junction: bool = False
    articular: bool = False
    parts: bool = False

    def phrases(self) -> Iterator[tuple[str, str]]:
        """Yield the phrases with their form: term, plural, short or adjective."""
        forms = (
            ("term", self.terms),
            ("plural", self.plural),
            ("short", self.short),
            ("adjective", self.adjectives),
        )
        for form, terms in forms:
            for term in terms:
                for phrase in expand_term(term):
                    yield form, phrase


class SideRule(ExampleRule):
    """Words for a side. `capitals` count only where they are written in capitals (R, L)."""

    laterality: Laterality
    capitals: tuple[_Term, ...] = ()

    def phrases(self) -> Iterator[tuple[str, str]]:
        """Yield the phrases with their form: term or capital."""
        yield from super().phrases()
        for phrase in self.capitals:
            yield "capital", phrase


class CueRule(ExampleRule):
    """A ConText rule: what the words say of a mention before, after or on both sides of them.

    `stop` cues end the reach of cues of the assertions in `stops`. `within` limits the reach, in words.
    `concepts` limits it to mentions of these concepts. `value` cues give neutral names a value.
    `no_site` keeps the mention from taking a site. `no_cause` cues make a cause too doubtful to be named. `partial`
    cues leave some of what is said to have resolved: "most of the edema has resolved". `aged` cues tell how old a
    thing is: what leaves a scar is there still.
    """

    direction: Literal["forward", "backward", "both", "stop", "pseudo"]
    assertion: Assertion | None = None
    change: Change | None = None
    stops: tuple[Assertion, ...] = ()
    within: int | None = Field(default=None, ge=1)
    concepts: tuple[Concept | AssociatedConcept, ...] = ()
    value: bool = False
    no_site: bool = False
    no_cause: bool = False
    partial: bool = False
    aged: bool = False

    @property
    def beside(self) -> bool:
        """Whether it speaks of associated findings alone."""
        return bool(self.concepts) and all(isinstance(concept, AssociatedConcept) for concept in self.concepts)


class AttributeRule(ExampleRule):
    """Words that fill one column of the row; several zone words may stand together.

    A rule without a value takes its words from the others: "marked improvement" says nothing of severity.
    """

    column: Literal["severity", "extent", "acuity", "zone", "subchondral"]
    value: str = ""

    @model_validator(mode="after")
    def _check_value(self) -> AttributeRule:
        known = _ATTRIBUTE_VALUES.get(self.column)
        if known is not None and self.value not in (*known, ""):
            raise ValueError(f"value {self.value!r} is none of {', '.join(known)}")
        return self


class GradeRule(ExampleRule):
    """The name of a grading system; the grade is what follows it and fits the regular expression `grades`.

    An `own` system is part of the mention's name ("Modic 1"); the others stand anywhere in the sentence. `associated`
    are the findings beside the edema that it grades; an `apart` one grades these alone. `concepts` says which of them a
    grade is, where that differs: Modic 2 is fat, Modic 3 sclerosis. Behind a `score` its highest may stand: "2/10". One
    without a `system` is a bare "grade 3".
    """

    system: str | None = None
    grades: str
    own: bool = False
    associated: tuple[AssociatedConcept, ...] = ()
    concepts: Mapping[str, AssociatedConcept] = Field(default_factory=dict)
    score: bool = False
    apart: bool = False

    @property
    def beside(self) -> bool:
        """Whether it grades associated findings alone."""
        return self.apart


class CauseRule(ExampleRule):
    """Words that name what edema is due to. `none` patterns are causes of the past and set nothing.

    `in_bone` causes lie in bone, so that bare edema with them is bone edema; `joint` causes are said of a joint as a
    whole; a fracture of `unstated` kind takes the kind that the impression names. `turns` gives the pattern that this
    cause makes of another one beside it: a stress reaction with a fracture line is a stress fracture. Edema under
    what is `cartilage` is subchondral.
    """

    pattern: Pattern | Literal["none"]
    cartilage: bool = False
    in_bone: bool = False
    joint: bool = False
    unstated: bool = False
    turns: Mapping[Pattern, Pattern] = Field(default_factory=dict)


class AssociatedRule(NameRule):
    """A name of a finding beside the edema: it takes the sites after it, and denials run through lists of it.

    Its rows go to the associated table, one without a `concept` has none. `of` gives the concept that the structure
    makes which it is in ("tear" of a meniscus), `at` the one that the region of its site makes. `joint` findings lie in
    a joint and take no bone for their site, `soft` ones in soft tissue and take only the places that their own words
    give, but for the concepts that are `sited`. `lasting` ones are there still where the text tells of the past:
    "status post arthroplasty". `general` names are one with the exact name beside them: "ORIF with plate and screws". A
    denial of a `regional` one is of the whole region where it stands behind the first sentence under a vertebral level:
    "L4-5: Disc bulge. No abscess.". A direction before the site of a `directed` one is its own: "lateral patellar
    dislocation". Of a `bedded` one "stable" says how it lies, and no change. A `subject` one counts only right beside
    the structure that it is told of: "the ACL is not seen". `zone` is where in its own `site` the name says it is.
    `apart` names are those that the findings table need not know. `graded` ones are grades without another name
    ("Outerbridge grade 3"), and only where nothing beside them is what they grade; `mixed` ones may stand in a name of
    edema ("Modic 1 and 2").
    """

    concept: AssociatedConcept | None = None
    neutral: Literal[False] = False
    anaphor: Literal[False] = False
    subchondral: Literal[False] = False
    of: Mapping[str, AssociatedConcept | Literal["none"]] = Field(default_factory=dict)
    at: Mapping[str, AssociatedConcept | Literal["none"]] = Field(default_factory=dict)
    joint: bool = False
    soft: bool = False
    sited: tuple[AssociatedConcept, ...] = ()
    lasting: bool = False
    general: bool = False
    regional: bool = False
    directed: bool = False
    continues: bool = False
    bedded: bool = False
    subject: bool = False
    zone: str | None = None
    apart: bool = False
    graded: bool = False
    mixed: bool = False

    @property
    def beside(self) -> bool:
        """Its rows are those of the associated table."""
        return True

    @property
    def told(self) -> bool:
        """Whether it can have rows of its own."""
        return self.concept is not None or bool(self.of or self.at)


class HeadingRule(ExampleRule):
    """Words of a heading that begin a section; a `title` section names the exam."""

    section: SectionName
    title: bool = False


class Grammar(_Strict):
    """Closed word lists: the small words by which clauses are cut and places are read."""

    words: Mapping[str, tuple[_Term, ...]]

    def phrases(self, name: str) -> tuple[str, ...]:
        """Give the phrases of one list, alternatives written out."""
        return tuple(phrase for term in self.words[name] for phrase in expand_term(term))


class Skeleton(_Strict):
    """How a new rule of one kind begins: the lines with its keys, and an example of each sort for a `{phrase}`.

    `{id}` stands for the id of the rule.
    """

    keys: tuple[_Term, ...] = ()
    finds: _Term
    skips: _Term


class ConflictPolicy(_Strict):
    """When two current rows of a report disagree."""

    denied: tuple[Assertion, ...]
    affirmed: tuple[Assertion, ...]
    general: tuple[Concept, ...]


class ResolutionPolicy(_Strict):
    """How the rows at one site and side become one: whose columns are taken, and which row decides each."""

    present: tuple[Assertion, ...]
    possible: tuple[Assertion, ...]
    absent: tuple[Assertion, ...]
    pattern: tuple[Choice, ...]
    severity: tuple[Choice, ...]
    extent: tuple[Choice, ...]
    change: tuple[Choice, ...]
    certainty: tuple[Assertion, ...]
    sections: tuple[SectionName, ...]
    degrees: tuple[str, ...]

    @field_validator("degrees")
    @classmethod
    def _check_degrees(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if sorted(value) != sorted(_ATTRIBUTE_VALUES["severity"]):
            raise ValueError(f"must name each of {', '.join(_ATTRIBUTE_VALUES['severity'])} once")
        return value


class RadlexCodes(_Strict):
    """RadLex ids of values, by column. A value may have none; the sites have theirs in their own rules."""

    concept: Mapping[Concept, _Radlex] = Field(default_factory=dict)
    assertion: Mapping[Assertion, _Radlex] = Field(default_factory=dict)
    change: Mapping[Change, _Radlex] = Field(default_factory=dict)
    laterality: Mapping[Laterality, _Radlex] = Field(default_factory=dict)
    pattern: Mapping[Pattern, _Radlex] = Field(default_factory=dict)
    severity: Mapping[Literal["minimal", "mild", "moderate", "severe"], _Radlex] = Field(default_factory=dict)


class Policy(_Strict):
    """Which of several claims wins, as tables; see `patterns/policy.toml` for what each one means."""

    sections: Mapping[SectionName, Mapping[Assertion, Assertion]]
    patterns: tuple[tuple[Pattern, ...], ...]
    status: tuple[Assertion, ...]
    concept_patterns: Mapping[Concept, Pattern]
    silent_sections: tuple[SectionName, ...]
    measured: tuple[Assertion, ...]
    scars: tuple[AssociatedConcept, ...] = ()
    conflict: ConflictPolicy
    resolution: ResolutionPolicy
