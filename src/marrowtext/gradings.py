"""Gradings: of which finding of a sentence a grade is, and on which side, at which place and in which structure."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from marrowtext.companions import concepts_of, rule_of
from marrowtext.grades import Grade, GradeReader
from marrowtext.model import AssociatedConcept, Laterality
from marrowtext.names import Name
from marrowtext.parsing import ParsedReport, Tools
from marrowtext.phrases import Words, side_of
from marrowtext.places import Place
from marrowtext.schema import GradeRule
from marrowtext.sentences import ParsedSentence

__all__ = ["Grading", "GradingReader"]

# How many sentences behind a finding a grade that stands alone is still its own: "AVN of the head. ARCO stage II."; as
# many may tell of a side each: "AVN of both hips. Right: ARCO II. Left: ARCO III."
_GRADED = 2
# How far from a finding, in tokens, a grade may stand, and one without a system.
_FAR = 16
_NEAR = 7
# How many tokens a comma or an "and" counts for: "chondromalacia of the patella grade 2, thinning of the trochlea".
_PARTED = 4
# How far from a grade, in tokens, its side may stand.
_BESIDE = 7

_OTHER = {Laterality.LEFT: Laterality.RIGHT, Laterality.RIGHT: Laterality.LEFT}


@dataclass(frozen=True, slots=True)
class Grading:
    """A grade and what it is told of: sides, places, and the tokens at which structures begin; none where of all."""

    grade: Grade
    sides: frozenset[Laterality] = frozenset()
    places: frozenset[Place] = frozenset()
    structures: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Anchor:
    """What a grade can be told of, at tokens `start` to `end`; those of one `group` stand in a list."""

    start: int
    end: int
    value: Hashable
    group: int = -1


class GradingReader:
    """Reads the grades of a sentence, and shares them out among its findings."""

    def __init__(self, tools: Tools) -> None:
        self._lexicon = tools.lexicon
        self._attributes = tools.attributes
        self._grades = GradeReader(tools.lexicon, listed=True)
        self._systems: dict[str | None, list[GradeRule]] = {}
        for rule in tools.rules.of(GradeRule):
            if rule.system and rule.associated:
                self._systems.setdefault(rule.system, []).append(rule)

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
        for at, grades in self._assign(report.text, parsed, concepts).items():
            named = any(grade.rule.system for grade in grades)
            told = self._of_idle_system(parsed, grades, concepts[at])
            wanted = [grade for grade in told if grade.rule.system or not named]
            for _, group in groupby(sorted(wanted, key=lambda g: str(g.rule.system)), key=lambda g: g.rule.system):
                found.setdefault(at, []).extend(self._share(parsed, parsed.names[at], list(group)))
        self._read_behind(report, number, concepts, found)
        return found

    def _assign(
        self, text: str, parsed: ParsedSentence, concepts: Sequence[Collection[AssociatedConcept]]
    ) -> dict[int, list[Grade]]:
        """Give the grades of each finding: the nearest that a grade can be of, or that of the grade it goes on from."""
        assigned: dict[int, list[Grade]] = {}
        last: tuple[int, Grade] | None = None
        for told in self._read_grades(text, parsed, concepts):
            grade, at = told, None
            fits = [
                (self._distance(parsed.words, name, grade), n)
                for n, name in enumerate(parsed.names)
                if self._can_be_of(grade.rule, concepts[n]) and self._may_grade(parsed, name, grade)
            ]
            at = min(fits)[1] if fits else None
            listed = last is not None and self._goes_on(parsed, last[1], grade)
            # A side tells that a grade goes on, though another finding stands near: "left grade 2) with effusion".
            if (
                last is not None
                and listed
                and (at in (None, last[0]) or self._leads_on(parsed, grade, parsed.names[at]))
            ):
                at, grade = last[0], self._of_system(grade, last[1].rule)
                self._add(parsed.words, text, assigned[at], grade)
            elif at is not None:
                first = assigned.get(at)
                rival = next((g for g in first or () if g.rule.system == grade.rule.system), None)
                nearer = rival is None or min(fits)[0] < self._distance(parsed.words, parsed.names[at], rival)
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
        return bool(between & {")", "with"}) and any(self._is_thin(words, end, grade.start) for _, end, _ in sides)

    def _add(self, words: Words, text: str, grades: list[Grade], grade: Grade) -> None:
        """Add a grade to those before it; of two alternatives one grade is made ("grade 2 or 3", "II/III"), and of
        "from ARCO II to ARCO III" the second alone is what it is now.
        """
        joined = words.norms(grades[-1].end, grade.start)
        sign = {"or": "-", "to": "-", "/": "/"}.get(joined)
        if joined == "to" and words.norms(grades[-1].start - 1, grades[-1].start) == "from":
            grades[-1] = grade
            return
        if sign is None:
            grades.append(grade)
            return
        one, other = grades.pop(), grade
        said = text[words.tokens[one.start].start : words.tokens[other.end - 1].end]
        grades.append(replace(one, end=other.end, value=f"{one.value}{sign}{other.value}", words=said))

    def _of_system(self, grade: Grade, rule: GradeRule) -> Grade:
        """Give a grade that stands behind one of a system to that system: "ARCO stage II right and stage III left"."""
        if grade.rule.system or not rule.system or not self._grades.has(rule, grade.value):
            return grade
        return replace(grade, rule=rule)

    def _of_idle_system(
        self, parsed: ParsedSentence, grades: Sequence[Grade], concepts: Collection[AssociatedConcept]
    ) -> Sequence[Grade]:
        """Give grades without a system that one behind them, or before them, names: "II right and III left (Ficat)"."""
        light = self._light(parsed)
        for match in () if any(grade.rule.system for grade in grades) else parsed.words.grades:
            rule = match.rule
            assert isinstance(rule, GradeRule)
            behind = match.start >= grades[-1].end
            between = range(grades[-1].end, match.start) if behind else range(match.end, grades[0].start)
            fits = rule.system and any(concept in rule.associated for concept in concepts)
            if fits and len(between) <= _FAR and all(at in light for at in between):
                return [self._of_system(grade, rule) for grade in grades]
        return grades

    def _read_grades(
        self, text: str, parsed: ParsedSentence, concepts: Sequence[Collection[AssociatedConcept]]
    ) -> list[Grade]:
        """Give the grades of a sentence in text order: those behind the name of a system or a word such as "grade",
        those of findings behind one ("RAMRIS synovitis 2, erosion 3"), and those that go on a list ("II and III").
        """
        words = parsed.words
        heads = self._read_heads(text, words)
        for score in self._read_scores(text, parsed, concepts):
            beside = [head for head in heads if score.start < head.end and head.start < score.end]
            if not any(head.rule.system for head in beside):
                heads = [*(head for head in heads if head not in beside), score]
        heads.sort(key=lambda grade: (grade.start, not grade.rule.associated))
        found: list[Grade] = []
        for n, head in enumerate(heads):
            limit = heads[n + 1].start if n + 1 < len(heads) else len(words.tokens)
            if found and head.start < found[-1].end:
                continue
            found.append(head)
            while (following := self._read_next(text, parsed, found[-1], limit)) is not None:
                found.append(following)
        return found

    def _read_heads(self, text: str, words: Words) -> list[Grade]:
        read = [self._grades.read(words, text, match) for match in words.grades]
        named = [grade for grade in read if grade is not None and grade.rule.system]
        found = [grade for grade in read if grade is not None and self._is_beside(grade.rule)]
        # In "low-grade (grade 1)" the first word leads to the second one's grade.
        bare = [(grade.end, grade.value, grade.start) for grade in found if not grade.rule.system]
        nearest = {(end, value): start for end, value, start in sorted(bare)}
        return [
            grade
            for grade in found
            if grade.rule.system
            or (
                grade.start == nearest[grade.end, grade.value]
                and not any(grade.start < other.end and other.start < grade.end for other in named)
            )
        ]

    def _is_beside(self, rule: GradeRule) -> bool:
        return bool(rule.associated) or rule.system in self._systems

    def _read_scores(
        self, text: str, parsed: ParsedSentence, concepts: Sequence[Collection[AssociatedConcept]]
    ) -> Iterator[Grade]:
        """Find values right behind findings that a system named before them scores."""
        words = parsed.words
        for name, known in zip(parsed.names, concepts, strict=True):
            systems = [m.rule for m in words.grades if m.start < name.end and isinstance(m.rule, GradeRule)]
            rules = [
                rule
                for system in reversed(systems)
                for rule in self._systems.get(system.system, ())
                if any(concept in rule.associated for concept in known)
            ]
            at = name.end
            while rules and self._is_score_word(words.norms(at, at + 1)):
                at += 1
            read = [(rule, self._grades.read_value(words, text, at, rule)) for rule in rules if at < len(words.tokens)]
            for rule, value in read[:1]:
                if value is not None:
                    said = text[words.tokens[name.start].start : words.tokens[value[1] - 1].end]
                    yield Grade(at, value[1], rule, value[2], None, said)

    def _is_score_word(self, norm: str) -> bool:
        return self._lexicon.has("grade_words", norm) or norm in (":", "=", "of")

    def _read_next(self, text: str, parsed: ParsedSentence, grade: Grade, limit: int) -> Grade | None:
        """Read the bare value that goes on a list: "II and III", "III on the left, II on the right", "2 and type 3"."""
        words, tokens = parsed.words, parsed.words.tokens
        light = self._light(parsed) | _own_name(parsed, grade)
        sides = self._attributes.single_sides(words)
        rules = [grade.rule, *(rule for rule in self._systems.get(grade.rule.system, ()) if rule is not grade.rule)]
        for at in range(grade.end, limit):
            values = (self._grades.read_value(words, text, at, rule) for rule in rules)
            read = next(((rule, v) for rule, v in zip(rules, values, strict=True) if v and v[1] <= limit), None)
            if read is not None and at > grade.end:
                rule, (_, end, value) = read
                led = self._lexicon.has("grade_words", tokens[at - 1].norm)
                listed = self._lexicon.covers("joins", tokens, grade.end, at)
                sided = any(side[1] <= at and self._is_thin(words, side[1], at) for side in sides)
                sided = sided or any(end <= side[0] and self._is_thin(words, end, side[0]) for side in sides)
                placed = words.norms(at - 1, at) in (",", "and", "&", ";") and self._is_placed(parsed, end)
                if led or ((listed or sided or placed) and self._may_end(parsed, end, light)):
                    start = at - 1 if led else at
                    said = text[tokens[start].start : tokens[end - 1].end]
                    return Grade(start, end, rule, value, grade.version, said)
            if at not in light:
                return None
        return None

    def _is_placed(self, parsed: ParsedSentence, at: int) -> bool:
        """Say whether words such as "of the" lead on to a place or a structure."""
        words = parsed.words
        led = self._lexicon.at("places", words.tokens, at)
        at += led
        while self._lexicon.has("determiners", words.norms(at, at + 1)):
            at += 1
        known = {place.start for place in parsed.places} | {match.start for match in words.structures}
        return bool(led) and at in known

    def _is_thin(self, words: Words, start: int, end: int) -> bool:
        """Say whether nothing but "on the", a dash or a bracket stands between a bare value and its side."""
        return all(
            norm in ("(", ")", ":", "-", "is", "on", "the", "side", "=")
            for norm in (token.norm for token in words.tokens[start:end])
        )

    def _may_end(self, parsed: ParsedSentence, at: int, light: Collection[int]) -> bool:
        """Say whether a bare value ends here, not the number of the thing behind it: "grade 2 and 3 loose bodies"."""
        told = any(name.start == at for name in parsed.names)
        return told or at in light or not parsed.words.norms(at, at + 1).isalpha()

    def _light(self, parsed: ParsedSentence) -> frozenset[int]:
        """Give the tokens that may stand between two grades of one finding: sides, places, structures, small words."""
        words = parsed.words
        known = {at for place in parsed.places for at in range(place.start, place.end)}
        for matches in (words.sides, words.zones, words.attributes, words.structures, words.sites):
            known |= {at for match in matches for at in range(match.start, match.end)}
        lists = ("degree_words", "grade_words", "grade_joints", "verbs", "determiners", "parts")
        for at, token in enumerate(words.tokens):
            length = max(self._lexicon.at(name, words.tokens, at) for name in ("places", "joins", "graded_nouns"))
            known |= set(range(at, at + length))
            if any(self._lexicon.has(name, token.norm) for name in lists):
                known.add(at)
        names = {at for name in parsed.names for at in range(name.start, name.end)}
        return frozenset(known - names)

    def _goes_on(self, parsed: ParsedSentence, one: Grade, other: Grade) -> bool:
        """Say whether a grade goes on about the finding of another: nothing but its sides, places and structures stand
        between them, or both name the same system.
        """
        system = one.rule.system
        if other.rule.system not in (system, None):
            return False
        tokens = parsed.words.tokens
        between = range(one.end, other.start)
        sided = self._is_sided(parsed.words, other)
        past = ("past_words",) if sided else ("past_words", "past_grades")
        if any(self._lexicon.has(name, tokens[at].norm) for at in between for name in past):
            return False
        far = len(between) > _FAR
        if not far and ((system is not None and other.rule.system == system) or sided):
            return True
        light = self._light(parsed) | _own_name(parsed, one)
        return self._may_end(parsed, other.end, light) and all(at in light for at in between)

    def _is_sided(self, words: Words, grade: Grade) -> bool:
        """Say whether a grade stands right beside a side: "stage II on the left"."""
        return any(
            self._is_thin(words, end, grade.start) if end <= grade.start else self._is_thin(words, grade.end, start)
            for start, end, _ in self._attributes.single_sides(words)
        )

    def _can_be_of(self, rule: GradeRule, concepts: Collection[AssociatedConcept]) -> bool:
        rules = [rule] if rule.associated else self._systems.get(rule.system, [])
        return any(concept in one.associated for one in rules for concept in concepts)

    def _may_grade(self, parsed: ParsedSentence, name: Name, grade: Grade) -> bool:
        if grade.rule.own:
            return grade.start < name.end and name.start < grade.end
        words = parsed.words
        low, high = (grade.end, name.start) if grade.end <= name.start else (name.end, grade.start)
        if grade.rule.system is None:
            others = (*words.associated, *words.mentions, *words.causes)
            if high - low > (_FAR if self._is_sided(words, grade) else _NEAR) or any(
                low <= match.start < high for match in others
            ):
                return False
        opens = {side[0] for side in self._attributes.single_sides(words)}
        told_apart = any(
            words.tokens[at].norm == "." or (words.tokens[at].norm == ";" and at + 1 not in opens)
            for at in range(low, high)
        )
        return high - low <= _FAR and not told_apart

    def _distance(self, words: Words, name: Name, grade: Grade) -> int:
        low, high = (grade.end, name.start) if grade.end <= name.start else (name.end, grade.start)
        parted = sum(token.norm in (",", "and", "with") for token in words.tokens[low : max(low, high)])
        return max(high - low, 0) + _PARTED * parted

    def _share(self, parsed: ParsedSentence, name: Name, grades: Sequence[Grade]) -> list[Grading]:
        """Share the grades of one system out among the sides, the places or the structures of their finding."""
        words = parsed.words
        sides = [_Anchor(*side) for side in self._attributes.single_sides(words)]
        if len(grades) == 1:
            side = self._side_beside(parsed, name, grades[0], sides)
            return [Grading(grades[0], sides=frozenset([side] if side else []))]
        told = self._bind(parsed, name, grades, sides, zipped=True)
        if told and len(set(told)) > 1:
            return [Grading(g, sides=frozenset(_sides(values))) for g, values in zip(grades, told, strict=True)]
        respectively = any(token.norm == "respectively" for token in words.tokens)
        places = [_Anchor(p.start, p.end, p, p.group) for p in parsed.places if not p.masked]
        told = self._bind(parsed, name, grades, places, zipped=respectively)
        if told and len(set(told)) > 1:
            return [Grading(g, places=frozenset(_places(values))) for g, values in zip(grades, told, strict=True)]
        structures = [_Anchor(m.start, m.end, m.start) for m in words.structures]
        told = self._bind(parsed, name, grades, structures, zipped=respectively)
        if told and len(set(told)) > 1:
            return [Grading(g, structures=frozenset(_starts(values))) for g, values in zip(grades, told, strict=True)]
        # Of grades with places between them that are not told apart the nearest alone is known to be this one's.
        parts = {at for m in (*words.sites, *words.structures) for at in range(m.start, m.end)}
        if any(parts & set(range(one.end, other.start)) for one, other in pairwise(grades)):
            grades = [min(grades, key=lambda grade: self._distance(words, name, grade))]
        return [Grading(grade) for grade in grades]

    def _bind(
        self,
        parsed: ParsedSentence,
        name: Name | None,
        grades: Sequence[Grade],
        anchors: Sequence[_Anchor],
        *,
        zipped: bool,
    ) -> list[frozenset[Hashable]]:
        """Give what each grade is told of: what stands behind each, or else before each; `zipped` where two lists go in
        twos. Empty where nothing tells them apart.
        """
        anchors = sorted(anchors, key=lambda anchor: anchor.start)
        between = [
            [a for a in anchors if one.end <= a.start and a.end <= other.start] for one, other in pairwise(grades)
        ]
        tail = self._reached(parsed, grades[-1].end, anchors)
        lead = self._leading(parsed, name, grades[0].start, anchors)
        if not any(between):
            for listed in (tail, lead):
                if zipped and len(listed) == len(grades) == len({a.value for a in listed}):
                    return [frozenset([anchor.value]) for anchor in listed]
            return []
        if tail and not (lead and self._is_behind(parsed.words, grades, lead[-1], tail[0])):
            groups = [*between, tail]
            for at in reversed(range(len(groups) - 1)):
                groups[at] = groups[at] or groups[at + 1]
        elif lead:
            groups = [_last_list(lead), *between]
            for at in range(1, len(groups)):
                groups[at] = groups[at] or groups[at - 1]
        else:
            return []
        return [frozenset(anchor.value for anchor in group) for group in groups]

    def _is_behind(self, words: Words, grades: Sequence[Grade], lead: _Anchor, tail: _Anchor) -> bool:
        """Say whether grades stand behind what they are told of: in brackets, or right behind the first."""
        bracketed = all(
            words.norms(g.start - 1, g.start) == "(" and words.norms(g.end, g.end + 1) == ")" for g in grades
        )
        return bracketed or lead.end == grades[0].start < grades[-1].end < tail.start

    def _reached(self, parsed: ParsedSentence, start: int, anchors: Sequence[_Anchor]) -> list[_Anchor]:
        """Give the anchors that follow, up to the first word that is none of theirs."""
        light, own = self._light(parsed), {n.start: n.end for n in parsed.names}
        at, stop = start, len(parsed.words.tokens)
        while at < stop:
            served = at in own and any(start <= anchor.start < at for anchor in anchors)
            if served or (at not in light and at not in own):
                stop = at
            at = max(at + 1, own.get(at, 0))
        return [anchor for anchor in anchors if start <= anchor.start < stop]

    def _leading(
        self, parsed: ParsedSentence, name: Name | None, end: int, anchors: Sequence[_Anchor]
    ) -> list[_Anchor]:
        """Give the anchors before a grade: from the last side or place on, and those of the same list. Where its
        finding stands behind it, what follows another finding is that one's.
        """
        before = [anchor for anchor in anchors if anchor.end <= end]
        others = any(other.end <= end for other in parsed.names)
        if not before or (others and name is not None and name.start >= end):
            return []
        light = self._light(parsed)
        found = [before.pop()]
        while before and all(at in light for at in range(before[-1].end, found[0].start)):
            found.insert(0, before.pop())
        return found

    def _side_beside(
        self, parsed: ParsedSentence, name: Name, grade: Grade, sides: Sequence[_Anchor]
    ) -> Laterality | None:
        """Give the one side that a grade is told of: "ARCO III on the left", "more advanced on the left (ARCO III)"."""
        words, light = parsed.words, self._light(parsed)
        behind = [s for s in sides if grade.end <= s.start and self._is_thin(words, grade.end, s.start)]
        if behind:
            return _side(behind[0])
        before = [s for s in sides if s.end <= grade.start and grade.start - s.end <= _BESIDE]
        if not before or before[-1].start < name.start < grade.start:
            return None
        side = before[-1]
        compared = self._lexicon.has("comparisons", words.norms(side.start - 1, side.start))
        bracketed = words.norms(side.end, grade.start) == "("
        since = name.end if name.start < grade.start else 0
        others = any(since <= other.start < side.start for other in parsed.names)
        if compared or (others and not bracketed) or any(at not in light for at in range(side.end, grade.start)):
            return None
        return _side(side)

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
        return self._lexicon.has("past_words", words.norms(grade.start - 1, grade.start))

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
            if not report.stands_with(number, behind):
                return
            parsed = report.parse(behind)
            grades = self._read_grades(report.text, parsed, [()] * len(parsed.names))
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
        sides = [_Anchor(*side) for side in self._attributes.single_sides(parsed.words)]
        if len(grades) > 1:
            told = self._bind(parsed, None, grades, sides, zipped=True)
            return [Grading(g, sides=frozenset(_sides(values))) for g, values in zip(grades, told, strict=False)]
        heading = report.heading(report.sentences[number]).side
        told_of = {_side(side) for side in sides} | ({heading} if heading in _OTHER else set())
        if len(told_of) == 1:
            return [Grading(grades[0], sides=frozenset(side for side in told_of if side))]
        stands_alone = _is_grade_alone(parsed.words) and (grades[0].rule.system or self.is_of_before(report, number))
        return [Grading(grades[0])] if stands_alone and not told_of else []


def _is_grade_alone(words: Words) -> bool:
    """Say whether a sentence names no finding but by its grade."""
    return all(rule_of(match).graded for match in words.mentions)


def _own_name(parsed: ParsedSentence, grade: Grade) -> set[int]:
    """Give the tokens of the finding that a grade stands in or right before."""
    own = (name for name in parsed.names if grade.start < name.end and name.start <= grade.end)
    return {at for name in own for at in range(name.start, name.end)}


def _holds(grading: Grading, place: Place) -> bool:
    """Say whether a grade is told of a place: that one, or one of its level."""
    return any(
        (one.site, one.level, one.zones) == (place.site, place.level, place.zones)
        or (one.level is not None and one.level == place.level)
        for one in grading.places
    )


def _last_list(anchors: Sequence[_Anchor]) -> list[_Anchor]:
    """Give the last of the anchors, with those of its list."""
    last = anchors[-1]
    return [anchor for anchor in anchors if anchor is last or (last.group >= 0 and anchor.group == last.group)]


def _side(anchor: _Anchor) -> Laterality:
    assert isinstance(anchor.value, Laterality)
    return anchor.value


def _sides(values: Collection[Hashable]) -> list[Laterality]:
    return [value for value in values if isinstance(value, Laterality)]


def _places(values: Collection[Hashable]) -> list[Place]:
    return [value for value in values if isinstance(value, Place)]


def _starts(values: Collection[Hashable]) -> list[int]:
    return [value for value in values if isinstance(value, int)]
