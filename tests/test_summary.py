"""One report in one row."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import make_finding

from marrowtext.model import Assertion, Change, Finding
from marrowtext.rules import load_rules
from marrowtext.summary import ReportSummary, SiteSummary, summarise, summarise_sites

RULES = load_rules()
POLICY = RULES.policy


def summary_of(*findings: Finding) -> ReportSummary:
    return summarise(findings, RULES)


def test_report_without_findings_is_not_mentioned() -> None:
    assert summary_of() == ReportSummary("not_mentioned", 0, 0, 0, 0, 0, 0, (), (), (), False, ())


@pytest.mark.parametrize(
    ("assertions", "status"),
    [
        (["absent", "possible", "present"], "present"),
        (["absent", "possible"], "possible"),
        (["historical", "absent", "hypothetical"], "absent"),
        (["historical", "hypothetical"], "not_mentioned"),
    ],
)
def test_status_is_the_strongest_current_mention(assertions: list[str], status: str) -> None:
    assert summary_of(*map(make_finding, assertions)).status == status


@pytest.mark.parametrize("section", ["indication", "technique", "comparison"])
def test_silent_sections_set_no_status_and_no_sites(section: str) -> None:
    summary = summary_of(make_finding("present", "talus", section=section, laterality="left"))
    assert (summary.status, summary.sites, summary.sides) == ("not_mentioned", (), ())


def test_status_order_is_the_policys() -> None:
    policy = POLICY.model_copy(update={"status": POLICY.status[::-1]})
    assert (
        summarise([make_finding("present"), make_finding("absent")], replace(RULES, policy=policy)).status == "absent"
    )


def test_counts_are_of_all_rows() -> None:
    assertions = ["present", "present", "absent", "possible", "hypothetical", "historical"]
    summary = summary_of(*(make_finding(assertion, section="indication") for assertion in assertions))
    counts = (summary.present, summary.absent, summary.possible, summary.hypothetical, summary.historical)
    assert (summary.findings, *counts) == (6, 2, 1, 1, 1, 1)


def test_sites_sides_and_patterns_are_those_of_affirmed_rows_sorted() -> None:
    summary = summary_of(
        make_finding("present", "talus", laterality="right", pattern="traumatic"),
        make_finding("possible", "calcaneus", laterality="left", pattern="reactive"),
        make_finding("present", "talus", laterality="right"),
        make_finding("absent", "navicular", laterality="bilateral"),
    )
    assert summary.sites == ("calcaneus", "talus")
    assert summary.sides == ("left", "right")
    assert summary.patterns == ("reactive", "traumatic")


def in_impression(assertion: str, site: str | None = None, **others: str) -> Finding:
    return make_finding(assertion, site, section="impression", **others)


@pytest.mark.parametrize(
    ("findings", "conflict"),
    [
        pytest.param([make_finding("present", "talus"), in_impression("absent", "talus")], True, id="same-site"),
        pytest.param([make_finding("absent", "talus"), in_impression("possible", "talus")], True, id="reversed"),
        pytest.param([make_finding("present", "talus"), in_impression("present", "talus")], False, id="agree"),
        pytest.param([make_finding("present", "talus"), in_impression("absent", "tibia")], False, id="elsewhere"),
        pytest.param([make_finding("present", "talus"), in_impression("absent")], True, id="all-denied"),
        pytest.param([make_finding("absent", "talus"), in_impression("present")], False, id="one-place-denied"),
        pytest.param(
            [make_finding("present", "femoral_head", bone="femur"), in_impression("absent", "femur")],
            True,
            id="whole-bone-denied",
        ),
        pytest.param(
            [
                make_finding("present", "talus", laterality="left"),
                in_impression("absent", laterality="right"),
            ],
            False,
            id="other-side",
        ),
        pytest.param(
            [
                make_finding("present", "talus", laterality="left"),
                in_impression("absent", laterality="bilateral"),
            ],
            True,
            id="both-sides-denied",
        ),
        pytest.param(
            [
                make_finding("present", "vertebra", level="L4"),
                in_impression("absent", "vertebra", level="L5"),
            ],
            False,
            id="other-level",
        ),
        pytest.param(
            [
                make_finding("present", "talus", zone="posterior"),
                in_impression("absent", "talus", zone="anterior"),
            ],
            False,
            id="other-zone",
        ),
        pytest.param(
            [make_finding("present", "talus"), in_impression("present", "talus"), in_impression("absent")],
            False,
            id="no-other-edema",
        ),
        pytest.param([make_finding("present", "talus"), make_finding("absent")], False, id="one-section"),
        pytest.param(
            [make_finding("present", "talus"), in_impression("absent", concept="contusion")],
            False,
            id="other-name",
        ),
        pytest.param(
            [
                make_finding("present", "talus", concept="contusion"),
                in_impression("absent", concept="signal"),
            ],
            True,
            id="normal-marrow",
        ),
        pytest.param(
            [make_finding("present", "talus", section="addendum"), make_finding("absent", "talus")],
            True,
            id="addendum",
        ),
        pytest.param(
            [make_finding("present", "talus"), make_finding("absent", "talus", section="comparison")],
            False,
            id="silent-section",
        ),
        pytest.param([make_finding("historical", "talus"), in_impression("absent", "talus")], False, id="past"),
    ],
)
def test_conflict(findings: list[Finding], conflict: bool) -> None:
    assert summary_of(*findings).conflict is conflict


def numbered(*findings: Finding) -> list[Finding]:
    return [replace(finding, finding=number) for number, finding in enumerate(findings, start=1)]


@pytest.mark.parametrize(
    ("findings", "between"),
    [
        pytest.param([make_finding("present", "talus"), in_impression("absent", "talus")], ("1|2",), id="two"),
        pytest.param(
            [make_finding("present", "tibia"), make_finding("possible", "talus"), in_impression("absent")],
            ("1|3", "2|3"),
            id="a denial of two",
        ),
        pytest.param([make_finding("absent", "talus"), in_impression("present", "tibia")], (), id="none"),
    ],
)
def test_conflict_names_both_findings_in_text_order(findings: list[Finding], between: tuple[str, ...]) -> None:
    assert summary_of(*numbered(*findings)).conflict_between == between


def sites_of(*findings: Finding) -> list[SiteSummary]:
    return summarise_sites(numbered(*findings), RULES)


def test_each_site_and_side_is_one_row_in_text_order() -> None:
    rows = sites_of(
        make_finding("present", "talus", laterality="right", region="ankle"),
        make_finding("absent", "tibia"),
        make_finding("possible", "talus", laterality="left", region="ankle"),
        make_finding("present", "talus", laterality="right", region="ankle"),
        make_finding("present"),
    )
    told = [(row.site, row.laterality, row.assertion, row.region, row.bone, row.finding_numbers) for row in rows]
    assert told == [
        ("talus", "right", "present", "ankle", "talus", (1, 4)),
        ("tibia", None, "absent", None, "tibia", (2,)),
        ("talus", "left", "possible", "ankle", "talus", (3,)),
    ]


@pytest.mark.parametrize(
    ("assertions", "resolved"),
    [
        (["absent", "possible", "present"], "present"),
        (["possible", "absent"], "possible"),
        (["absent", "historical", "hypothetical"], "absent"),
    ],
)
def test_present_beats_possible_beats_absent_at_a_site(assertions: list[str], resolved: str) -> None:
    (row,) = sites_of(*(make_finding(assertion, "talus") for assertion in assertions))
    assert row.assertion == resolved


@pytest.mark.parametrize(
    "finding",
    [
        make_finding("hypothetical", "talus"),
        make_finding("historical", "talus"),
        make_finding("present", "talus", section="comparison"),
        make_finding("present", "talus", section="indication"),
    ],
    ids=lambda finding: f"{finding.assertion}-{finding.section}",
)
def test_what_is_not_current_makes_no_site(finding: Finding) -> None:
    assert sites_of(finding) == []


def test_number_of_what_is_not_current_is_not_named() -> None:
    (row,) = sites_of(make_finding("historical", "talus"), make_finding("present", "talus"))
    assert row.finding_numbers == (2,)


def caused(pattern: str, certainty: str, section: str = "findings") -> Finding:
    return make_finding("present", "talus", section=section, pattern=pattern, pattern_assertion=Assertion(certainty))


@pytest.mark.parametrize(
    ("findings", "pattern"),
    [
        pytest.param(
            [caused("reactive", "possible", "impression"), caused("traumatic", "present")],
            ("traumatic", "present"),
            id="surest",
        ),
        pytest.param(
            [caused("osteonecrosis", "present"), caused("reactive", "present", "impression")],
            ("reactive", "present"),
            id="impression's",
        ),
        pytest.param(
            [caused("traumatic", "possible"), caused("osteonecrosis", "possible")],
            ("osteonecrosis", "possible"),
            id="most specific",
        ),
        pytest.param(
            [caused("traumatic", "present"), caused("stress_reaction", "present")],
            ("traumatic", "present"),
            id="first",
        ),
        pytest.param(
            [make_finding("present", "talus", section="impression"), caused("traumatic", "possible")],
            ("traumatic", "possible"),
            id="unspecified says nothing",
        ),
        pytest.param([make_finding("present", "talus")], ("unspecified", None), id="none"),
    ],
)
def test_pattern_of_a_site(findings: list[Finding], pattern: tuple[str, str | None]) -> None:
    (row,) = sites_of(*findings)
    assert (row.pattern, row.pattern_assertion) == pattern


def test_severity_of_a_site_is_the_highest() -> None:
    degrees = ("mild", "severe", None, "moderate")
    (row,) = sites_of(*(make_finding("present", "talus", severity=degree) for degree in degrees))
    assert row.severity == "severe"


@pytest.mark.parametrize(("column", "first", "other"), [("extent", "focal", "diffuse"), ("change", *list(Change)[1:3])])
def test_extent_and_change_of_a_site_are_the_impressions_else_the_first(column: str, first: str, other: str) -> None:
    found = [make_finding("present", "talus", **{column: value}) for value in (None, first, other)]
    assert getattr(sites_of(*found)[0], column) == first
    found.append(make_finding("present", "talus", section="impression", **{column: other}))
    assert getattr(sites_of(*found)[0], column) == other


def test_denials_lend_a_present_site_no_change() -> None:
    denial = make_finding("absent", "talus", section="impression", change=Change.RESOLVED)
    assert sites_of(denial)[0].change == "resolved"
    assert sites_of(make_finding("present", "talus"), denial)[0].change is None


def test_levels_of_a_site_are_those_where_it_is_claimed() -> None:
    (row,) = sites_of(
        make_finding("present", "vertebral_body", level="L5"),
        make_finding("present", "vertebral_body", level="L2"),
        make_finding("absent", "vertebral_body", level="L4"),
    )
    assert row.levels == ("L2", "L5")


def test_conflict_of_a_site_is_its_own() -> None:
    rows = sites_of(
        make_finding("present", "talus"), make_finding("present", "tibia"), in_impression("absent", "talus")
    )
    assert [(row.site, row.conflict, row.conflict_between) for row in rows] == [
        ("talus", True, ("1|3",)),
        ("tibia", False, ()),
    ]


def test_policy_of_conflicts_is_a_table() -> None:
    claims = numbered(make_finding("present", "talus"), in_impression("absent", "talus"))
    lenient = POLICY.model_copy(update={"conflict": POLICY.conflict.model_copy(update={"affirmed": ()})})
    assert [summarise(claims, replace(RULES, policy=policy)).conflict for policy in (POLICY, lenient)] == [True, False]
    upside_down = POLICY.resolution.model_copy(update={"degrees": POLICY.resolution.degrees[::-1]})
    policy = POLICY.model_copy(update={"resolution": upside_down})
    degrees = [make_finding("present", "talus", severity=degree) for degree in ("mild", "severe")]
    assert summarise_sites(degrees, replace(RULES, policy=policy))[0].severity == "mild"


@pytest.mark.parametrize(
    ("denied", "affirmed", "conflict"),
    [
        ("distal_femur", "medial_femoral_condyle", True),
        ("proximal_femur", "femoral_head", True),
        ("femur", "femoral_head", True),
        ("acetabulum", "acetabular_roof", True),
        ("femoral_head", "proximal_femur", False),
        ("femoral_neck", "femoral_head", False),
        ("hip_joint", "femoral_head", True),
        ("hip_joint", "femoral_shaft", False),
        ("midfoot", "calcaneus", False),
        ("femoral_head", "hip_joint", False),
    ],
)
def test_denial_of_a_site_is_of_its_parts(denied: str, affirmed: str, conflict: bool) -> None:
    rows = [make_finding("present", affirmed), make_finding("absent", denied, section="impression", finding=2)]
    assert summary_of(*rows).conflict is conflict
