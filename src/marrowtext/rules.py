"""The rules in `patterns/`: their schema, their loader, and the errors that name file, rule and key."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from marrowtext.errors import MarkupError, RuleError
from marrowtext.markup import MarkedText, parse_markup
from marrowtext.model import Assertion, Change, Concept, Finding, Laterality, Pattern, SectionName
from marrowtext.words import Spelling, expand_term

__all__ = [
    "AssociatedRule",
    "AttributeRule",
    "CauseRule",
    "CueRule",
    "ExampleRule",
    "GradeRule",
    "Grammar",
    "HeadingRule",
    "LookalikeRule",
    "MentionRule",
    "Policy",
    "RuleSet",
    "SideRule",
    "SiteRule",
    "StructureRule",
    "load_rules",
    "shipped_patterns",
]

_Term = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
_Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$")]
_MOST_PHRASES = 20_000


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Model = TypeVar("_Model", bound=BaseModel)


class ExampleRule(_Strict):
    """What every rule has: an id, its terms, and examples that it must find and near misses that it must leave."""

    id: _Id
    terms: tuple[_Term, ...] = Field(min_length=1)
    finds: tuple[_Term, ...] = Field(min_length=1)
    skips: tuple[_Term, ...] = Field(min_length=1)

    def phrases(self) -> Iterator[tuple[str, str]]:
        """Yield each form of the rule (`term` unless it has others) with each phrase, alternatives written out."""
        for term in self.terms:
            for phrase in expand_term(term):
                yield "term", phrase


class MentionRule(ExampleRule):
    """A name of bone marrow edema.

    `assertion` is what the name says by itself: `present`, but `absent` for "normal marrow signal" and `possible`
    for "abnormal marrow signal". `bare` names count only where what they are in is bone. `neutral` names (marrow
    signal) count only with a cue that gives them a value. `anaphor` names stand for the mention before them.
    `site` is where the name itself says it is; `subchondral` says that the name says so.
    """

    concept: Concept
    assertion: Assertion = Assertion.PRESENT
    bare: bool = False
    neutral: bool = False
    anaphor: bool = False
    site: str | None = None
    subchondral: bool = False


class LookalikeRule(ExampleRule):
    """Words that look like a mention and are none."""


class StructureRule(ExampleRule):
    """A soft tissue or other place that is not marrow.

    `soft` ones lie on bone and leave its site alone. `concepts` are the only ones that it claims, where given: a
    cyst has bright signal of its own, but edema beside it is the marrow's. `unless_of` ones are none where "of" and
    a bone follow ("posterolateral corner of the tibia").
    """

    soft: bool = False
    concepts: tuple[Concept, ...] = ()
    unless_of: bool = False


class SiteRule(ExampleRule):
    """A site of the skeleton, its place in the tree, and its names.

    `plural` names mean both sides, or the sites in `plural_sites`. `short` names count only beside another site of
    the bone or region. `adjectives` count only directly before a mention. `refine` gives the site that a
    direction or number beside the name makes of it, `refine_at` the same where the exam is of that region.
    """

    parent: str | None = None
    region: str
    label: str
    radlex: str | None = None
    plural: tuple[_Term, ...] = ()
    plural_sites: tuple[str, ...] = ()
    short: tuple[_Term, ...] = ()
    adjectives: tuple[_Term, ...] = ()
    refine: Mapping[str, str] = Field(default_factory=dict)
    refine_at: Mapping[str, Mapping[str, str]] = Field(default_factory=dict)
    level: Literal["vertebra", "number"] | None = None
    midline: bool = False
    joint: bool = False

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
    `no_site` keeps the mention from taking a site. `no_cause` cues make a cause too doubtful to be named.
    """

    direction: Literal["forward", "backward", "both", "stop", "pseudo"]
    assertion: Assertion | None = None
    change: Change | None = None
    stops: tuple[Assertion, ...] = ()
    within: int | None = Field(default=None, ge=1)
    concepts: tuple[Concept, ...] = ()
    value: bool = False
    no_site: bool = False
    no_cause: bool = False


class AttributeRule(ExampleRule):
    """Words that fill one column of the row; several zone words may stand together."""

    column: Literal["severity", "extent", "acuity", "zone", "subchondral"]
    value: str


class GradeRule(ExampleRule):
    """The name of a grading system; the grade is the number or word that follows it."""

    system: str
    grades: str


class CauseRule(ExampleRule):
    """Words that name what edema is due to. `none` patterns are causes of the past and set nothing.

    `in_bone` causes lie in bone, so that bare edema with them is bone edema; `joint` causes are said of a joint as a
    whole; a fracture of `unstated` kind takes the kind that the impression names. `turns` gives the pattern that this
    cause makes of another one beside it: a stress reaction with a fracture line is a stress fracture.
    """

    pattern: Pattern | Literal["none"]
    in_bone: bool = False
    joint: bool = False
    unstated: bool = False
    turns: Mapping[Pattern, Pattern] = Field(default_factory=dict)


class AssociatedRule(ExampleRule):
    """A finding beside the edema: it takes the sites after it, and denials run through lists of it."""

    finding: str


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


class Policy(_Strict):
    """Which of several claims wins, as tables; see `patterns/policy.toml` for what each one means."""

    sections: Mapping[SectionName, Mapping[Assertion, Assertion]]
    patterns: tuple[tuple[Pattern, ...], ...]
    status: tuple[Assertion, ...]
    concept_patterns: Mapping[Concept, Pattern]
    silent_sections: tuple[SectionName, ...]


_KINDS: dict[str, type[ExampleRule]] = {
    "mention": MentionRule,
    "lookalike": LookalikeRule,
    "structure": StructureRule,
    "site": SiteRule,
    "side": SideRule,
    "cue": CueRule,
    "attribute": AttributeRule,
    "grade": GradeRule,
    "cause": CauseRule,
    "associated": AssociatedRule,
    "heading": HeadingRule,
}


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of one or more pattern folders, checked."""

    rules: tuple[ExampleRule, ...]
    origins: Mapping[str, str]
    sites: Mapping[str, SiteRule]
    spelling: Spelling
    grammar: Grammar
    policy: Policy
    hash: str

    def of(self, kind: type[ExampleRule]) -> Iterator[Any]:
        """Yield the rules of one kind, in file order."""
        return (rule for rule in self.rules if isinstance(rule, kind))

    def bone(self, site: str) -> str:
        """Give the topmost ancestor of a site."""
        parent = self.sites[site].parent
        while parent is not None:
            site, parent = parent, self.sites[parent].parent
        return site

    def is_within(self, site: str, ancestor: str) -> bool:
        """Say whether `site` is `ancestor` or lies below it in the tree."""
        here: str | None = site
        while here is not None:
            if here == ancestor:
                return True
            here = self.sites[here].parent
        return False


def shipped_patterns() -> Path:
    """Give the folder of the rules that come with the package: inside the wheel, else beside the sources."""
    installed = Path(__file__).parent / "patterns"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "patterns"


@lru_cache(maxsize=8)
def load_rules(*folders: Path) -> RuleSet:
    """Load and check every TOML file below the folders, the shipped rules where none is given.

    Raises RuleError, naming file, rule and key, for an unknown key or value, a duplicate id, a blank term,
    malformed markup, a rule without examples, or a site that is not in the tree.
    """
    rules: dict[str, ExampleRule] = {}
    origins: dict[str, str] = {}
    variants: dict[str, str] = {}
    tables: dict[str, dict[str, Any]] = {"grammar": {}, "policy": {}}
    digest = hashlib.sha256()
    for folder in folders or (shipped_patterns(),):
        files = sorted(Path(folder).rglob("*.toml"))
        if not files:
            raise RuleError(f"{folder}: no pattern files (*.toml) here; name a folder that holds some")
        for file in files:
            name = file.relative_to(folder).as_posix()
            content = file.read_bytes()
            digest.update(name.encode() + b"\0" + content)
            for kind, value in _read_table(name, content).items():
                if kind == "variants":
                    variants.update(_read_variants(name, value))
                elif kind in tables:
                    tables[kind].update(value)
                elif kind in _KINDS:
                    for rule in _read_rules(name, kind, value):
                        if rule.id in rules:
                            raise RuleError(f"{name}: rule {rule.id}: id is taken by a rule in {origins[rule.id]}")
                        rules[rule.id], origins[rule.id] = rule, name
                else:
                    raise RuleError(f"{name}: unknown table {kind!r}; known are {', '.join(sorted(_KINDS))}")
    sites = {rule.id.removeprefix("site."): rule for rule in rules.values() if isinstance(rule, SiteRule)}
    _check_sites(sites, rules, origins)
    return RuleSet(
        rules=tuple(rules.values()),
        origins=origins,
        sites=sites,
        spelling=Spelling(variants),
        grammar=_validated(Grammar, "grammar", {"words": tables["grammar"]}),
        policy=_validated(Policy, "policy", tables["policy"]),
        hash=digest.hexdigest()[:16],
    )


def _read_table(name: str, content: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise RuleError(f"{name}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise RuleError(f"{name}: not valid TOML: {error}") from None


def _read_variants(name: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise RuleError(f'{name}: variants: must be a table of variant = "word"')
    for variant, word in value.items():
        if not isinstance(word, str) or not word.strip() or variant == word:
            raise RuleError(f"{name}: variants: {variant}: must name another word")
    return value


def _read_rules(name: str, kind: str, value: object) -> Iterator[ExampleRule]:
    if not isinstance(value, list):
        raise RuleError(f"{name}: {kind}: write [[{kind}]], not [{kind}]")
    for number, table in enumerate(value, start=1):
        if not isinstance(table, dict):
            raise RuleError(f"{name}: {kind} number {number}: write [[{kind}]] with keys below it")
        where = f"{name}: rule {table.get('id', f'number {number}')}"
        is_site = kind == "site" and isinstance(table.get("id"), str)
        fields = {**table, "id": f"site.{table['id']}"} if is_site else table
        rule = _validated(_KINDS[kind], where, fields)
        for _, phrase in rule.phrases():
            if not re.search(r"\w|\?|-", phrase):
                raise RuleError(f"{where}: terms: a term has no word in it")
        if sum(1 for _ in rule.phrases()) > _MOST_PHRASES:
            raise RuleError(f"{where}: terms: more than {_MOST_PHRASES} phrases; write fewer alternatives")
        for key in ("finds", "skips"):
            for example in getattr(rule, key):
                _check_example(f"{where}: {key}", example)
        yield rule


def _validated(model: type[_Model], where: str, fields: dict[str, Any]) -> _Model:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "rule"
        raise RuleError(f"{where}: {key}: {first['msg']}") from None


def _check_example(where: str, example: str) -> MarkedText:
    try:
        marked = parse_markup(example)
    except MarkupError as error:
        raise RuleError(f"{where}: {error}") from None
    known = Finding.__dataclass_fields__
    for mention in marked.mentions:
        for row in mention.rows:
            for key, _ in row:
                if key not in known:
                    raise RuleError(f"{where}: unknown column {key!r} in the markup")
    return marked


def _check_sites(sites: Mapping[str, SiteRule], rules: Mapping[str, ExampleRule], origins: Mapping[str, str]) -> None:
    def check(rule: ExampleRule, key: str, site: str | None) -> None:
        if site is not None and site not in sites:
            raise RuleError(f"{origins[rule.id]}: rule {rule.id}: {key}: unknown site {site!r}")

    for rule in rules.values():
        if isinstance(rule, MentionRule):
            check(rule, "site", rule.site)
        if isinstance(rule, SiteRule):
            check(rule, "parent", rule.parent)
            for site in rule.plural_sites:
                check(rule, "plural_sites", site)
            for table in (rule.refine, *rule.refine_at.values()):
                for site in table.values():
                    check(rule, "refine", site)
