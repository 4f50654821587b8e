"""The rules in `patterns/`: their schema, their loader, and the errors that name file, rule and key."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from marrowtext.errors import MarkupError, RuleError
from marrowtext.markup import MarkedText, parse_markup
from marrowtext.model import (
    Assertion,
    AssociatedConcept,
    AssociatedFinding,
    Change,
    Concept,
    Finding,
    Laterality,
    Pattern,
    SectionName,
)
from marrowtext.schema import (
    AssociatedRule,
    AttributeRule,
    CauseRule,
    CueRule,
    ExampleRule,
    GradeRule,
    Grammar,
    HeadingRule,
    LookalikeRule,
    MentionRule,
    NameRule,
    Policy,
    RadlexCodes,
    SideRule,
    SiteRule,
    Skeleton,
    StructureRule,
)
from marrowtext.words import Spelling

__all__ = ["COHORTS", "RuleSet", "load_rules", "shipped_patterns"]

_Model = TypeVar("_Model", bound=BaseModel)
# The folder of a pattern folder whose files are no rules but definitions of cohorts.
COHORTS = "cohorts"
_MOST_PHRASES = 20_000
_MARKUP_VALUES: dict[str, type[StrEnum]] = {
    "assertion": Assertion,
    "change": Change,
    "concept": Concept,
    "laterality": Laterality,
    "pattern": Pattern,
    "section": SectionName,
}

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
    radlex: RadlexCodes
    skeletons: Mapping[str, Skeleton]
    hash: str

    def of(self, kind: type[ExampleRule]) -> Iterator[Any]:
        """Yield the rules of one kind, in file order."""
        return (rule for rule in self.rules if isinstance(rule, kind))

    def bone(self, site: str) -> str:
        """Give the topmost ancestor of a site."""
        sites = self.sites
        while (parent := sites[site].parent) is not None:
            site = parent
        return site

    def is_within(self, site: str, ancestor: str) -> bool:
        """Say whether `site` is `ancestor` or lies below it in the tree."""
        here: str | None = site
        while here is not None:
            if here == ancestor:
                return True
            here = self.sites[here].parent
        return False

    def covers(self, whole: str, site: str) -> bool:
        """Say whether what is denied of `whole` is denied of `site`: it lies within, or is bone of the joint."""
        if self.is_within(site, whole):
            return True
        joint = self.sites[whole]
        if joint.bones:
            return any(self.is_within(site, bone) for bone in joint.bones)
        return joint.joint and self.sites[site].region == joint.region


def shipped_patterns() -> Path:
    """Give the folder of the rules that come with the package: inside the wheel, else beside the sources."""
    installed = Path(__file__).parent / "patterns"
    return installed if installed.is_dir() else Path(__file__).parents[2] / "patterns"


@lru_cache(maxsize=8)
def load_rules(*folders: Path) -> RuleSet:
    """Load and check every TOML file below the folders, the shipped rules where none is given.

    A folder adds to those before it. A rule of it with `replace = true` takes the place of the one with its id, and
    `off = ["id"]` switches rules off, a site with its parts. Raises RuleError, naming file, rule and key, for an
    unknown key or value, an id that is taken or not there, a blank term, malformed markup, a rule without examples, or
    a site that is not in the tree.
    """
    contents = _Contents()
    for folder in folders or (shipped_patterns(),):
        contents.add_folder(Path(folder))
    rules = contents.rules
    sites = {rule.id.removeprefix("site."): rule for rule in rules.values() if isinstance(rule, SiteRule)}
    _check_sites(sites, rules, contents.origins, contents.off)
    grammar = _validated(Grammar, "grammar", {"words": contents.grammar})
    return RuleSet(
        rules=tuple(rules.values()),
        origins=contents.origins,
        sites=sites,
        spelling=Spelling(
            contents.variants,
            [p for name in ("abbreviations", "short_forms") if name in grammar.words for p in grammar.phrases(name)],
        ),
        grammar=grammar,
        policy=_validated(Policy, "policy", contents.policy),
        radlex=_validated(RadlexCodes, "radlex", contents.radlex),
        skeletons=contents.skeletons,
        hash=contents.digest.hexdigest()[:16],
    )


class _Contents:
    """What pattern folders hold, each laid over those before it."""

    def __init__(self) -> None:
        self.rules: dict[str, ExampleRule] = {}
        self.origins: dict[str, str] = {}
        # For each rule that was switched off the file that says so, and the id that it gives.
        self.off: dict[str, tuple[str, str]] = {}
        self.variants: dict[str, str] = {}
        self.skeletons: dict[str, Skeleton] = {}
        self.grammar: dict[str, Any] = {}
        self.policy: dict[str, Any] = {}
        self.radlex: dict[str, dict[str, str]] = {}
        self.digest = hashlib.sha256()

    def add_folder(self, folder: Path) -> None:
        """Add the files below a folder, in the order of their paths."""
        if not folder.is_dir():
            wrong = "is a file; name the folder that it is in" if folder.exists() else "does not exist; check the path"
            raise RuleError(f"{folder}: {wrong}: rules are given as a folder of pattern files")
        files = sorted(file for file in folder.rglob("*.toml") if COHORTS not in file.relative_to(folder).parts)
        if not files:
            raise RuleError(f"{folder}: no pattern files (*.toml) here; name a folder that holds some")
        # The rules of the folders before, which this one may replace or switch off, each once.
        free = set(self.rules)
        off: dict[str, str] = {}
        for file in files:
            name, content = file.relative_to(folder).as_posix(), file.read_bytes()
            self.digest.update(name.encode() + b"\0" + content)
            for kind, value in _read_table(name, content).items():
                if kind == "off":
                    off.update(dict.fromkeys(_read_off(name, value), name))
                elif kind in _KINDS:
                    for rule in _read_rules(name, kind, value):
                        self._add_rule(rule, name, free)
                else:
                    self._add_table(name, kind, value)
        for id, name in off.items():
            if id not in free:
                why = "is one of the same folder" if id in self.rules else f"is none before{_tell_near(id, free)}"
                raise RuleError(f"{name}: off: rule {id!r} {why}")
            for part in (id, *self._list_parts(id)):
                if part in free and part in self.rules:
                    del self.rules[part]
                    self.off[part] = (name, id)

    def _list_parts(self, id: str) -> list[str]:
        """Give the rules of the sites below a site; none for any other rule."""
        below = [
            other for other, rule in self.rules.items() if isinstance(rule, SiteRule) and f"site.{rule.parent}" == id
        ]
        return [part for child in below for part in (child, *self._list_parts(child))]

    def _add_rule(self, rule: ExampleRule, name: str, free: set[str]) -> None:
        where, taken = f"{name}: rule {rule.id}", self.rules.get(rule.id)
        if taken is not None and not (rule.replace and rule.id in free):
            remedy = "; give it another id, or put it in its place with replace = true" if rule.id in free else ""
            raise RuleError(f"{where}: id is taken by a rule in {self.origins[rule.id]}{remedy}")
        if rule.replace and taken is None:
            raise RuleError(f"{where}: replace: no folder before has this rule{_tell_near(rule.id, free)}")
        if rule.replace and type(taken) is not type(rule):
            raise RuleError(f"{where}: replace: the rule in {self.origins[rule.id]} is of another kind")
        free.discard(rule.id)
        self.rules[rule.id], self.origins[rule.id] = rule, name

    def _add_table(self, name: str, kind: str, value: Any) -> None:
        match kind:
            case "variants":
                self.variants.update(_read_variants(name, value))
            case "grammar":
                _extend_lists(name, self.grammar, value)
            case "policy":
                self.policy.update(value)
            case "radlex":
                for column, codes in _validated(RadlexCodes, f"{name}: radlex", value).model_dump().items():
                    self.radlex.setdefault(column, {}).update(codes)
            case "skeleton":
                self.skeletons.update(_read_skeletons(name, value))
            case _:
                known = sorted([*_KINDS, "grammar", "off", "policy", "radlex", "variants"])
                raise RuleError(f"{name}: unknown table {kind!r}; known are {', '.join(known)}")


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


def _extend_lists(name: str, lists: dict[str, Any], more: object) -> None:
    """Add the words of one file to the lists of the others: a folder of one's own adds to the shipped lists."""
    if not isinstance(more, dict) or not all(isinstance(words, list) for words in more.values()):
        raise RuleError(f"{name}: grammar: each key must be a list of words")
    for key, words in more.items():
        lists[key] = [*lists.get(key, []), *words]


def _read_off(name: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(id, str) for id in value):
        raise RuleError(f'{name}: off: must be a list of rule ids, off = ["id"], above the tables of the file')
    return value


def _read_skeletons(name: str, value: object) -> dict[str, Skeleton]:
    if not isinstance(value, dict) or not value.keys() <= _KINDS.keys():
        raise RuleError(f"{name}: skeleton: write [skeleton.KIND]; kinds are {', '.join(sorted(_KINDS))}")
    return {kind: _validated(Skeleton, f"{name}: skeleton {kind}", fields) for kind, fields in value.items()}


def _tell_near(id: str, ids: Set[str]) -> str:
    near = get_close_matches(id, ids, n=1)
    return f"; did you mean {near[0]!r}?" if near else "; marrowtext rules list lists them"


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
                _check_example(f"{where}: {key}", example, beside=rule.beside)
        yield rule


def _validated(model: type[_Model], where: str, fields: dict[str, Any]) -> _Model:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        # A key that is not known explains one that is missing, so it is told first.
        first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
        key = ".".join(str(part) for part in first["loc"]) or "rule"
        raise RuleError(f"{where}: {key}: {first['msg']}") from None


def _check_example(where: str, example: str, *, beside: bool) -> MarkedText:
    try:
        marked = parse_markup(example)
    except MarkupError as error:
        raise RuleError(f"{where}: {error}") from None
    known = (AssociatedFinding if beside else Finding).__dataclass_fields__
    listed: dict[str, type[StrEnum]] = {**_MARKUP_VALUES, "concept": AssociatedConcept} if beside else _MARKUP_VALUES
    for mention in marked.mentions:
        for row in mention.rows:
            for key, value in row:
                if key not in known:
                    raise RuleError(f"{where}: unknown column {key!r} in the markup")
                values = listed.get(key)
                if values is not None and value is not None and value not in list(values):
                    raise RuleError(f"{where}: {value!r} is no {key}; known are {', '.join(values)}")
    return marked


def _check_sites(
    sites: Mapping[str, SiteRule],
    rules: Mapping[str, ExampleRule],
    origins: Mapping[str, str],
    off: Mapping[str, tuple[str, str]],
) -> None:
    def check(rule: ExampleRule, key: str, site: str | None) -> None:
        if site is None or site in sites:
            return
        if f"site.{site}" in off:
            name, id = off[f"site.{site}"]
            part = "" if id == f"site.{site}" else f" takes its part {site!r} along, which"
            raise RuleError(
                f"{name}: off: {id!r}{part} is still named by rule {rule.id} in {origins[rule.id]}, in its key {key}; "
                "switch that rule off too, or replace it with one that does not name the site"
            )
        raise RuleError(f"{origins[rule.id]}: rule {rule.id}: {key}: unknown site {site!r}")

    structures = {rule.kind for rule in rules.values() if isinstance(rule, StructureRule)}
    regions = {site.region for site in sites.values()}
    for rule in rules.values():
        if isinstance(rule, NameRule | StructureRule):
            check(rule, "site", rule.site)
        named: list[tuple[str, set[str], Iterable[str]]] = []
        if isinstance(rule, StructureRule):
            named = [("regions", regions, rule.regions)]
        if isinstance(rule, AssociatedRule):
            named = [("of", structures, rule.of), ("at", regions, rule.at)]
        for key, known, names in named:
            for name in names:
                if name not in known:
                    told = f"{origins[rule.id]}: rule {rule.id}: {key}: unknown name {name!r}"
                    raise RuleError(f"{told}; known are {', '.join(sorted(known))}")
        if isinstance(rule, SiteRule):
            check(rule, "parent", rule.parent)
            for site in rule.plural_sites:
                check(rule, "plural_sites", site)
            # A joint goes on without a bone that is switched off.
            for site in (bone for bone in rule.bones if f"site.{bone}" not in off):
                check(rule, "bones", site)
            for table in (rule.refine, *rule.refine_at.values()):
                for site in table.values():
                    check(rule, "refine", site)
