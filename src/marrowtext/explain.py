"""Why each row is there: a reading for the terminal, as plain text, as a page of HTML, or in a notebook."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from rich.console import Console
from rich.text import Text

from marrowtext.columns import finding_row
from marrowtext.model import Finding, Highlight, Reading, Report
from marrowtext.reading import Findings, Patterns, pattern_folders, shared_pipeline

__all__ = ["Explanation", "explain_html", "explain_text", "find_marks", "print_explanation", "show"]

# A style of the terminal and a colour of the page for each kind of highlight, the first to look at first.
_STYLES = {
    "mention": ("bold black on yellow", "#ffe066"),
    "site": ("black on green", "#b2f2bb"),
    "cue": ("white on red", "#ffc9c9"),
    "side": ("black on cyan", "#99e9f2"),
    "attribute": ("white on blue", "#bac8ff"),
    "cause": ("white on magenta", "#eebefa"),
    "heading": ("bold underline", "#dee2e6"),
}
_OTHER = ("italic underline", "#e9ecef")

# Told by the headline of a row or by the report above it.
_TOLD = {
    "report_id",
    "finding",
    "concept",
    "assertion",
    "mention",
    "start",
    "end",
    "sentence",
    "site",
    "rules",
}

# Control characters, and those that turn the direction of writing.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of the report under one highlight, the innermost where several overlap, or under none."""

    text: str
    mark: Highlight | None


@dataclass(frozen=True, slots=True)
class _Row:
    """What is told of one finding: `fields` are its filled columns, `reasons` its rules with the words they
    matched.
    """

    headline: str
    fields: tuple[tuple[str, str], ...]
    reasons: tuple[tuple[str, str], ...]


class Explanation:
    """A report with all that was found in it, which a notebook shows with its highlights and the terminal as text.

    `report` is the report, `findings` are its rows.
    """

    def __init__(self, reading: Reading) -> None:
        self.report = reading.report
        self.findings = Findings(reading.findings)
        self._reading = reading

    def __repr__(self) -> str:
        return explain_text(self._reading)

    def _repr_html_(self) -> str:
        return _fragment(self._reading)


def show(report: str | Report, *, id: str = "1", title: str | None = None, patterns: Patterns = None) -> Explanation:
    """Read one report and show why each of its rows is there: in a notebook with its words highlighted, their rules and
    what they say under the mouse, and nothing loaded from elsewhere.

    `report` is a text or a Report; `id` and `title` belong to a text. Raises RuleError for a rule that is wrong,
    TypeError for a report that is neither.
    """
    if not isinstance(report, str | Report):
        raise TypeError(f"report is to be one text or one Report, and not {type(report).__name__}")
    whole = Report(id, report, title) if isinstance(report, str) else report
    return Explanation(shared_pipeline(pattern_folders(patterns)).read(whole))


def print_explanation(reading: Reading, console: Console) -> None:
    """Print the explanation: in colours on a terminal, else as plain text."""
    if not console.is_terminal:
        console.out(explain_text(reading), highlight=False, end="")
        return
    report = Text()
    kinds: dict[str, str] = {}
    for piece in _cut_report(reading):
        style = _STYLES.get(piece.mark.kind, _OTHER)[0] if piece.mark else ""
        report.append(_show(piece.text), style)
        if piece.mark:
            kinds[piece.mark.kind] = style
    legend = Text(" ").join(Text(f" {kind} ", style) for kind, style in sorted(kinds.items()))
    console.print(report, legend, sep="\n\n")
    console.print(Text(f"\n{_tell_rows(reading)}", end=""))


def explain_text(reading: Reading) -> str:
    """Write the explanation as plain text: each highlight as `[words](kind)`, then the rows."""
    parts = [
        f"[{_show(piece.text)}]({piece.mark.kind})" if piece.mark else _show(piece.text)
        for piece in _cut_report(reading)
    ]
    return f"{''.join(parts).rstrip()}\n\n{_tell_rows(reading)}"


def explain_html(reading: Reading) -> str:
    """Write the explanation as one page of HTML that needs nothing from elsewhere."""
    title = escape(f"Report {reading.report.id}")
    return _PAGE.format(title=title, body=_fragment(reading))


def _fragment(reading: Reading) -> str:
    """Write the explanation as a piece of HTML with its own style, which touches nothing around it."""
    marked = "".join(
        f'<mark class="{_class(piece.mark.kind)}" title="{escape(_tell_mark(reading, piece.mark))}">'
        f"{escape(piece.text)}</mark>"
        if piece.mark
        else escape(piece.text)
        for piece in _cut_report(reading)
    )
    rows = "".join(_row_html(_describe(reading, finding)) for finding in reading.findings)
    rejected = "".join(f"<li><q>{escape(words)}</q> {escape(reason)}</li>" for words, reason in _tell_rejected(reading))
    colours = "".join(f".marrowtext mark.{kind} {{ background: {colour} }}\n" for kind, (_, colour) in _STYLES.items())
    return _FRAGMENT.format(
        colours=f"{colours}.marrowtext mark.other {{ background: {_OTHER[1]} }}",
        legend=" ".join(f'<mark class="{kind}">{kind}</mark>' for kind in _STYLES),
        report=marked,
        rows=f"<ol>{rows}</ol>" if rows else "<p>No findings.</p>",
        rejected=f"<h2>Rejected</h2><ul>{rejected}</ul>" if rejected else "",
    )


def _tell_mark(reading: Reading, mark: Highlight) -> str:
    """Say what a highlight is: its kind and its rule, and for a mention its rows."""
    lines = [f"{mark.kind}: {mark.rule}"]
    if mark.kind == "mention":
        for finding in reading.findings:
            if (finding.start, finding.end) == (mark.start, mark.end):
                fields = "; ".join(f"{name} {value}" for name, value in _describe(reading, finding).fields)
                lines.append(f"{finding.finding}. {_name(finding)}; {fields}")
    return "\n".join(lines)


# The text of a mark is dark on its own colour, in a light notebook and in a dark one.
_FRAGMENT = """\
<div class="marrowtext">
<style>
.marrowtext pre {{ white-space: pre-wrap; font: inherit; line-height: 1.6; padding: 1em; border: 1px solid #adb5bd;
  background: none; color: inherit }}
.marrowtext mark {{ padding: 0 .15em; border-radius: .2em; color: #212529 }}
.marrowtext mark[title] {{ cursor: help }}
.marrowtext table {{ border-collapse: collapse; margin: .3em 0 1em }}
.marrowtext td {{ padding: .1em 1em .1em 0; vertical-align: top; text-align: left }}
{colours}
</style>
<p>{legend}</p>
<pre>{report}</pre>
<h2>Findings</h2>
{rows}
{rejected}
</div>
"""

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
  color: #212529; background: #fff }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


def _row_html(row: _Row) -> str:
    fields = "; ".join(f"{escape(name)} <b>{escape(value)}</b>" for name, value in row.fields)
    reasons = "".join(
        f"<tr><td><code>{escape(rule)}</code></td><td>{escape(words)}</td></tr>" for rule, words in row.reasons
    )
    return f"<li><b>{escape(row.headline)}</b><br>{fields}<table>{reasons}</table></li>\n"


def _class(kind: str) -> str:
    return kind if kind in _STYLES else "other"


def _tell_rows(reading: Reading) -> str:
    lines: list[str] = []
    for finding in reading.findings:
        row = _describe(reading, finding)
        width = max((len(rule) for rule, _ in row.reasons), default=0)
        lines.append(f"{finding.finding}. {_show(row.headline)}")
        lines.append(f"   {_show('; '.join(f'{name} {value}' for name, value in row.fields))}")
        lines.extend(f"   {rule:<{width}}  {_show(words)}".rstrip() for rule, words in row.reasons)
    if not lines:
        lines.append("No findings.")
    rejected = [f'   "{_show(words)}" {reason}' for words, reason in _tell_rejected(reading)]
    if rejected:
        lines.extend(["Rejected:", *rejected])
    return "\n".join(lines) + "\n"


def _name(finding: Finding) -> str:
    return f"{finding.concept.value} {finding.assertion.value}, {finding.site or 'no site'}"


def _describe(reading: Reading, finding: Finding) -> _Row:
    values = finding_row(finding).items()
    fields = ((name, str(value)) for name, value in values if name not in _TOLD and value not in (None, False))
    return _Row(
        headline=f'{_name(finding)}: "{_one_line(finding.mention)}"',
        fields=tuple((name, _one_line(value)) for name, value in fields),
        reasons=tuple((rule, _find_words(reading, finding, rule)) for rule in finding.rules),
    )


def _find_words(reading: Reading, finding: Finding, rule: str) -> str:
    text = reading.report.text
    near = find_marks(reading, finding, rule)
    return ", ".join(dict.fromkeys(f'"{_one_line(text[mark.start : mark.end])}"' for mark in near))


def find_marks(reading: Reading, finding: Finding, rule: str) -> list[Highlight]:
    """Give what a rule matched for this finding: all in its sentence, else the nearest in the report."""
    text = reading.report.text
    marks = [mark for mark in reading.highlights if mark.rule == rule]
    begin = text.find(
        finding.sentence, max(0, finding.end - len(finding.sentence)), finding.start + len(finding.sentence)
    )
    end = begin + len(finding.sentence)
    near = [mark for mark in marks if begin <= mark.start and mark.end <= end]
    if not near and marks:
        near = [min(marks, key=lambda mark: min(abs(mark.end - finding.start), abs(mark.start - finding.end)))]
    return near


def _tell_rejected(reading: Reading) -> Iterator[tuple[str, str]]:
    for candidate in reading.rejected:
        yield _one_line(reading.report.text[candidate.start : candidate.end]), candidate.reason


def _cut_report(reading: Reading) -> Iterator[_Piece]:
    """Cut the report where its highlights begin and end."""
    text = reading.report.text
    known = {(mark.start, mark.end) for mark in reading.highlights if mark.kind == "mention"}
    mentions = {(finding.start, finding.end): " ".join(finding.rules) for finding in reading.findings}
    added = (Highlight(*span, "mention", rules) for span, rules in mentions.items() if span not in known)
    order = list(_STYLES)
    marks = sorted(
        (*reading.highlights, *added),
        key=lambda mark: (
            mark.end - mark.start,
            order.index(mark.kind) if mark.kind in order else len(order),
        ),
    )
    owners: list[Highlight | None] = [None] * len(text)
    for mark in reversed(marks):
        owners[mark.start : mark.end] = [mark] * (mark.end - mark.start)
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or owners[at] is not owners[start]:
            yield _Piece(text[start:at], owners[start])
            start = at


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _show(text: str) -> str:
    """Make control characters visible, so that a report cannot steer the terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n").replace("\r", "\n"))
