"""One report in one row."""

from __future__ import annotations

import pytest
from builders import make_finding

from marrowtext.model import Finding
from marrowtext.schema import Policy
from marrowtext.summary import ReportSummary, summarise

POLICY = Policy.model_validate(
    {
        "sections": {},
        "patterns": [["unspecified"]],
        "status": ["present", "possible", "absent"],
        "concept_patterns": {},
        "silent_sections": ["indication", "technique", "comparison"],
        "measured": ["present"],
    }
)


def summary_of(*findings: Finding) -> ReportSummary:
    return summarise(findings, POLICY)


def test_report_without_findings_is_not_mentioned() -> None:
    assert summary_of() == ReportSummary("not_mentioned", 0, 0, 0, 0, 0, 0, (), (), (), False)


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
    assert summarise([make_finding("present"), make_finding("absent")], policy).status == "absent"


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
