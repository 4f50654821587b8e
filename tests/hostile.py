"""Texts as nobody would write them, and what has to hold of each: shared by the tests and by `make fuzz`."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from marrowtext.columns import finding_row
from marrowtext.model import Report
from marrowtext.pipeline import Pipeline

__all__ = ["check_line_ends", "check_offsets", "check_trailing_space", "texts"]

_CORPUS = Path(__file__).parents[1] / "corpora" / "hip" / "reports.jsonl"

_WORDS = (
    "marrow edema", "bone marrow oedema", "contusion", "bone bruise", "stress reaction", "Modic 1", "edema", "BME",
    "no", "without", "possible", "resolved", "rather than", "versus", "new", "unchanged", "increased", "with", "and",
    "talus", "left", "right", "femoral head", "lateral tibial plateau", "L4-L5", "S1", "knee", "both", "of the",
    "in the", "12 mm", "1.2 x 3 cm", "mild", "severe", "patchy", "subchondral", "fracture", "FINDINGS:", "IMPRESSION:",
    "- ", "1. ", "MRI LEFT KNEE", "INDICATION:", "?", "is seen", "none on the left", "marrow signal is normal",
    "(", ")", "/", ";",
)  # fmt: skip
# Letters that change their length in lower case, join, turn the direction, take no room or end lines.
_ODD = (
    "İßﬁŉΐǰ\u0307\u0301𝐞½²µ–—’“"
    "\u200b\u200d\u202e\ufeff\u00a0\u3000\ufffd\u2028\u2029\x85\x0b\x0c\x1c\x00😀\U0001f468\u200d\U0001f9b4"
)
_GAPS = (
    " ",
    " ",
    " ",
    "",
    "  ",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\t",
    "-\n",
    ". ",
    ", ",
    "; ",
    ".",
    "\u00a0",
    "\x0b",
    "\u2028",
)


@cache
def _sentences() -> list[str]:
    lines = _CORPUS.read_text(encoding="utf-8").splitlines()
    return [part for line in lines for part in re.split(r"(?<=[.:])\s+", json.loads(line)["text"]) if part.strip()]


def texts() -> st.SearchStrategy[str]:
    """Any text: of any characters, of words that matter between odd gaps, and of sentences with odd letters in them."""
    anything = st.text(max_size=300)
    piece = st.one_of(
        st.sampled_from(_WORDS), st.sampled_from(_sentences()), st.sampled_from(_ODD), st.text(max_size=8)
    )
    joined = st.lists(st.tuples(piece, st.sampled_from(_GAPS)), max_size=25).map(
        lambda pairs: "".join(part + gap for part, gap in pairs)
    )
    return st.one_of(anything, joined, st.builds(_insert, joined, st.sampled_from(_ODD), st.integers(0, 10_000)))


def _insert(text: str, letter: str, place: int) -> str:
    place %= len(text) + 1
    return text[:place] + letter + text[place:]


def read(pipeline: Pipeline, text: str) -> list[dict[str, object]]:
    """Read a text; give the rows of the findings table."""
    return [finding_row(finding) for finding in pipeline.findings(Report("1", text))]


def check_offsets(pipeline: Pipeline, text: str) -> None:
    """Words of a row are words of the text, where the row says; and a second reading finds the same."""
    rows = read(pipeline, text)
    for number, row in enumerate(rows, start=1):
        mention, sentence, start, end = (row[name] for name in ("mention", "sentence", "start", "end"))
        assert isinstance(start, int)
        assert isinstance(end, int)
        assert text[start:end] == mention
        assert mention
        assert str(mention) in str(sentence)
        assert str(sentence) in text
        assert row["finding"] == number
    assert read(pipeline, text) == rows


def check_associated(pipeline: Pipeline, text: str) -> None:
    """The same of the associated table."""
    rows = pipeline.associated(Report("1", text))
    for number, row in enumerate(rows, start=1):
        assert text[row.start : row.end] == row.mention
        assert row.mention in row.sentence
        assert row.sentence in text
        assert row.structure is None or row.structure in text
        assert row.grade_words is None or row.grade_words in text
        assert row.associated == number
    assert pipeline.associated(Report("1", text)) == rows


def check_line_ends(pipeline: Pipeline, text: str) -> None:
    """Line ends of Windows change nothing but offsets, and the line ends in what is quoted."""
    plain = text.replace("\r", "")
    assert _without_offsets(read(pipeline, plain.replace("\n", "\r\n"))) == _without_offsets(read(pipeline, plain))


def check_trailing_space(pipeline: Pipeline, text: str) -> None:
    """Space at the end of the text, and of its lines, changes nothing but offsets, and itself in what is quoted."""
    plain = re.sub(r"[ \t\r]+(?=\n|\Z)", "", text)
    rows = read(pipeline, plain)
    assert read(pipeline, plain + " \t\n ") == rows
    assert _without_offsets(read(pipeline, plain.replace("\n", "  \n"))) == _without_offsets(rows)


def _without_offsets(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{name: _plain(value) for name, value in row.items() if name not in ("start", "end")} for row in rows]


def _plain(value: object) -> object:
    return re.sub(r"[ \t\r]*\n", "\n", value) if isinstance(value, str) else value
