"""The beginning of a new rule, written from a phrase by the skeletons in `patterns/`."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable

from marrowtext.errors import RuleError
from marrowtext.markup import escape_words
from marrowtext.rules import RuleSet
from marrowtext.schema import ID_PATTERN
from marrowtext.words import normal_form

__all__ = ["write_rule"]


def write_rule(rules: RuleSet, kind: str, phrase: str, id: str | None = None) -> str:
    """Write a rule of one kind as TOML, with the phrase as its term and examples to mend.

    The phrase is meant word for word. Without `id` the rule gets one made of it: `ours.spongy_edema`, of a site
    `spongy_bone`. Raises RuleError for an unknown kind, an id that is taken or none, and a phrase that no rule can find
    word for word.
    """
    skeleton = rules.skeletons.get(kind)
    if skeleton is None:
        raise RuleError(f"no kind of rule is called {kind!r}; kinds are {', '.join(sorted(rules.skeletons))}")
    words = _check_phrase(phrase, rules)
    own = id or (_name_rule(words) if kind == "site" else f"ours.{_name_rule(words)}")
    if not re.fullmatch(ID_PATTERN, own):
        raise RuleError(f"id {own!r}: is none; give lower-case words, digits and _, joined by dots")
    taken = f"site.{own}" if kind == "site" else own
    if taken in rules.origins:
        raise RuleError(f"rule {taken}: id is taken by a rule in {rules.origins[taken]}; give another one")

    def fill(line: str, write: Callable[[str], str]) -> str:
        return line.replace("{phrase}", write(words)).replace("{id}", own)

    lines = [*_write_triggers(rules, words)] if kind == "mention" else []
    # A key of the skeleton has the phrase within quotes.
    keys = (fill(key, lambda words: _quote(words)[1:-1]) for key in skeleton.keys)
    lines += [f"[[{kind}]]", f"id = {_quote(own)}", *keys]
    lines += [
        f"terms = [{_quote(words)}]",
        f"finds = [{_quote(fill(skeleton.finds, escape_words))}]",
        f"skips = [{_quote(fill(skeleton.skips, escape_words))}]  # put your near miss here",
    ]
    return "\n".join(lines) + "\n"


def _check_phrase(phrase: str, rules: RuleSet) -> str:
    """Give the phrase with single spaces. Raises RuleError where it cannot be a term word for word."""
    words = " ".join(phrase.split())
    if not words.isprintable():
        raise RuleError("the phrase holds a sign that cannot be printed; give the words that the rule is to find")
    if "{" in words or "}" in words:
        raise RuleError(
            "the phrase holds a brace, which in a term begins or ends alternatives, and no rule finds one; give one of "
            "the phrases, and write the alternatives into its terms"
        )
    if "|" in words.split(" "):
        raise RuleError("the phrase holds a bar, over which no rule reads; give the words on one side of it")
    if not any(norm[0].isalnum() for norm in normal_form(words, rules.spelling)):
        raise RuleError("the phrase has no word in it; give the words that the rule is to find")
    return words


def _name_rule(words: str) -> str:
    """Make an id of the words of a phrase: small letters without accents, and digits."""
    letters = unicodedata.normalize("NFKD", words.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    if any(letter.isalnum() and not letter.isascii() for letter in plain):
        raise RuleError("no id can be made of letters of the phrase; give one with id (--id)")
    return "_".join(re.findall(r"[a-z0-9]+", plain))


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
