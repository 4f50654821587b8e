"""The loader of the rules: what it makes of pattern folders, and how it refuses those that are wrong."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from marrowtext.errors import RuleError
from marrowtext.model import Assertion, Concept, Laterality, Pattern
from marrowtext.rules import RuleSet, load_rules, shipped_patterns
from marrowtext.schema import (
    AttributeRule,
    CauseRule,
    CueRule,
    ExampleRule,
    GradeRule,
    Grammar,
    MentionRule,
    SideRule,
    SiteRule,
)

# What of a rule says nothing about what its phrases mean.
_NO_MEANING = {"terms", "finds", "skips"}

POLICY = """\
[policy]
patterns = [["traumatic"], ["unspecified"]]
status = ["present"]
silent_sections = ["comparison"]
measured = ["present", "possible"]
[policy.concept_patterns]
contusion = "traumatic"
[policy.sections.comparison]
present = "historical"
[policy.conflict]
denied = ["absent"]
affirmed = ["present", "possible"]
general = ["edema"]
[policy.resolution]
present = ["present", "possible"]
possible = ["possible"]
absent = ["absent"]
pattern = ["surest"]
severity = ["highest"]
extent = ["section"]
change = ["section"]
certainty = ["present", "possible"]
sections = ["impression"]
degrees = ["severe", "moderate", "mild", "minimal"]
"""
GRAMMAR = """\
[grammar]
joins = ["and{, the}", "or"]
"""
MENTION = """\
[[mention]]
id = "edema.marrow"
concept = "edema"
terms = ["{bone ,}marrow edema"]
finds = ["[Marrow edema|assertion=present]."]
skips = ["Muscle edema."]
"""
FEMUR = """\
[[site]]
id = "femur"
region = "thigh"
label = "femur"
terms = ["femur"]
finds = ["[Marrow edema|site=femur] of the femur."]
skips = ["[Marrow edema|site=none]."]
"""
HEAD = """\
[[site]]
id = "femoral_head"
parent = "femur"
region = "hip"
label = "femoral head"
terms = ["femoral head"]
plural = ["femoral heads"]
short = ["head"]
adjectives = ["capital"]
finds = ["[Marrow edema|site=femoral_head] of the femoral head."]
skips = ["[Marrow edema|site=none]."]
"""


def write(folder: Path, **files: str) -> Path:
    """Write a pattern folder that is right, with the given files added or replaced."""
    contents = {"policy": POLICY, "grammar": GRAMMAR, "mentions": MENTION, "sites": FEMUR + HEAD, **files}
    (folder / "more").mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        where = folder / "more" if name == "sites" else folder
        (where / f"{name}.toml").write_text(content, encoding="utf-8")
    return folder


def refusal(*folders: Path) -> str:
    """Load folders that are wrong and give the message."""
    with pytest.raises(RuleError) as caught:
        load_rules(*folders)
    return str(caught.value)


@pytest.fixture(scope="module")
def shipped() -> RuleSet:
    return load_rules()


# What comes of a folder that is right


def test_rules_keep_the_file_that_they_come_from(tmp_path: Path) -> None:
    rules = load_rules(write(tmp_path))
    assert rules.origins == {
        "edema.marrow": "mentions.toml",
        "site.femur": "more/sites.toml",
        "site.femoral_head": "more/sites.toml",
    }
    (mention,) = rules.of(MentionRule)
    assert (mention.concept, mention.assertion, mention.bare) == (Concept.EDEMA, Assertion.PRESENT, False)
    assert list(mention.phrases()) == [("term", "bone marrow edema"), ("term", "marrow edema")]


def test_sites_know_their_tree_and_their_forms(tmp_path: Path) -> None:
    rules = load_rules(write(tmp_path))
    assert list(rules.sites) == ["femur", "femoral_head"]
    assert list(rules.sites["femoral_head"].phrases()) == [
        ("term", "femoral head"),
        ("plural", "femoral heads"),
        ("short", "head"),
        ("adjective", "capital"),
    ]
    assert rules.bone("femoral_head") == rules.bone("femur") == "femur"
    assert rules.is_within("femoral_head", "femur")
    assert rules.is_within("femur", "femur")
    assert not rules.is_within("femur", "femoral_head")


def test_grammar_writes_out_its_alternatives(tmp_path: Path) -> None:
    assert load_rules(write(tmp_path)).grammar.phrases("joins") == ("and", "and the", "or")


def test_capitals_are_a_form_of_their_own() -> None:
    side = SideRule(
        id="side.left", laterality=Laterality.LEFT, terms=("left",), capitals=("LT",), finds=("a",), skips=("b",)
    )
    assert list(side.phrases()) == [("term", "left"), ("capital", "LT")]


def test_variants_are_spelling(tmp_path: Path) -> None:
    rules = load_rules(write(tmp_path, spelling='[variants]\noedema = "edema"\n'))
    assert rules.spelling.normalise("Oedema") == "edema"


def test_a_second_folder_adds_to_the_first(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "own.toml").write_text(MENTION.replace("edema.marrow", "own.swelling") + '[variants]\nodema = "edema"\n')
    rules = load_rules(write(tmp_path / "first"), own)
    assert [rule.id for rule in rules.of(MentionRule)] == ["edema.marrow", "own.swelling"]
    assert rules.spelling.normalise("odema") == "edema"
    assert rules.grammar == Grammar(words={"joins": ("and{, the}", "or")})


def test_hash_follows_the_content_of_the_files(tmp_path: Path) -> None:
    first = load_rules(write(tmp_path / "a")).hash
    assert load_rules(write(tmp_path / "b")).hash == first
    assert load_rules(write(tmp_path / "c", mentions=MENTION + "# A remark.\n")).hash != first


def test_rules_cannot_be_changed(tmp_path: Path) -> None:
    (mention,) = load_rules(write(tmp_path)).of(MentionRule)
    with pytest.raises(ValueError, match="frozen"):
        mention.bare = True


# What is refused


def changed(old: str, new: str, text: str = MENTION) -> str:
    """Give a file with one thing changed."""
    assert text.count(old) == 1
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (MENTION + 'colour = "red"\n', "rule edema.marrow: colour: Extra inputs are not permitted"),
        (MENTION + 'direction = "forward"\n', "rule edema.marrow: direction: Extra inputs are not permitted"),
        (changed('concept = "edema"\n', ""), "rule edema.marrow: concept: Field required"),
        (
            changed('"edema"\n', '"oedema"\n'),
            "rule edema.marrow: concept: Input should be 'edema', 'contusion'",
        ),
        (changed('"edema.marrow"', '"Edema Marrow"'), "rule Edema Marrow: id: String should match pattern"),
        (changed('id = "edema.marrow"\n', ""), "rule number 1: id: Field required"),
        (MENTION + "bare = 3\n", "rule edema.marrow: bare: Input should be a valid boolean"),
        (
            changed('["{bone ,}marrow edema"]', "[]"),
            "rule edema.marrow: terms: Tuple should have at least 1 item",
        ),
        (
            changed('"{bone ,}marrow edema"', '"edema", " "'),
            "rule edema.marrow: terms.1: String should have at least 1",
        ),
        (changed('"{bone ,}marrow edema"', '"{,}"'), "rule edema.marrow: terms: a term has no word in it"),
        (
            changed('"{bone ,}marrow edema"', '"{bone,}"'),
            "rule edema.marrow: terms: a term has no word in it",
        ),
        (
            changed('"{bone ,}marrow edema"', '"' + "{a,b,c,d,e,f,g,h,i,j} " * 5 + '"'),
            "rule edema.marrow: terms: more than 20000 phrases; write fewer alternatives",
        ),
        (
            changed('["[Marrow edema|assertion=present]."]', "[]"),
            "rule edema.marrow: finds: Tuple should have at least 1",
        ),
        (
            changed('["Muscle edema."]', '[""]'),
            "rule edema.marrow: skips.0: String should have at least 1 character",
        ),
        (changed('skips = ["Muscle edema."]\n', ""), "rule edema.marrow: skips: Field required"),
        (changed("|assertion=present].", "."), "rule edema.marrow: finds: stray '[' at character 1"),
        (
            changed("assertion=present", "present"),
            "rule edema.marrow: finds: expected key=value, got 'present'",
        ),
        (
            changed('"Muscle edema."', '"Muscle edema]."'),
            "rule edema.marrow: skips: stray ']' at character 13",
        ),
        (
            changed('"Muscle edema."', '"Muscle []."'),
            "rule edema.marrow: skips: empty mention at character 8",
        ),
        (
            changed("assertion=", "assertions="),
            "rule edema.marrow: finds: unknown column 'assertions' in the markup",
        ),
        (MENTION + 'site = "patella"\n', "rule edema.marrow: site: unknown site 'patella'"),
        (
            changed("[[mention]]", "[[mentions]]"),
            "unknown table 'mentions'; known are associated, attribute, cause, cue",
        ),
        (changed("[[mention]]", "[mention]"), "mention: write [[mention]], not [mention]"),
        (MENTION + MENTION, "rule edema.marrow: id is taken by a rule in mentions.toml"),
        (
            changed('concept = "edema"', "concept = edema"),
            "not valid TOML: Invalid value (at line 3, column 11)",
        ),
        ('[variants]\noedema = ""\n', "variants: oedema: must name another word"),
        ('[variants]\noedema = "oedema"\n', "variants: oedema: must name another word"),
        ("[variants]\noedema = 1\n", "variants: oedema: must name another word"),
        ('variants = ["oedema"]\n', 'variants: must be a table of variant = "word"'),
    ],
)
def test_mention_file_that_is_wrong_is_refused(tmp_path: Path, content: str, message: str) -> None:
    found = refusal(write(tmp_path, mentions=content))
    assert found.startswith("mentions.toml: ")
    assert message in found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            changed('parent = "femur"', 'parent = "leg"', HEAD),
            "site.femoral_head: parent: unknown site 'leg'",
        ),
        (HEAD + 'plural_sites = ["hip"]\n', "site.femoral_head: plural_sites: unknown site 'hip'"),
        (HEAD + 'bones = ["hip"]\n', "site.femoral_head: bones: unknown site 'hip'"),
        (HEAD + 'refine = { left = "hip" }\n', "site.femoral_head: refine: unknown site 'hip'"),
        (HEAD + 'refine_at.knee = { left = "hip" }\n', "site.femoral_head: refine: unknown site 'hip'"),
        (HEAD + 'level = "rib"\n', "rule femoral_head: level: Input should be 'vertebra' or 'number'"),
        (
            changed('["capital"]', '[" "]', HEAD),
            "rule femoral_head: adjectives.0: String should have at least 1",
        ),
        (changed('["head"]', '["{,}"]', HEAD), "rule femoral_head: terms: a term has no word in it"),
        (HEAD + HEAD, "rule site.femoral_head: id is taken by a rule in more/sites.toml"),
    ],
)
def test_site_file_that_is_wrong_is_refused(tmp_path: Path, content: str, message: str) -> None:
    found = refusal(write(tmp_path, sites=FEMUR + content))
    assert found.startswith("more/sites.toml: ")
    assert message in found


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "direction",
            '"sideways"',
            "direction: Input should be 'forward', 'backward', 'both', 'stop' or 'pseudo'",
        ),
        ("assertion", '"denied"', "assertion: Input should be 'present', 'absent'"),
        ("within", "0", "within: Input should be greater than or equal to 1"),
        ("change", '"gone"', "change: Input should be 'new', 'increased'"),
        ("stops", '["denied"]', "stops.0: Input should be 'present'"),
    ],
)
def test_cue_that_is_wrong_is_refused(tmp_path: Path, key: str, value: str, message: str) -> None:
    fields = {
        "id": '"absent.no"',
        "direction": '"forward"',
        "terms": '["no"]',
        "finds": '["a"]',
        "skips": '["b"]',
    }
    cue = "[[cue]]\n" + "".join(f"{name} = {text}\n" for name, text in {**fields, key: value}.items())
    assert f"cues.toml: rule absent.no: {message}" in refusal(write(tmp_path, cues=cue))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("grammar", '[grammar]\njoins = "and"\n', "grammar.toml: grammar: each key must be a list of words"),
        (
            "grammar",
            '[grammar]\njoins = [""]\n',
            "grammar: words.joins.0: String should have at least 1 character",
        ),
        ("policy", POLICY.replace("status", "state"), "policy: state: Extra inputs are not permitted"),
        (
            "policy",
            changed('["present"]', '["denied"]', POLICY),
            "policy: status.0: Input should be 'present'",
        ),
        (
            "policy",
            changed('"unspecified"', '"none"', POLICY),
            "policy: patterns.1.0: Input should be 'traumatic'",
        ),
        (
            "policy",
            changed('["surest"]', '["loudest"]', POLICY),
            "policy: resolution.pattern.0: Input should be 'surest'",
        ),
        (
            "policy",
            changed('"severe", ', "", POLICY),
            "policy: resolution.degrees: Value error, must name each of minimal, mild, moderate, severe once",
        ),
    ],
)
def test_table_that_is_wrong_is_refused(tmp_path: Path, name: str, content: str, message: str) -> None:
    assert refusal(write(tmp_path, **{name: content})).startswith(message)


def test_id_that_another_folder_has_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "own.toml").write_text(MENTION)
    found = refusal(write(tmp_path / "first"), own)
    assert found == (
        "own.toml: rule edema.marrow: id is taken by a rule in mentions.toml; give it another id, or put it in its "
        "place with replace = true"
    )


# What a folder does to the rules of those before it


def own(folder: Path, content: str) -> Path:
    """Write a folder of one's own with one file."""
    (folder / "own").mkdir()
    (folder / "own" / "own.toml").write_text(content, encoding="utf-8")
    return folder / "own"


REPLACING = MENTION.replace("concept", "replace = true\nconcept").replace("{bone ,}marrow edema", "marrow edema")


def test_rule_takes_the_place_of_another(tmp_path: Path) -> None:
    rules = load_rules(write(tmp_path / "first"), own(tmp_path, REPLACING))
    (mention,) = rules.of(MentionRule)
    assert list(mention.phrases()) == [("term", "marrow edema")]
    assert rules.origins["edema.marrow"] == "own.toml"


def test_replaced_rule_keeps_its_place_among_the_others(tmp_path: Path) -> None:
    ids = [rule.id for rule in load_rules(write(tmp_path / "first")).rules]
    assert [rule.id for rule in load_rules(tmp_path / "first", own(tmp_path, REPLACING)).rules] == ids


def test_third_folder_replaces_what_the_second_replaced(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    second, third = own(tmp_path, REPLACING), own(tmp_path / "more", REPLACING.replace('["marrow', '["marrow bone'))
    (mention,) = load_rules(write(tmp_path / "first"), second, third).of(MentionRule)
    assert mention.terms == ("marrow bone edema",)


def test_rule_that_replaces_none_is_refused(tmp_path: Path) -> None:
    found = refusal(write(tmp_path / "first"), own(tmp_path, REPLACING.replace("edema.marrow", "edema.marow")))
    assert found == (
        "own.toml: rule edema.marow: replace: no folder before has this rule; did you mean 'edema.marrow'?"
    )


def test_rule_that_replaces_one_of_its_own_folder_is_refused(tmp_path: Path) -> None:
    found = refusal(write(tmp_path / "first"), own(tmp_path, REPLACING + REPLACING))
    assert found == "own.toml: rule edema.marrow: id is taken by a rule in own.toml"


def test_rule_that_replaces_one_of_another_kind_is_refused(tmp_path: Path) -> None:
    lookalike = REPLACING.replace("[[mention]]", "[[lookalike]]").replace('concept = "edema"\n', "")
    found = refusal(write(tmp_path / "first"), own(tmp_path, lookalike))
    assert found == "own.toml: rule edema.marrow: replace: the rule in mentions.toml is of another kind"


def test_rule_is_switched_off(tmp_path: Path) -> None:
    rules = load_rules(write(tmp_path / "first"), own(tmp_path, 'off = ["site.femoral_head"]'))
    assert [rule.id for rule in rules.rules] == ["edema.marrow", "site.femur"]
    assert list(rules.sites) == ["femur"]


def test_switching_off_what_is_not_there_is_refused(tmp_path: Path) -> None:
    found = refusal(write(tmp_path / "first"), own(tmp_path, 'off = ["site.femoral_hed"]'))
    assert found == "own.toml: off: rule 'site.femoral_hed' is none before; did you mean 'site.femoral_head'?"


def test_switching_off_a_rule_of_the_same_folder_is_refused(tmp_path: Path) -> None:
    found = refusal(write(tmp_path / "first"), own(tmp_path, f'off = ["edema.marrow"]\n{REPLACING}'))
    assert found == "own.toml: off: rule 'edema.marrow' is one of the same folder"


def test_site_is_switched_off_with_its_parts(tmp_path: Path) -> None:
    rules = load_rules(write(tmp_path / "first"), own(tmp_path, 'off = ["site.femur"]'))
    assert [rule.id for rule in rules.rules] == ["edema.marrow"]
    assert list(rules.sites) == []


def test_part_can_be_switched_off_beside_its_site(tmp_path: Path) -> None:
    rules = load_rules(write(tmp_path / "first"), own(tmp_path, 'off = ["site.femur", "site.femoral_head"]'))
    assert list(rules.sites) == []


AT_HEAD = MENTION.replace("terms", 'site = "femoral_head"\nterms')


def test_switching_off_a_site_that_another_rule_names_is_refused(tmp_path: Path) -> None:
    folder = own(tmp_path, 'off = ["site.femoral_head"]')
    assert refusal(write(tmp_path / "first", mentions=AT_HEAD), folder) == (
        "own.toml: off: 'site.femoral_head' is still named by rule edema.marrow in mentions.toml, in its key site; "
        "switch that rule off too, or replace it with one that does not name the site"
    )


def test_switching_off_a_site_whose_part_another_rule_names_is_refused(tmp_path: Path) -> None:
    folder = own(tmp_path, 'off = ["site.femur"]')
    assert refusal(write(tmp_path / "first", mentions=AT_HEAD), folder) == (
        "own.toml: off: 'site.femur' takes its part 'femoral_head' along, which is still named by rule edema.marrow in "
        "mentions.toml, in its key site; switch that rule off too, or replace it with one that does not name the site"
    )


def test_part_of_ones_own_needs_its_site(tmp_path: Path) -> None:
    part = HEAD.replace("femoral_head", "fovea").replace("femoral head", "fovea")
    folder = own(tmp_path, f'off = ["site.femur"]\n{part}')
    assert refusal(write(tmp_path / "first"), folder) == (
        "own.toml: off: 'site.femur' is still named by rule site.fovea in own.toml, in its key parent; "
        "switch that rule off too, or replace it with one that does not name the site"
    )


def test_list_of_what_is_off_that_is_no_list_is_refused(tmp_path: Path) -> None:
    found = refusal(write(tmp_path / "first"), own(tmp_path, 'off = "edema.marrow"'))
    assert found == 'own.toml: off: must be a list of rule ids, off = ["id"], above the tables of the file'


def test_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"# \xf6dem\n")
    assert refusal(tmp_path) == "latin.toml: not UTF-8 at byte 2; save the file as UTF-8"


def test_folder_without_patterns_is_refused(tmp_path: Path) -> None:
    expected = f"{tmp_path}: no pattern files (*.toml) here; name a folder that holds some"
    assert refusal(tmp_path) == expected
    told = "does not exist; check the path: rules are given as a folder of pattern files"
    assert refusal(tmp_path / "nowhere") == f"{tmp_path / 'nowhere'}: {told}"


def test_file_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    write(tmp_path)
    told = "is a file; name the folder that it is in: rules are given as a folder of pattern files"
    assert refusal(tmp_path / "mentions.toml") == f"{tmp_path / 'mentions.toml'}: {told}"


# The shipped rules


def test_shipped_rules_are_those_in_the_folder(shipped: RuleSet) -> None:
    files = {file.relative_to(shipped_patterns()).as_posix() for file in shipped_patterns().rglob("*.toml")}
    assert set(shipped.origins.values()) <= files
    assert len(shipped.rules) == len(shipped.origins) > 300


def test_shipped_rules_have_every_concept_and_pattern(shipped: RuleSet) -> None:
    assert {rule.concept for rule in shipped.of(MentionRule)} == set(Concept)
    tiers = [pattern for tier in shipped.policy.patterns for pattern in tier]
    assert sorted(tiers) == sorted(Pattern)


def test_shipped_cues_set_every_assertion(shipped: RuleSet) -> None:
    cues: list[CueRule] = list(shipped.of(CueRule))
    assert {cue.assertion for cue in cues if cue.assertion} >= set(Assertion) - {Assertion.PRESENT}


def test_no_shipped_rule_holds_a_term_or_an_example_twice(shipped: RuleSet) -> None:
    lists = ("terms", "plural", "short", "adjectives", "capitals", "finds", "skips")
    doubles = [
        f"{shipped.origins[rule.id]}: rule {rule.id}: {key}: {text!r}"
        for rule in shipped.rules
        for key in lists
        for text, count in Counter(getattr(rule, key, ())).items()
        if count > 1
    ]
    assert doubles == []


@pytest.mark.parametrize("kind", [MentionRule, SiteRule, SideRule, CauseRule, AttributeRule, GradeRule])
def test_no_phrase_means_two_things(shipped: RuleSet, kind: type[ExampleRule]) -> None:
    """Two rules may hold one phrase only if they say the same of it, or fill different columns or tables.

    The short names of sites are left out: they count only beside another site, which tells them apart.
    """
    meanings: dict[tuple[object, ...], dict[str, str]] = {}
    for rule in shipped.of(kind):
        says = str(rule.model_dump(exclude=_NO_MEANING | ({"id"} if kind is not SiteRule else set())))
        for form, phrase in set(rule.phrases()):
            if form != "short":
                key = (getattr(rule, "column", None), rule.beside, form, phrase)
                meanings.setdefault(key, {})[says] = rule.id
    doubles = {key[-1]: sorted(rules.values()) for key, rules in meanings.items() if len(rules) > 1}
    assert doubles == {}


def test_shipped_sites_form_trees_of_one_label_each(shipped: RuleSet) -> None:
    for site in shipped.sites:
        assert shipped.sites[shipped.bone(site)].parent is None
    labels = Counter(rule.label for rule in shipped.sites.values())
    assert [label for label, count in labels.items() if count > 1] == []


def test_no_shipped_variant_leads_to_another_variant(shipped: RuleSet) -> None:
    variants = shipped.spelling._variants
    assert {variant: word for variant, word in variants.items() if word in variants} == {}
