"""The beginning of a new rule."""

from __future__ import annotations

import tomllib
from itertools import product
from pathlib import Path

import pytest

from marrowtext.errors import RuleError
from marrowtext.examples import check_rule
from marrowtext.pipeline import load_pipeline
from marrowtext.rules import RuleSet, load_rules, shipped_patterns
from marrowtext.skeletons import write_rule


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load_rules()


def test_name_of_edema(rules: RuleSet) -> None:
    assert write_rule(rules, "mention", "Spongy edema") == (
        "[[mention]]\n"
        'id = "ours.spongy_edema"\n'
        'concept = "edema"  # edema contusion stress_reaction modic_1 signal\n'
        'terms = ["Spongy edema"]\n'
        'finds = ["[Spongy edema|site=talus] of the talus."]\n'
        'skips = ["Normal talus."]  # put your near miss here\n'
    )


def test_name_without_a_known_trigger_brings_its_own(rules: RuleSet) -> None:
    assert write_rule(rules, "mention", "spongy look").startswith('[grammar]\ntriggers = ["spongy"]\n\n[[mention]]\n')


def test_site_gets_an_id_without_a_prefix(rules: RuleSet) -> None:
    written = tomllib.loads(write_rule(rules, "site", "Os Novum"))
    assert (written["site"][0]["id"], written["site"][0]["label"]) == ("os_novum", "Os Novum")
    assert written["site"][0]["finds"] == ["[Marrow edema|site=os_novum] of the Os Novum."]


def test_phrase_with_a_quote_is_valid(rules: RuleSet) -> None:
    written = tomllib.loads(write_rule(rules, "cue", 'so-called "no"'))
    assert written["cue"][0]["terms"] == ['so-called "no"']


@pytest.mark.parametrize(("kind", "key"), [("site", "label"), ("grade", "system")])
def test_phrase_with_a_quote_is_valid_in_every_key(rules: RuleSet, kind: str, key: str) -> None:
    rule = tomllib.loads(write_rule(rules, kind, 'zorb "b"'))[kind][0]
    assert (rule["terms"], rule[key]) == (['zorb "b"'], 'zorb "b"')


@pytest.mark.parametrize(
    ("phrase", "kind", "id"),
    [
        ("Ödem", "site", "odem"),
        ("O\u0308dem", "site", "odem"),
        ("Weiß", "site", "weiss"),
        ("[edema]", "mention", "ours.edema"),
        ("edema (mild)", "mention", "ours.edema_mild"),
    ],
)
def test_id_is_of_small_letters_without_accents(rules: RuleSet, phrase: str, kind: str, id: str) -> None:
    assert tomllib.loads(write_rule(rules, kind, phrase))[kind][0]["id"] == id


def test_id_of_ones_own(rules: RuleSet) -> None:
    assert tomllib.loads(write_rule(rules, "cue", "nary a", "absent.nary"))["cue"][0]["id"] == "absent.nary"


@pytest.mark.parametrize(
    ("kind", "phrase", "id", "message"),
    [
        ("verb", "talus", None, "no kind of rule is called 'verb'; kinds are associated, attribute, cause, cue, "),
        ("site", "talus", None, "rule site.talus: id is taken by a rule in sites/"),
        ("cue", "nary a", "absent.no", "rule absent.no: id is taken by a rule in cues/absent.toml; give another one"),
        ("cue", "?", None, "the phrase has no word in it; give the words that the rule is to find"),
        ("cue", "отёк", None, "no id can be made of letters of the phrase; give one with id (--id)"),
        ("cue", "no\x07", None, "the phrase holds a sign that cannot be printed; give the words that the rule is to "),
        ("cue", "{is,are} not", None, "the phrase holds a brace, which in a term begins or ends alternatives, and no "),
        ("cue", "no | not", None, "the phrase holds a bar, over which no rule reads; give the words on one side of it"),
        ("cue", "nary a", "Nary A", "id 'Nary A': is none; give lower-case words, digits and _, joined by dots"),
    ],
)
def test_what_makes_no_rule(rules: RuleSet, kind: str, phrase: str, id: str | None, message: str) -> None:
    with pytest.raises(RuleError) as caught:
        write_rule(rules, kind, phrase, id)
    assert str(caught.value).startswith(message)


SIGNS = ["{}", "[{}]", "{} (mild)", "{} a|b", '{} "b"', "{} \\ b", "{} d'à"]


def test_every_kind_begins_with_examples_that_hold(rules: RuleSet, tmp_path: Path) -> None:
    for kind, (number, signs) in product(rules.skeletons, enumerate(SIGNS)):
        text = write_rule(rules, kind, signs.format(f"zorb{kind}{'abcdefg'[number]}"), f"zorb{number}_{kind}")
        # A site says its region, and nothing can be proposed for that.
        (tmp_path / f"{kind}{number}.toml").write_text(text.replace('region = ""', 'region = "hip"'), encoding="utf-8")
    pipeline = load_pipeline(shipped_patterns(), tmp_path)
    own = [rule for rule in pipeline.rules.rules if "zorb" in rule.id]
    assert len(own) == len(rules.skeletons) * len(SIGNS) == 77
    assert [failure for rule in own for failure in check_rule(pipeline, rule)] == []
