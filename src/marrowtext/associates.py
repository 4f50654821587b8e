"""Associated findings: what a report says beside the edema, in a pass of its own over the same stages.

Sections, sentences, places, clauses, cues and sides are read as for the findings table. Only the names differ: here
those of `[[associated]]` rules are the mentions, and edema is what stands beside them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from marrowtext.assertion import Claim
from marrowtext.attributes import Attributes
from marrowtext.companions import CompanionSentences, rule_of
from marrowtext.ellipses import Row
from marrowtext.engine import Match
from marrowtext.entries import Entry, Meaning, Tissue, write_entries
from marrowtext.grades import Grade
from marrowtext.gradings import Grading, GradingReader
from marrowtext.links import Link, LinkSource
from marrowtext.locations import Locator
from marrowtext.model import Assertion, AssociatedReading, Laterality, Rejected, Report, SectionName, Sentence
from marrowtext.names import Name
from marrowtext.parsing import ParsedReport, Tools
from marrowtext.phrases import Words, side_of
from marrowtext.places import Place
from marrowtext.schema import AssociatedRule
from marrowtext.sentences import ParsedSentence
from marrowtext.tissues import TissueFinder, kind_of

__all__ = ["AssociatedReader"]


class AssociatedReader:
    """Reads the associated findings of reports with the tools of the pipeline. It keeps no state of a report."""

    def __init__(self, tools: Tools) -> None:
        self._sentences = CompanionSentences(tools)
        self._tools = replace(tools, sentences=self._sentences)
        self._lexicon = tools.lexicon
        self._gradings = GradingReader(tools)
        self._locator = Locator(tools)
        self._tissues = TissueFinder(tools.lexicon)

    def read(self, report: Report, *, mark: bool) -> AssociatedReading:
        """Read one report: its associated findings in text order, the names that made no row, and what was matched
        where; without `mark` not all of these names, and no matches.
        """
        segmented = self._tools.segmenter.segment(report.text)
        sentences = enumerate(segmented.sentences)
        numbers = [number for number, sentence in sentences if self._sentences.may_name(sentence, shapes=mark)]
        if not numbers:
            return AssociatedReading(report, (), (), ())
        parsed = ParsedReport(self._tools, report, segmented)
        rejected: list[Rejected] = []
        told = [row for number in numbers for row in self._rows_of(parsed, number, rejected)]
        findings = write_entries(self._tools, parsed, told)
        highlights = parsed.highlights() if mark else ()
        return AssociatedReading(report, tuple(findings), tuple(rejected), tuple(highlights))

    def _rows_of(self, report: ParsedReport, number: int, rejected: list[Rejected]) -> Iterator[Entry]:
        words, policy = report.words(number), self._tools.rules.policy
        rejected += [_reject(words, match, match.rule.id) for match in words.associated if _is_shape(match)]
        if not words.mentions:
            return
        parsed = report.parse(number)
        around = report.surroundings(number)
        meanings = [self._meanings(report, number, parsed, name) for name in parsed.names]
        concepts = [{meaning.concept for meaning in told} for told in meanings]
        gradings = self._gradings.read(report, number, parsed, concepts)
        for at, (name, claim) in enumerate(zip(parsed.names, parsed.claims, strict=True)):
            rule = rule_of(name.members[0])
            places = [p for p in parsed.places if not rule.joint or p.level_only or self._is_joint(p)]
            measured = claim.assertion in policy.measured
            soft = rule.soft and not any(meaning.concept in rule.sited for meaning in meanings[at])
            away = claim.no_site or soft
            link = self._tools.linker.link(
                words, places, parsed.clauses, name, parsed.names, around, no_site=away, current=measured
            )
            refused = self._refuse(report, number, parsed.names, meanings, at, link)
            if refused is not None:
                rejected.append(_reject(words, name.members[0], refused))
                continue
            graded = gradings.get(at, []) if measured else []
            torn = [*meanings[at], *self._graded_structures(report, words, name, meanings[at], graded)]
            found = [place for place in link.places if not rule.joint or self._is_joint(place)]
            found = self._locator.choose(parsed, found, name)
            found = self._locator.settle(report, number, claim, link, found, name, soft=soft)
            found = found or self._value_places(words, places, name, rule)
            if link.source is LinkSource.HEADING:
                # A side that the sentence tells is nearer than that of the heading: "Both hips: effusion on the right".
                found = [place._replace(side=None) for place in found]
            size = self._size(report, parsed, name, rule) if measured else None
            section = words.sentence.section.name
            assert claim.assertion is not None
            change = None if rule.bedded and self._is_fast(parsed, claim) else claim.change
            rules = (rule.id, *claim.rules)
            source = link.source if found else LinkSource.NONE
            found = [*found, *self._gradings.missed(graded, found)]
            graded = self._gradings.fit(graded, found)
            spots: list[Place | None] = [*found]
            for place in spots or [None]:
                row = Row(number, name, place, source, claim.assertion, change, Attributes(), None, rules)
                both = self._gradings.is_of_both(parsed, name, place)
                for meaning in self._meanings_at(rule, torn, place, report.exam.regions):
                    own = [g for g in graded if meaning.concept in g.grade.rule.associated]
                    placed = self._locator.place_in(row, meaning)
                    tissue = meaning.tissue.match.start if meaning.tissue and meaning.tissue.match.end else None
                    assertion = self._lasting(parsed, rule, meaning, claim, section)
                    placed = placed._replace(assertion=assertion)
                    for side, grade in self._gradings.apportion(own, place, tissue, both=both, sole=len(spots) == 1):
                        for told in _graded_meanings(meaning, grade):
                            yield Entry(placed, told, size, grade, side, both=both)

    def _refuse(
        self,
        report: ParsedReport,
        number: int,
        names: Sequence[Name],
        meanings: Sequence[Sequence[Meaning]],
        at: int,
        link: Link,
    ) -> str | None:
        """Say why a name has no row, nothing where it has one."""
        rule = rule_of(names[at].members[0])
        if rule.bare and not link.bone:
            return link.structure or "not said to be in bone"
        if self._is_label(report.words(number), names, meanings, at):
            return "a label of what follows"
        if rule.graded and self._gradings.is_of_before(report, number):
            return "a grade of the finding before"
        return None if meanings[at] else "not said what it is in"

    def _lasting(
        self, parsed: ParsedSentence, rule: AssociatedRule, meaning: Meaning, claim: Claim, section: SectionName
    ) -> Assertion:
        """Give what is claimed. What was put in is there still where a section is about now, as is an old fracture; and
        a doubt is of how it is: "suspicious for loosening of the stem".
        """
        assert claim.assertion is not None
        policy = self._tools.rules.policy
        past = claim.assertion is Assertion.HISTORICAL and section not in policy.silent_sections
        if past and meaning.concept in policy.scars:
            told = [cue.rule for cue in parsed.cues if cue.rule.id in claim.rules and cue.rule.assertion]
            return Assertion.PRESENT if all(cue.aged for cue in told) else claim.assertion
        there = past or claim.assertion is Assertion.POSSIBLE
        return Assertion.PRESENT if rule.lasting and there else claim.assertion

    def _is_fast(self, parsed: ParsedSentence, claim: Claim) -> bool:
        """Say whether what is told as unchanged is only told to be stable: an osteochondral lesion in its bed."""
        cues = [cue for cue in parsed.cues if cue.rule.change is claim.change and cue.rule.id in claim.rules]
        tokens, spans = parsed.words.tokens, [(cue.start, min(cue.end, len(parsed.words.tokens))) for cue in cues]
        return bool(spans) and all(self._lexicon.covers("stability", tokens, *span) for span in spans)

    def _is_label(self, words: Words, names: Sequence[Name], meanings: Sequence[Sequence[Meaning]], at: int) -> bool:
        """Say whether a name only says what the words behind its colon are about: "Joint fluid: small effusion"."""
        end = names[at].end
        colon = next((n for n in range(end, len(words.tokens)) if words.tokens[n].norm == ":"), None)
        listed = colon is not None and all(
            n in {p for m in words.mentions for p in range(m.start, m.end)}
            or self._lexicon.has("joins", words.tokens[n].norm)
            for n in range(end, colon)
        )
        if colon is None or not listed:
            return False
        concepts = {meaning.concept for meaning in meanings[at]}
        behind = [meaning for name, told in zip(names, meanings, strict=True) if name.start > colon for meaning in told]
        denied = colon + 1 < len(words.tokens) and self._lexicon.has("denials", words.tokens[colon + 1].norm)
        return bool(behind) and (denied or any(meaning.concept in concepts for meaning in behind))

    def _value_places(self, words: Words, places: Sequence[Place], name: Name, rule: AssociatedRule) -> list[Place]:
        """Give the places that a template has for a value: "Fracture: present, distal radius"."""
        labelled = words.norms(name.end, name.end + 1) in (":", "=")
        behind = [place for place in places if place.start >= name.end and not place.masked]
        if not labelled or not behind or rule.soft:
            return []
        return [place for place in behind if place.group == behind[0].group]

    def _is_joint(self, place: Place) -> bool:
        site = self._tools.rules.sites[place.site]
        return site.joint or site.junction or site.articular

    def _meanings(self, report: ParsedReport, number: int, parsed: ParsedSentence, name: Name) -> list[Meaning]:
        """Give what a name means: one concept, or one for each structure of a list ("ACL and meniscal tears")."""
        rule = rule_of(name.members[0])
        if rule.of:
            clause = parsed.clauses.around(name.start)
            found = self._tissues.find(parsed.words, name.start, name.end, clause, rule.of, report.exam.regions)
            span = (name.start, name.end)
            told = [Tissue(match, *self._words_of(report, parsed.words, match, span)) for match in found]
            told = told or self._tissues_around(report, number, rule, name.end)
            exact = {rule.of[kind_of(tissue.match)] for tissue in told if tissue.words is not None}
            if told:
                return [
                    Meaning(concept, tissue)
                    for tissue in told
                    for concept in [rule.of[kind_of(tissue.match)]]
                    if concept != "none" and (tissue.words is not None or concept not in exact)
                ]
        if rule.concept is not None:
            return [Meaning(rule.concept)]
        return []

    def _words_of(
        self, report: ParsedReport, words: Words, match: Match, name: tuple[int, int]
    ) -> tuple[str | None, Laterality | None]:
        """Give the words of a structure and the side right before them; no words where they tell its kind but not
        which it is: "bucket handle".
        """
        start, end = self._tissues.whole(words, match, *name)
        side = next((side_of(side) for side in words.sides if side.end == start), None)
        if self._lexicon.covers("vague_tissues", words.tokens, start, end):
            return None, side
        return report.text[words.tokens[start].start : words.tokens[end - 1].end], side

    def _tissues_around(self, report: ParsedReport, number: int, rule: AssociatedRule, end: int) -> list[Tissue]:
        """Give the structure of the heading, or that of the sentence before: "The ACL is thick. Tear is suspected.".
        The name ends at token `end`.
        """
        if rule.concept is not None:
            return []
        sentence = report.sentences[number]
        texts = [Sentence(start, end, sentence.section, (), sentence.splitter) for start, end in sentence.headings]
        nearby = [self._sentences.read(report.text, text) for text in reversed(texts)]
        if rule.subject:
            nearby = [words for words in nearby if not words.mentions]
        elif any(p.start >= end and not (p.masked or self._is_joint(p)) for p in report.parse(number).places):
            # What is said to be in bone here is not in the structure of the sentence before.
            pass
        elif report.stands_with(number - 1, number) and report.sentences[number - 1].headings == sentence.headings:
            nearby.append(report.words(number - 1))
        for words in nearby:
            known = self._tissues.choose(words.structures, report.exam.regions)
            known = [match for match in known if kind_of(match) in rule.of]
            if known and len({rule.of[kind_of(match)] for match in known}) == 1:
                told = {self._words_of(report, words, match, (0, 0))[0] for match in known}
                # The match counts in tokens of its own sentence, and stands nowhere in this one.
                return [Tissue(known[-1]._replace(start=0, end=0), told.pop() if len(told) == 1 else None)]
        return []

    def _meanings_at(
        self, rule: AssociatedRule, meanings: Sequence[Meaning], place: Place | None, exam: Collection[str]
    ) -> list[Meaning]:
        """Give what a name means at a place: a collapse is another thing in the spine than at a joint. That of a name
        with a site of its own goes by the regions of the exam: a Perthes lesion of the shoulder.
        """
        regions = exam if rule.site else [self._tools.rules.sites[place.site].region] if place else []
        there = next((rule.at[region] for region in sorted(regions) if region in rule.at), None)
        if there is None:
            return list(meanings)
        return [] if there == "none" else [Meaning(there)]

    def _graded_structures(
        self, report: ParsedReport, words: Words, name: Name, meanings: Sequence[Meaning], gradings: Sequence[Grading]
    ) -> list[Meaning]:
        """Give what a name means in structures that only its grades tell of: "grade 2 sprain of the ATFL, 3 of the
        CFL".
        """
        rule, span = rule_of(name.members[0]), (name.start, name.end)
        known = {meaning.tissue.match.start for meaning in meanings if meaning.tissue}
        graded = {start for grading in gradings for start in grading.structures} - known
        found = [
            (rule.of.get(kind_of(match), "none"), match)
            for match in self._tissues.choose(words.structures, report.exam.regions)
            if match.start in graded
        ]
        return [
            Meaning(concept, Tissue(match, *self._words_of(report, words, match, span)))
            for concept, match in found
            if concept != "none"
        ]

    def _size(self, report: ParsedReport, parsed: ParsedSentence, name: Name, rule: AssociatedRule) -> float | None:
        # The structure that a tear is in stands between it and its size.
        words = parsed.words._replace(structures=()) if rule.soft else parsed.words
        return self._tools.attributes.read_size(words, report.text, name, parsed.names)


def _graded_meanings(meaning: Meaning, grade: Grade | None) -> list[Meaning]:
    """Give what a graded name means, where the grade says what it is: Modic 3 is another thing than Modic 2."""
    known = grade.rule.concepts if grade else {}
    parts = re.split(r"[-/]", grade.value.lower()) if grade else []
    told = list(dict.fromkeys(known[part] for part in parts if part in known))
    return [replace(meaning, concept=concept) for concept in told] or [meaning]


def _is_shape(match: Match) -> bool:
    """Say whether a match is of a rule that keeps words from being a finding."""
    return isinstance(match.rule, AssociatedRule) and not match.rule.told


def _reject(words: Words, match: Match, reason: str) -> Rejected:
    return Rejected(words.tokens[match.start].start, words.tokens[match.end - 1].end, reason)
