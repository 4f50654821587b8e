"""Why each row is there: a reading for the terminal, as plain text, as a page of HTML, or in a notebook."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape

from rich.console import Console
from rich.text import Text

from marrowtext.columns import associated_row, finding_row
from marrowtext.model import AssociatedFinding, AssociatedReading, Finding, Highlight, Reading, Report
from marrowtext.reading import AssociatedFindings, Findings, Patterns, pattern_folders, shared_pipeline

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
    "associated": ("black on bright_magenta", "#ffc078"),
}
_OTHER = ("italic underline", "#e9ecef")

# Told by the headline of a row or by the report above it.
_TOLD = {
    "report_id",
    "finding",
    "associated",
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

    number: int
    headline: str
    fields: tuple[tuple[str, str], ...]
    reasons: tuple[tuple[str, str], ...]


class Explanation:
    """A report with all that was found in it, which a notebook shows with its highlights and the terminal as text.

    `report` is the report, `findings` are its rows, `associated` those of the associated table, None where they were
    not asked for.
    """

    def __init__(self, reading: Reading, beside: AssociatedReading | None = None) -> None:
        self.report = reading.report
        self.findings = Findings(reading.findings)
        self.associated = None if beside is None else AssociatedFindings(beside.findings)
        self._reading = reading
        self._beside = beside

    def __repr__(self) -> str:
        return explain_text(self._reading, self._beside)

    def _repr_html_(self) -> str:
        return _fragment(self._reading, self._beside)


def show(
    report: str | Report,
    *,
    id: str = "1",
    title: str | None = None,
    associated: bool = False,
    patterns: Patterns = None,
) -> Explanation:
    """Read one report and show why each of its rows is there: in a notebook with its words highlighted, their rules and
    what they say under the mouse, and nothing loaded from elsewhere.

    `report` is a text or a Report; `id` and `title` belong to a text. `associated` shows the rows of the associated
    table too. Raises RuleError for a rule that is wrong, TypeError for a report that is neither.
    """
    if not isinstance(report, str | Report):
        raise TypeError(f"report is to be one text or one Report, and not {type(report).__name__}")
    whole = Report(id, report, title) if isinstance(report, str) else report
    pipeline = shared_pipeline(pattern_folders(patterns))
    return Explanation(pipeline.read(whole), pipeline.read_associated(whole) if associated else None)


def print_explanation(reading: Reading, console: Console, beside: AssociatedReading | None = None) -> None:
    """Print the explanation: in colours on a terminal, else as plain text."""
    if not console.is_terminal:
        console.out(explain_text(reading, beside), highlight=False, end="")
        return
    report = Text()
    kinds: dict[str, str] = {}
    for piece in _cut_report(reading, beside):
        style = _STYLES.get(piece.mark.kind, _OTHER)[0] if piece.mark else ""
        report.append(_show(piece.text), style)
        if piece.mark:
            kinds[piece.mark.kind] = style
    legend = Text(" ").join(Text(f" {kind} ", style) for kind, style in sorted(kinds.items()))
    console.print(report, legend, sep="\n\n")
    console.print(Text(f"\n{_tell_all(reading, beside)}", end=""))


def explain_text(reading: Reading, beside: AssociatedReading | None = None) -> str:
    """Write the explanation as plain text: each highlight as `[words](kind)`, then the rows, those of the associated
    table behind the others.
    """
    parts = [
        f"[{_show(piece.text)}]({piece.mark.kind})" if piece.mark else _show(piece.text)
        for piece in _cut_report(reading, beside)
    ]
    return f"{''.join(parts).rstrip()}\n\n{_tell_all(reading, beside)}"


def explain_html(reading: Reading, beside: AssociatedReading | None = None) -> str:
    """Write the explanation as one page of HTML that needs nothing from elsewhere."""
    title = escape(f"Report {reading.report.id}")
    return _PAGE.format(title=title, body=_fragment(reading, beside))


def _fragment(reading: Reading, beside: AssociatedReading | None) -> str:
    """Write the explanation as a piece of HTML with its own style, which touches nothing around it."""
    marked = "".join(
        f'<mark class="{_class(piece.mark.kind)}" title="{escape(_tell_mark(piece.mark, reading, beside))}">'
        f"{escape(piece.text)}</mark>"
        if piece.mark
        else escape(piece.text)
        for piece in _cut_report(reading, beside)
    )
    parts = [_part_html("Findings", "No findings.", reading)]
    if beside is not None:
        parts.append(_part_html("Associated findings", "No associated findings.", beside))
    colours = "".join(f".marrowtext mark.{kind} {{ background: {colour} }}\n" for kind, (_, colour) in _STYLES.items())
    return _FRAGMENT.format(
        colours=f"{colours}.marrowtext mark.other {{ background: {_OTHER[1]} }}",
        legend=" ".join(f'<mark class="{kind}">{kind}</mark>' for kind in _STYLES),
        report=marked,
        parts="\n".join(parts),
    )


def _part_html(title: str, none: str, reading: Reading | AssociatedReading) -> str:
    """Write the rows of one table and the names that made none under a heading."""
    rows = "".join(_row_html(_describe(reading, finding)) for finding in reading.findings)
    rejected = "".join(f"<li><q>{escape(words)}</q> {escape(reason)}</li>" for words, reason in _tell_rejected(reading))
    told = f"<ol>{rows}</ol>" if rows else f"<p>{none}</p>"
    left = f"<h3>Rejected</h3><ul>{rejected}</ul>" if rejected else ""
    return f"<h2>{title}</h2>\n{told}\n{left}"


def _tell_mark(mark: Highlight, reading: Reading, beside: AssociatedReading | None) -> str:
    """Say what a highlight is: its kind and its rule, and for the name of a finding its rows."""
    lines = [f"{mark.kind}: {mark.rule}"]
    told = {"mention": reading, "associated": beside}.get(mark.kind)
    if told is None:
        return lines[0]
    for finding in told.findings:
        if (finding.start, finding.end) == (mark.start, mark.end):
            row = _describe(told, finding)
            fields = "; ".join(f"{name} {value}" for name, value in row.fields)
            lines.append(f"{row.number}. {_name(finding)}; {fields}")
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
{parts}
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


def _tell_all(reading: Reading, beside: AssociatedReading | None) -> str:
    told = _tell_rows(reading, "No findings.")
    return told if beside is None else f"{told}\nAssociated:\n{_tell_rows(beside, 'No associated findings.')}"


def _tell_rows(reading: Reading | AssociatedReading, none: str) -> str:
    lines: list[str] = []
    for finding in reading.findings:
        row = _describe(reading, finding)
        width = max((len(rule) for rule, _ in row.reasons), default=0)
        lines.append(f"{row.number}. {_show(row.headline)}")
        lines.append(f"   {_show('; '.join(f'{name} {value}' for name, value in row.fields))}")
        lines.extend(f"   {rule:<{width}}  {_show(words)}".rstrip() for rule, words in row.reasons)
    if not lines:
        lines.append(none)
    rejected = [f'   "{_show(words)}" {reason}' for words, reason in _tell_rejected(reading)]
    if rejected:
        lines.extend(["Rejected:", *rejected])
    return "\n".join(lines) + "\n"


def _name(finding: Finding | AssociatedFinding) -> str:
    return f"{finding.concept.value} {finding.assertion.value}, {finding.site or 'no site'}"


def _describe(reading: Reading | AssociatedReading, finding: Finding | AssociatedFinding) -> _Row:
    if isinstance(finding, Finding):
        number, values = finding.finding, finding_row(finding)
    else:
        number, values = finding.associated, associated_row(finding)
    told = ((name, value) for name, value in values.items() if name not in _TOLD)
    fields = ((name, str(value)) for name, value in told if value not in (None, False))
    return _Row(
        number,
        headline=f'{_name(finding)}: "{_one_line(finding.mention)}"',
        fields=tuple((name, _one_line(value)) for name, value in fields),
        reasons=tuple((rule, _find_words(reading, finding, rule)) for rule in finding.rules),
    )


def _find_words(reading: Reading | AssociatedReading, finding: Finding | AssociatedFinding, rule: str) -> str:
    text = reading.report.text
    near = find_marks(reading, finding, rule)
    return ", ".join(dict.fromkeys(f'"{_one_line(text[mark.start : mark.end])}"' for mark in near))


def find_marks(
    reading: Reading | AssociatedReading, finding: Finding | AssociatedFinding, rule: str
) -> list[Highlight]:
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


def _tell_rejected(reading: Reading | AssociatedReading) -> Iterator[tuple[str, str]]:
    for candidate in reading.rejected:
        yield _one_line(reading.report.text[candidate.start : candidate.end]), candidate.reason


def _mark_mentions(reading: Reading | AssociatedReading) -> list[Highlight]:
    """Give what was matched, and the mentions of rows whose words no one match holds."""
    known = {(mark.start, mark.end) for mark in reading.highlights if mark.kind == "mention"}
    mentions = {(finding.start, finding.end): " ".join(finding.rules) for finding in reading.findings}
    added = (Highlight(*span, "mention", rules) for span, rules in mentions.items() if span not in known)
    return [*reading.highlights, *added]


def _mark_all(reading: Reading, beside: AssociatedReading | None) -> list[Highlight]:
    """Give what was matched in both passes. In the second one the names of associated findings are the mentions, and
    what stands beside them is marked by the first.
    """
    marks = _mark_mentions(reading)
    if beside is None:
        return marks
    others = _mark_mentions(beside)
    names = [replace(mark, kind="associated") for mark in others if mark.kind == "mention"]
    others = [mark for mark in others if mark.kind not in ("mention", "associated")]
    kept = [mark for mark in (*marks, *others) if not any(_is_covered(mark, name) for name in names)]
    return list(dict.fromkeys((*kept, *names)))


def _is_covered(mark: Highlight, name: Highlight) -> bool:
    """Say whether a match is seen no more beside the name of an associated finding: another one on the same words, or
    the cause that is a part of it.
    """
    if mark.kind in ("cause", "associated"):
        return name.start <= mark.start and mark.end <= name.end
    return mark.kind != "mention" and (mark.start, mark.end) == (name.start, name.end)


def _cut_report(reading: Reading, beside: AssociatedReading | None) -> Iterator[_Piece]:
    """Cut the report where its highlights begin and end."""
    text = reading.report.text
    order = list(_STYLES)
    marks = sorted(
        _mark_all(reading, beside),
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
