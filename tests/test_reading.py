"""A list of findings as a notebook shows it."""

from __future__ import annotations

from builders import make_finding

import marrowtext
from marrowtext.reading import AssociatedFindings, Findings


def test_findings_are_a_list() -> None:
    found = marrowtext.findings("Marrow edema of the talus.")
    assert isinstance(found, Findings)
    assert [row.site for row in found] == ["talus"]


def test_notebook_shows_the_filled_columns_and_marks_the_mention() -> None:
    row = make_finding("present", "talus", sentence="Mild <marrow edema> here.", rules=("edema.marrow", "site.talus"))
    assert Findings([row])._repr_html_() == (
        '<table style="text-align: left"><thead><tr><th>finding</th><th>section</th><th>concept</th><th>assertion</th>'
        "<th>site</th><th>pattern</th><th>sentence</th></tr></thead>\n"
        "<tbody><tr><td>1</td><td>findings</td><td>edema</td><td>present</td><td>talus</td><td>unspecified</td>"
        '<td>Mild &lt;<mark title="edema.marrow site.talus">marrow edema</mark>&gt; here.</td></tr>\n'
        "</tbody></table>"
    )


def test_notebook_shows_a_sentence_that_was_cut_before_the_mention() -> None:
    row = make_finding("present", "talus", sentence="A long sentence")
    assert "<td>A long sentence</td>" in Findings([row])._repr_html_()


def test_notebook_says_that_there_are_none() -> None:
    assert Findings()._repr_html_() == "<p>No findings.</p>"


def test_notebook_shows_associated_findings_as_a_table() -> None:
    found = marrowtext.associated("ACL tear <2>.", title="MRI LEFT KNEE")
    assert found._repr_html_() == (
        '<table style="text-align: left"><thead><tr><th>associated</th><th>section</th><th>concept</th>'
        "<th>assertion</th><th>structure</th><th>laterality</th><th>sentence</th></tr></thead>\n"
        "<tbody><tr><td>1</td><td>findings</td><td>ligament_tear</td><td>present</td><td>ACL</td><td>left</td>"
        '<td><mark title="associated.tear structure.ligament">ACL tear</mark> &lt;2&gt;.</td></tr>\n'
        "</tbody></table>"
    )
    assert AssociatedFindings()._repr_html_() == "<p>No associated findings.</p>"
