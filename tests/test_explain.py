"""Why each row is there, for the terminal, as plain text, as HTML, in a notebook."""

from __future__ import annotations

from html.parser import HTMLParser
from io import StringIO

import pytest
from builders import make_finding
from rich.console import Console

from marrowtext.explain import Explanation, explain_html, explain_text, print_explanation, show
from marrowtext.model import Finding, Highlight, Pattern, Reading, Rejected, Report
from marrowtext.pipeline import Pipeline

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


def test_show_tells_associated_rows_where_asked() -> None:
    shown = show("Marrow edema of the femoral head, no AVN.", associated=True)
    assert shown.associated is not None
    assert [(row.concept, row.assertion) for row in shown.associated] == [("osteonecrosis", "absent")]
    assert show("No AVN.").associated is None


def test_plain_text_tells_associated_rows_behind_the_findings(pipeline: Pipeline) -> None:
    report = Report("1", "Marrow edema of the femoral head, no AVN.")
    assert explain_text(pipeline.read(report), pipeline.read_associated(report)) == (
        "[Marrow edema](mention) of the [femoral head](site), [no](cue) [AVN](associated).\n"
        "\n"
        '1. edema present, femoral_head: "Marrow edema"\n'
        "   section findings; region hip; bone femur; pattern unspecified\n"
        '   edema.marrow       "Marrow edema"\n'
        '   site.femoral_head  "femoral head"\n'
        "\n"
        "Associated:\n"
        '1. osteonecrosis absent, femoral_head: "AVN"\n'
        "   section findings; region hip; bone femur\n"
        '   associated.osteonecrosis  "AVN"\n'
        '   absent.no                 "no"\n'
        '   site.femoral_head         "femoral head"\n'
    )


def test_associated_names_that_made_no_row_are_told(pipeline: Pipeline) -> None:
    report = Report("1", "A tear is seen.")
    assert explain_text(pipeline.read(report), pipeline.read_associated(report)) == (
        "A [tear](associated) is seen.\n"
        "\n"
        "No findings.\n"
        "\n"
        "Associated:\n"
        "No associated findings.\n"
        "Rejected:\n"
        '   "tear" not said what it is in\n'
    )


def test_a_longer_associated_name_covers_the_cause_in_it(pipeline: Pipeline) -> None:
    report = Report("1", "Marrow edema of the talus about a fracture line.")
    reading = pipeline.read(report)
    assert "about a [fracture line](associated)." in explain_text(reading, pipeline.read_associated(report))


def test_page_tells_associated_rows_under_the_mouse(pipeline: Pipeline) -> None:
    report = Report("1", "No AVN of the <b>femoral head</b>.")
    html = explain_html(pipeline.read(report), pipeline.read_associated(report))
    assert (
        '<mark class="associated" title="associated: associated.osteonecrosis\n'
        '1. osteonecrosis absent, femoral_head; section findings; region hip; bone femur">AVN</mark>'
    ) in html
    assert "<b>osteonecrosis absent, femoral_head: &quot;AVN&quot;</b>" in html
    assert "&lt;b&gt;" in html and "<b>femoral" not in html
    assert "<h2>Associated findings</h2>" in html
    assert "<h2>Associated findings</h2>" not in explain_html(pipeline.read(report))


def test_terminal_shows_associated_rows() -> None:
    shown = show("No AVN of the femoral head.", associated=True)
    assert repr(shown).endswith('   site.femoral_head         "femoral head"\n')
    assert "<h2>Associated findings</h2>" in shown._repr_html_()
