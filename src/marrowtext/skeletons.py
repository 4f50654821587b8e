"""The beginning of a new rule, written from a phrase by the skeletons in `patterns/`."""

from __future__ import annotations

import json
import re

from marrowtext.errors import RuleError
from marrowtext.rules import RuleSet
from marrowtext.words import normal_form

__all__ = ["write_rule"]


def write_rule(rules: RuleSet, kind: str, phrase: str, id: str | None = None) -> str:
    """Write a rule of one kind as TOML, with the phrase as its term and examples to mend.

    Without `id` the rule gets one made of its phrase: `ours.spongy_edema`, of a site `spongy_bone`. Raises
    RuleError for an unknown kind, an id that is taken, and a phrase without a word.
    """
    skeleton = rules.skeletons.get(kind)
    if skeleton is None:
        raise RuleError(f"no kind of rule is called {kind!r}; kinds are {', '.join(sorted(rules.skeletons))}")
    slug = "_".join(re.findall(r"[a-z0-9]+", phrase.lower()))
    if not slug:
        raise RuleError("the phrase has no word in it; give the words that the rule is to find")
    own = id or (slug if kind == "site" else f"ours.{slug}")
    taken = f"site.{own}" if kind == "site" else own
    if taken in rules.origins:
        raise RuleError(f"rule {taken}: id is taken by a rule in {rules.origins[taken]}; give another one")

    def fill(line: str) -> str:
        return line.replace("{phrase}", phrase).replace("{id}", own)

    lines = [*_write_triggers(rules, phrase)] if kind == "mention" else []
    lines += [f"[[{kind}]]", f"id = {_quote(own)}", *map(fill, skeleton.keys)]
    lines += [
        f"terms = [{_quote(phrase)}]",
        f"finds = [{_quote(fill(skeleton.finds))}]",
        f"skips = [{_quote(fill(skeleton.skips))}]  # put your near miss here",
    ]
    return "\n".join(lines) + "\n"


def _write_triggers(rules: RuleSet, phrase: str) -> list[str]:
    """Write the trigger word that a name of edema needs, where its phrase holds none."""
    words = normal_form(phrase, rules.spelling)
    known = {word for term in rules.grammar.phrases("triggers") for word in normal_form(term, rules.spelling)}
    if known.intersection(words):
        return []
    return ["[grammar]", f"triggers = [{_quote(max(words, key=len))}]", ""]


def _quote(text: str) -> str:
    # A basic string of TOML has the escapes of JSON.
    return json.dumps(text, ensure_ascii=False)
