"""Why each row is there, for the terminal, as plain text, as HTML, in a notebook."""

from __future__ import annotations

from html.parser import HTMLParser
from io import StringIO

import pytest
from builders import make_finding
from rich.console import Console

from marrowtext.explain import Explanation, explain_html, explain_text, print_explanation, show
from marrowtext.model import Finding, Highlight, Pattern, Reading, Rejected, Report

TEXT = "No fracture. There is mild marrow edema in the talus. Muscle edema."


def mark(words: str, kind: str, rule: str, text: str = TEXT) -> Highlight:
    start = text.index(words)
    return Highlight(start, start + len(words), kind, rule)


def finding(**others: object) -> Finding:
    start = TEXT.index("marrow edema")
    return make_finding(
        "present",
        "talus",
        **{
            "start": start,
            "end": start + len("marrow edema"),
            "sentence": "There is mild marrow edema in the talus.",
            "severity": "mild",
            "rules": ("edema.marrow", "severity.mild", "site.talus"),
            **others,
        },
    )


def reading(*findings: Finding, text: str = TEXT) -> Reading:
    start = TEXT.index("Muscle edema")
    return Reading(
        Report("7", text),
        findings or (finding(),),
        (Rejected(start, start + len("Muscle edema"), "lookalike.muscle"),),
        (
            mark("marrow edema", "mention", "edema.marrow"),
            mark("mild", "attribute", "severity.mild"),
            mark("talus", "site", "site.talus"),
        ),
    )


def test_plain_text_marks_the_report_and_tells_rules_words_and_rejected_candidates() -> None:
    assert explain_text(reading()) == (
        "No fracture. There is [mild](attribute) [marrow edema](mention) in the [talus](site). "
        "Muscle edema.\n"
        "\n"
        '1. edema present, talus: "marrow edema"\n'
        "   section findings; bone talus; pattern unspecified; severity mild\n"
        '   edema.marrow   "marrow edema"\n'
        '   severity.mild  "mild"\n'
        '   site.talus     "talus"\n'
        "Rejected:\n"
        '   "Muscle edema" lookalike.muscle\n'
    )


def test_report_without_findings_says_so() -> None:
    assert explain_text(Reading(Report("1", "Intact menisci."), (), (), ())) == "Intact menisci.\n\nNo findings.\n"


def test_mention_without_a_highlight_is_marked_all_the_same() -> None:
    bare = Reading(Report("1", TEXT), (finding(),), (), ())
    assert "mild [marrow edema](mention) in" in explain_text(bare)


def test_innermost_highlight_wins() -> None:
    outer = mark("mild marrow edema", "mention", "edema.marrow")
    inner = mark("mild", "attribute", "severity.mild")
    text = explain_text(Reading(Report("1", TEXT), (), (), (outer, inner)))
    assert "There is [mild](attribute)[ marrow edema](mention) in" in text


def test_words_of_a_rule_are_those_in_the_sentence() -> None:
    text = "Talus: no fracture. There is mild marrow edema in the talus. Muscle edema."
    far, near = Highlight(0, 5, "site", "site.talus"), mark("talus", "site", "site.talus", text)
    there = text.index("marrow edema")
    row = finding(start=there, end=there + len("marrow edema"), rules=("site.talus",))
    assert '   site.talus  "talus"\n' in explain_text(Reading(Report("1", text), (row,), (), (far, near)))


def test_words_outside_the_sentence_are_the_nearest() -> None:
    heading = mark("No fracture", "heading", "site.heading")
    row = finding(rules=("site.heading",))
    assert '   site.heading  "No fracture"\n' in explain_text(Reading(Report("1", TEXT), (row,), (), (heading,)))


def test_rule_that_matched_no_words_stands_alone() -> None:
    row = finding(rules=("title.side",))
    assert "   title.side\n" in explain_text(Reading(Report("1", TEXT), (row,), (), ()))


def test_control_characters_of_a_report_do_not_reach_the_terminal() -> None:
    shown = explain_text(Reading(Report("1", "a\x1b[31mb\r\nc\u202ed"), (), (), ()))
    assert shown.splitlines()[:2] == ["a\N{REPLACEMENT CHARACTER}[31mb", "c\N{REPLACEMENT CHARACTER}d"]


@pytest.mark.parametrize("terminal", [True, False])
def test_markup_in_a_report_is_plain_text(terminal: bool) -> None:
    output = StringIO()
    text = "[bold]no[/bold] [/] :bone: marrow"
    print_explanation(
        Reading(Report("1", text), (), (), ()),
        Console(file=output, force_terminal=terminal, color_system=None),
    )
    assert text in output.getvalue()


def test_terminal_shows_colours() -> None:
    output = StringIO()
    print_explanation(reading(), Console(file=output, force_terminal=True, color_system="standard", width=200))
    assert "\x1b[1;30;43mmarrow edema\x1b[0m" in output.getvalue()
    assert 'edema.marrow   "marrow edema"' in output.getvalue()


def test_other_than_a_terminal_gets_plain_text() -> None:
    output = StringIO()
    print_explanation(reading(), Console(file=output, width=20))
    assert output.getvalue() == explain_text(reading())


class Page(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_page_marks_the_report() -> None:
    assert (
        'mild</mark> <mark class="mention" title="mention: edema.marrow\n'
        '1. edema present, talus; section findings; bone talus; pattern unspecified; severity mild">marrow edema</mark>'
        ' in the <mark class="site" title="site: site.talus">talus</mark>.'
    ) in explain_html(reading())


def test_page_tells_rules_and_rejected_candidates() -> None:
    page = Page(explain_html(reading())).text
    assert all(words in page for words in ["severity.mild", '"mild"', "Muscle edema", "lookalike.muscle"])


def test_page_escapes_the_report() -> None:
    text = '<script>alert("x")</script> & {braces} ' + TEXT
    row = finding(mention="<b>", sentence=text, start=0, end=8, pattern=Pattern.TRAUMATIC, pattern_evidence="<i>")
    page = Page(explain_html(Reading(Report("<7>", text), (row,), (Rejected(0, 8, "<why>"),), ())))
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "i", "7", "why"})
    assert all(words in page.text for words in ["alert", "{braces}", "<7>", "<why>", "<i>"])


def test_page_needs_nothing_from_elsewhere() -> None:
    page = Page(explain_html(reading()))
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "img", "iframe"})
    assert not any(name in ("src", "href") for _, attributes in page.tags for name in attributes)
    assert "url(" not in explain_html(reading())


def test_notebook_shows_what_the_page_shows() -> None:
    assert Explanation(reading())._repr_html_() in explain_html(reading())


def test_notebook_style_touches_nothing_around_it() -> None:
    style = Explanation(reading())._repr_html_().partition("<style>")[2].partition("</style>")[0]
    selectors = [rule.partition("{")[0].strip() for rule in style.split("}")[:-1]]
    assert selectors and all(selector.startswith(".marrowtext ") for selector in selectors)


def test_terminal_shows_an_explanation_as_text() -> None:
    assert repr(Explanation(reading())) == explain_text(reading())


def test_show_reads_a_text() -> None:
    shown = show("No marrow edema of the talus.", id="7", title="MRI LEFT ANKLE")
    assert (shown.report.id, [(row.site, row.laterality) for row in shown.findings]) == ("7", [("talus", "left")])


def test_show_reads_a_report() -> None:
    report = Report("7", "Marrow edema of the talus.")
    assert show(report).report is report


def test_show_wants_one_report() -> None:
    with pytest.raises(TypeError, match="one text or one Report, and not list"):
        show(["Marrow edema."])  # type: ignore[arg-type]
