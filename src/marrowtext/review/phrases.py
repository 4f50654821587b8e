"""Phrases that no rule covers: words that a reader took for a mention and of which the rules know nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from marrowtext.columns import Column, ColumnType
from marrowtext.corpora import GoldReport
from marrowtext.model import Report
from marrowtext.pipeline import Pipeline
from marrowtext.schema import MentionRule

__all__ = ["PHRASE_COLUMNS", "Phrase", "find_phrases"]

PHRASE_COLUMNS: tuple[Column, ...] = (
    Column("phrase", ColumnType.STRING, False, "The words, in lower case with single spaces."),
    Column("count", ColumnType.INTEGER, False, "How many mentions have these words."),
    Column("reports", ColumnType.INTEGER, False, "In how many reports."),
    Column("concept", ColumnType.STRING, False, "The concept that these mentions have most often."),
    Column("report_ids", ColumnType.STRING, False, "Ids of the first five of these reports, with single spaces."),
)

_MOST_IDS = 5


@dataclass(slots=True)
class Phrase:
    """A phrase, the concepts of its mentions, and the reports that they are in, in their order."""

    words: str
    concepts: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)

    def row(self) -> dict[str, object]:
        """Give the phrase as a row of PHRASE_COLUMNS."""
        ids = list(dict.fromkeys(self.reports))
        return {
            "phrase": self.words,
            "count": len(self.concepts),
            "reports": len(ids),
            "concept": Counter(self.concepts).most_common(1)[0][0],
            "report_ids": " ".join(ids[:_MOST_IDS]),
        }


def find_phrases(reports: Iterable[GoldReport], pipeline: Pipeline) -> list[Phrase]:
    """Find the mentions of the gold that the rules have no name for, the most frequent words first.

    Words that a rule knows and rejects, as a look-alike or by what stands around them, are none of these. A name that
    counts only with a word for its value ("marrow") is not enough to know them by.
    """
    neutral = {rule.id for rule in pipeline.rules.of(MentionRule) if rule.neutral}
    found: dict[str, Phrase] = {}
    for report in reports:
        reading = pipeline.read(Report(report.id, report.text))
        spans = [
            (mark.start, mark.end)
            for mark in reading.highlights
            if mark.kind in ("mention", "look-alike") and mark.rule not in neutral
        ]
        spans += [(finding.start, finding.end) for finding in reading.findings]
        for start, end, concept in _list_mentions(report):
            if not _overlaps(start, end, spans):
                words = " ".join(report.text[start:end].lower().split())
                phrase = found.setdefault(words, Phrase(words))
                phrase.concepts.append(concept)
                phrase.reports.append(report.id)
    return sorted(found.values(), key=lambda phrase: (-len(phrase.concepts), phrase.words))


def _list_mentions(report: GoldReport) -> Iterator[tuple[int, int, str]]:
    """Yield each span of a report once, with the concept of its first row."""
    seen: set[tuple[int, int]] = set()
    for row in report.findings:
        start, end = int(str(row["start"])), int(str(row["end"]))
        if (start, end) not in seen:
            seen.add((start, end))
            yield start, end, str(row["concept"])


def _overlaps(start: int, end: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start < other_end and other_start < end for other_start, other_end in spans)
