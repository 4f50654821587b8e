"""Gradings: of which finding of a sentence a grade is, and what rows the grades of a finding make."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from marrowtext.companions import concepts_of, rule_of
from marrowtext.grades import Grade
from marrowtext.model import AssociatedConcept, Laterality
from marrowtext.names import Name
from marrowtext.parsing import ParsedReport, Tools
from marrowtext.phrases import Words, side_of
from marrowtext.places import Place
from marrowtext.schema import GradeRule
from marrowtext.sentences import ParsedSentence
from marrowtext.series import SeriesReader
from marrowtext.shares import Grading, ShareReader, find_distance

__all__ = ["Grading", "GradingReader"]

# How many sentences behind a finding a grade that stands alone is still its own: "AVN of the head. ARCO stage II."; as
# many may tell of a side each: "AVN of both hips. Right: ARCO II. Left: ARCO III."
_GRADED = 2
# How far from a finding, in tokens, a grade may stand, and one without a system.
_FAR = 16
_NEAR = 7

_OTHER = {Laterality.LEFT: Laterality.RIGHT, Laterality.RIGHT: Laterality.LEFT}


class GradingReader:
    """Reads the grades of a sentence, and shares them out among its findings."""

    def __init__(self, tools: Tools) -> None:
        self._lexicon = tools.lexicon
        self._attributes = tools.attributes
        self._series = SeriesReader(tools)
        self._shares = ShareReader(tools, self._series)

    def read(
        self,
        report: ParsedReport,
        number: int,
        parsed: ParsedSentence,
        concepts: Sequence[Collection[AssociatedConcept]],
    ) -> Mapping[int, list[Grading]]:
        """Give the gradings of each finding of a sentence, by its number: those of every system that grades it, else
        those without a system. `concepts` holds what each finding is.
        """
        found: dict[int, list[Grading]] = {}
        assigned = self._assign(report.text, parsed, concepts) if parsed.words.grades else {}
        for at, grades in assigned.items():
            named = any(grade.rule.system for grade in grades)
            told = self._of_idle_system(parsed, grades, concepts[at])
            wanted = [grade for grade in told if grade.rule.system or not named]
            for _, group in groupby(sorted(wanted, key=lambda g: str(g.rule.system)), key=lambda g: g.rule.system):
                found.setdefault(at, []).extend(self._shares.read(parsed, parsed.names[at], list(group)))
        self._read_behind(report, number, concepts, found)
        return found

    def _assign(
        self, text: str, parsed: ParsedSentence, concepts: Sequence[Collection[AssociatedConcept]]
    ) -> dict[int, list[Grade]]:
        """Give the grades of each finding: the nearest that a grade can be of, or that of the grade it goes on from."""
        assigned: dict[int, list[Grade]] = {}
        last: tuple[int, Grade] | None = None
        for told in self._series.read(text, parsed, concepts):
            grade, at = told, None
            fits = [
                (find_distance(parsed.words, name, grade), n)
                for n, name in enumerate(parsed.names)
                if self._can_be_of(grade.rule, concepts[n]) and self._may_grade(parsed, name, grade)
            ]
            at = min(fits)[1] if fits else None
            listed = last is not None and self._series.goes_on(parsed, last[1], grade)
            if grade.past:
                # What it was once is no grade of it now, which may go on from it: "previously ARCO 2, now 3".
                of = at if at is not None else last[0] if last is not None and listed else None
                last = last if of is None else (of, grade)
                continue
            # A side tells that a grade goes on, though another finding stands near: "left grade 2) with effusion".
            if (
                last is not None
                and listed
                and (at in (None, last[0]) or self._leads_on(parsed, grade, parsed.names[at]))
            ):
                at, grade = last[0], self._series.of_system(grade, last[1].rule)
                self._add(parsed.words, text, assigned.setdefault(at, []), grade)
            elif at is not None:
                first = assigned.get(at)
                rival = next((g for g in first or () if g.rule.system == grade.rule.system), None)
                nearer = rival is None or min(fits)[0] < find_distance(parsed.words, parsed.names[at], rival)
                if not nearer:
                    continue
                kept = [g for g in first or () if g.rule.system != grade.rule.system]
                assigned[at] = [*kept, grade]
            if at is not None:
                last = at, assigned[at][-1]
        return assigned

    def _leads_on(self, parsed: ParsedSentence, grade: Grade, name: Name) -> bool:
        """Say whether a side stands before a grade, and a bracket or a "with" between it and the finding behind it."""
        words = parsed.words
        between = {token.norm for token in words.tokens[grade.end : name.start]}
        sides = self._attributes.single_sides(words)
        return bool(between & {")", "with"}) and any(
            self._series.is_thin(words, end, grade.start) for _, end, _ in sides
        )

    def _add(self, words: Words, text: str, grades: list[Grade], grade: Grade) -> None:
        """Add a grade to those before it; of two alternatives one grade is made ("grade 2 or 3", "II/III"), and of
        "from ARCO II to ARCO III" the second alone is what it is now, of "to ARCO III from ARCO II" the first.
        """
        joined = words.norms(grades[-1].end, grade.start) if grades else ""
        sign = {"or": "-", "to": "-", "/": "/"}.get(joined)
        before = words.norms(grades[-1].start - 1, grades[-1].start) if grades else ""
        if (before, joined) == ("to", "from"):
            return
        if (before, joined) == ("from", "to"):
            grades[-1] = grade
            return
        if sign is None:
            grades.append(grade)
            return
        one, other = grades.pop(), grade
        said = text[words.tokens[one.start].start : words.tokens[other.end - 1].end]
        grades.append(replace(one, end=other.end, value=f"{one.value}{sign}{other.value}", words=said))

    def _of_idle_system(
        self, parsed: ParsedSentence, grades: Sequence[Grade], concepts: Collection[AssociatedConcept]
    ) -> Sequence[Grade]:
        """Give grades without a system that one behind them, or before them, names: "II right and III left (Ficat)"."""
        light = self._series.light(parsed)
        for match in () if any(grade.rule.system for grade in grades) else parsed.words.grades:
            rule = match.rule
            assert isinstance(rule, GradeRule)
            behind = match.start >= grades[-1].end
            between = range(grades[-1].end, match.start) if behind else range(match.end, grades[0].start)
            fits = rule.system and any(concept in rule.associated for concept in concepts)
            if fits and len(between) <= _FAR and all(at in light for at in between):
                return [self._series.of_system(grade, rule) for grade in grades]
        return grades

    def _can_be_of(self, rule: GradeRule, concepts: Collection[AssociatedConcept]) -> bool:
        return any(concept in one.associated for one in self._series.rules_of(rule) for concept in concepts)

    def _may_grade(self, parsed: ParsedSentence, name: Name, grade: Grade) -> bool:
        if grade.rule.own:
            return grade.start < name.end and name.start < grade.end
        words = parsed.words
        low, high = (grade.end, name.start) if grade.end <= name.start else (name.end, grade.start)
        if grade.rule.system is None:
            others = (*words.associated, *words.mentions, *words.causes)
            if high - low > (_FAR if self._series.is_sided(words, grade) else _NEAR) or any(
                low <= match.start < high for match in others
            ):
                return False
        opens = {side[0] for side in self._attributes.single_sides(words)}
        told_apart = any(
            words.tokens[at].norm == "." or (words.tokens[at].norm == ";" and at + 1 not in opens)
            for at in range(low, high)
        )
        return high - low <= _FAR and not told_apart

    def is_of_both(self, parsed: ParsedSentence, name: Name, place: Place | None) -> bool:
        """Say whether a finding is one of both sides."""
        if place is not None and place.side is Laterality.BILATERAL:
            return True
        words = parsed.words
        low, high = name.start, name.end
        while low - 1 in words.adjectives:
            low -= 1
        return any(
            side_of(match) is Laterality.BILATERAL
            and low <= match.end
            and match.start <= high
            and not self._lexicon.has("pair_words", words.norms(match.start, match.end))
            for match in words.sides
        )

    def fit(self, gradings: Sequence[Grading], places: Sequence[Place]) -> list[Grading]:
        """Give the gradings for a finding at these places: where none of them is told of one, each is of all."""
        if any(_holds(grading, place) for grading in gradings for place in places):
            return list(gradings)
        return [replace(grading, places=frozenset()) for grading in gradings]

    def missed(self, gradings: Sequence[Grading], places: Sequence[Place]) -> list[Place]:
        """Give the places that only grades tell of, where others are those of the finding: "2 at L4-5, 3 at L5-S1"."""
        known = [grading for grading in gradings if any(_holds(grading, place) for place in places)]
        told = (
            sorted(grading.places, key=lambda place: place.start)
            for grading in gradings
            if grading.places and grading not in known
        )
        return [place for places_of in told for place in places_of] if known else []

    def apportion(
        self, gradings: Sequence[Grading], place: Place | None, structure: int | None, *, both: bool, sole: bool
    ) -> list[tuple[Laterality | None, Grade | None]]:
        """Give the grades of a finding at one place and in one structure, each with the side that it is told of. Of a
        finding of `both` sides the side without a grade is given too. A `sole` place may be named with one side alone:
        "grade III right and grade II left head".
        """
        told = [
            grading
            for grading in gradings
            if (not grading.places or place is None or _holds(grading, place))
            and (not grading.structures or structure is None or structure in grading.structures)
        ]
        if not told:
            return [(None, None)]
        named = list(dict.fromkeys(side for grading in told for side in sorted(grading.sides)))
        if place is not None and place.side in _OTHER and not (sole and (both or len(named) > 1)):
            own = [g.grade for g in told if not g.sides or place.side in g.sides]
            return [(None, grade) for grade in own] or [(None, None)]
        if not named and place is not None and place.side in _OTHER:
            return [*((place.side, grading.grade) for grading in told), (_OTHER[place.side], None)]
        if not named or (len(named) == 1 and not both):
            return [(None, grading.grade) for grading in told]
        sides = [*named, *(_OTHER[side] for side in named if _OTHER[side] not in named)]
        rows: list[tuple[Laterality | None, Grade | None]] = []
        for side in sides:
            here = [grading.grade for grading in told if not grading.sides or side in grading.sides]
            rows += [(side, grade) for grade in here] if here else [(side, None)]
        return rows

    def _is_past(self, words: Words, grade: Grade) -> bool:
        """Say whether a grade is one that the finding had: "previous ARCO II on the right"."""
        return grade.past or self._lexicon.has("past_words", words.norms(grade.start - 1, grade.start))

    def is_of_before(self, report: ParsedReport, number: int) -> bool:
        """Say whether a sentence tells nothing but a grade, that of a finding of the sentence before."""
        words = report.words(number)
        if not report.stands_with(number - 1, number) or words.structures or report.parse(number).places:
            return False
        same = report.sentences[number - 1].headings == report.sentences[number].headings
        return same and _is_grade_alone(words) and any(not rule_of(m).graded for m in report.words(number - 1).mentions)

    def _read_behind(
        self,
        report: ParsedReport,
        number: int,
        concepts: Sequence[Collection[AssociatedConcept]],
        found: dict[int, list[Grading]],
    ) -> None:
        """Add the grades of the sentences behind that name no finding."""
        for behind in range(number + 1, number + 1 + _GRADED):
            if not report.stands_with(number, behind) or not report.words(behind).grades:
                return
            parsed = report.parse(behind)
            grades = self._series.read(report.text, parsed, [()] * len(parsed.names))
            told = self._told_behind(report, behind, parsed, grades)
            fitting = [at for at, known in enumerate(concepts) for g in grades[:1] if self._can_be_of(g.rule, known)]
            if not told or not fitting:
                return
            known = found.setdefault(fitting[-1], [])
            systems = {grading.grade.rule.system for grading in (*known, *told)}
            if known and (
                len(systems) > 1
                or any(not one.sides or not other.sides or one.sides & other.sides for one in known for other in told)
            ):
                return
            known.extend(told)

    def _told_behind(
        self, report: ParsedReport, number: int, parsed: ParsedSentence, grades: Sequence[Grade]
    ) -> list[Grading]:
        """Give the grades of a sentence that are of a finding before it, each with its side where one is told."""
        grades = [grade for grade in grades if not self._is_past(parsed.words, grade)]
        own = (match for match in parsed.words.mentions if not rule_of(match).graded)
        if not grades or any(concepts_of(match) & set(g.rule.associated) for match in own for g in grades):
            return []
        if len(grades) > 1:
            return self._shares.by_side(parsed, grades)
        heading = report.heading(report.sentences[number]).side
        told_of = {side for _, _, side in self._attributes.single_sides(parsed.words)}
        told_of |= {heading} if heading in _OTHER else set()
        if len(told_of) == 1:
            return [Grading(grades[0], sides=frozenset(side for side in told_of if side))]
        stands_alone = _is_grade_alone(parsed.words) and (grades[0].rule.system or self.is_of_before(report, number))
        return [Grading(grades[0])] if stands_alone and not told_of else []


def _is_grade_alone(words: Words) -> bool:
    """Say whether a sentence names no finding but by its grade."""
    return all(rule_of(match).graded for match in words.mentions)


def _holds(grading: Grading, place: Place) -> bool:
    """Say whether a grade is told of a place: that one, or one of its level."""
    return any(
        (one.site, one.level, one.zones) == (place.site, place.level, place.zones)
        or (one.level is not None and one.level == place.level)
        for one in grading.places
    )
