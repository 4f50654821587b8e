"""Findings: a report read sentence by sentence, and the rows that come of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from marrowtext.assertion import Claim, decide
from marrowtext.attributes import AttributeReader, Attributes
from marrowtext.causes import Cause, CauseFinder, strongest
from marrowtext.clauses import Clauses, cut_clauses
from marrowtext.engine import Cue, Engine
from marrowtext.exam import Exam, ExamReader
from marrowtext.links import Link, Linker, LinkSource, Surroundings
from marrowtext.model import (
    Assertion,
    Change,
    Finding,
    Highlight,
    Laterality,
    LateralitySource,
    Pattern,
    Rejected,
    Report,
    SectionName,
    Sentence,
)
from marrowtext.names import Name, join_names
from marrowtext.phrases import Lexicon, Words
from marrowtext.places import Context, Place, PlaceReader
from marrowtext.rules import CauseRule, RuleSet
from marrowtext.screen import Screen
from marrowtext.segment import SegmentedText, Segmenter
from marrowtext.words import split_words

__all__ = ["Reader"]


@dataclass(slots=True)
class _Parsed:
    """A sentence with all that was found in it."""

    words: Words
    places: list[Place]
    clauses: Clauses
    names: list[Name]
    claims: dict[int, Claim] = field(default_factory=dict)
    causes: list[Cause] = field(default_factory=list)
    cues: list[Cue] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row before it is written: a mention at a place."""

    name: Name
    place: Place | None
    source: LinkSource
    assertion: Assertion
    change: Change | None
    attributes: Attributes
    cause: Cause | None
    rules: tuple[str, ...]
    parsed: _Parsed
    anaphor_of: _Row | None = None


class Reader:
    """Reads reports into rows. Built once on a set of rules; reading keeps no state."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._engine = Engine(rules)
        self._segmenter = Segmenter(rules)

        def normal_form(phrase: str) -> tuple[str, ...]:
            return tuple(token.norm for token in split_words(phrase, rules.spelling))

        self._lexicon = Lexicon(rules, normal_form)
        self._screen = Screen(rules, normal_form)
        self._places = PlaceReader(rules, self._lexicon)
        self._linker = Linker(rules, self._lexicon)
        self._attributes = AttributeReader(self._lexicon)
        self._causes = CauseFinder(rules, self._lexicon)
        self._exams = ExamReader(rules, self._engine, self._lexicon, self._places)

    def read(self, report: Report) -> tuple[list[Finding], list[Rejected], list[Highlight]]:
        """Read one report: its rows, its rejected candidates, and what was matched where."""
        segmented = self._segmenter.segment(report.text)
        return _ReportReading(self, report, segmented).run()


class _ReportReading:
    """The reading of one report: what its sentences know of each other."""

    def __init__(self, reader: Reader, report: Report, segmented: SegmentedText) -> None:
        self._reader = reader
        self._rules = reader._rules
        self._lexicon = reader._lexicon
        self._report = report
        self._text = report.text
        self._segmented = segmented
        self._sentences = segmented.sentences
        self._parsed: dict[int, _Parsed] = {}
        self._heading_places: dict[tuple[tuple[int, int], ...], tuple[tuple[Place, ...], bool, Laterality | None]] = {}
        self._exam: Exam = Exam()
        self._rejected: list[Rejected] = []

    def run(self) -> tuple[list[Finding], list[Rejected], list[Highlight]]:
        screen = self._reader._screen
        hits = [n for n, sentence in enumerate(self._sentences) if screen.passes(sentence)]
        if not hits:
            return [], [], []
        hits = sorted({*hits, *(n for n, s in enumerate(self._sentences) if n > hits[0] and screen.refers(s))})
        self._exam = self._reader._exams.read(self._report, self._segmented)
        rows: list[_Row] = []
        for number in hits:
            parsed = self._parse(number)
            rows.extend(self._rows_of(number, parsed, rows))
            rows.extend(self._ellipses(number, parsed, rows))
            if number + 1 < len(self._sentences) and number + 1 not in hits and rows:
                rows.extend(self._ellipses(number + 1, self._parse(number + 1), rows))
        rows = [self._with_impression(row) for row in rows]
        findings = self._number(self._finish(row) for row in rows)
        return findings, self._rejected, self._highlights()

    def _parse(self, number: int) -> _Parsed:
        if number not in self._parsed:
            self._parsed[number] = self._parse_sentence(self._sentences[number], self._context(number))
        return self._parsed[number]

    def _context(self, number: int) -> Context:
        sites: list[str] = [place.site for place in self._heading(self._sentences[number])[0]]
        if number and self._sentences[number - 1].section is self._sentences[number].section:
            before = self._parsed.get(number - 1)
            if before is not None:
                sites += [place.site for place in before.places[::-1]]
        return Context(tuple(sites), self._exam.regions)

    def _parse_sentence(self, sentence: Sentence, context: Context) -> _Parsed:
        engine, lexicon = self._reader._engine, self._lexicon
        words = lexicon.sort(sentence, self._text, engine.match(sentence.tokens, self._text))
        places = self._reader._places.read(words, context)
        clauses = cut_clauses(words, places, lexicon)
        names = join_names(words, places, lexicon)
        parsed = _Parsed(words, places, clauses, names)
        targets = [(*name.head, name.rule.concept.value.upper()) for name in names]
        own = len(targets)
        targets += [(match.start, match.end, "CAUSE") for match in words.causes]
        if not targets:
            return parsed
        edges, parsed.cues = engine.relate(sentence.tokens, targets, clauses.starts)
        stops = [cue for cue in parsed.cues if cue.rule.direction == "stop"]
        policy = self._rules.policy
        asked = self._is_asked(sentence)
        for number, name in enumerate(names):
            mine = [edge for edge in edges if edge.target == number]
            if name.alternative:
                mine = [edge for edge in mine if not self._is_choice(words, edge.start, edge.end)]
            neutral = name.rule.neutral
            parsed.claims[number] = decide(
                words, name.head, name.rule.assertion, neutral, mine, stops, lexicon, policy
            )
            if asked:
                claim = parsed.claims[number]
                asking = policy.sections[SectionName.INDICATION]
                assertion = asking.get(claim.assertion, claim.assertion) if claim.assertion else None
                parsed.claims[number] = replace(claim, assertion=assertion)
        for number, match in enumerate(words.causes, start=own):
            mine = [edge for edge in edges if edge.target == number]
            claim = decide(
                words, (match.start, match.end), Assertion.PRESENT, False, mine, stops, lexicon, policy
            )
            rule = match.rule
            assert isinstance(rule, CauseRule)
            if rule.pattern == "none" or claim.no_cause or claim.assertion is None:
                continue
            tokens = sentence.tokens
            parsed.causes.append(
                Cause(
                    tokens[match.start].start, tokens[match.end - 1].end, match.start, rule, rule.pattern,
                    claim.assertion, self._reader._causes.places_behind(words, places, match.end),
                    clauses.around(match.start),
                )
            )
        return parsed

    def _is_asked(self, sentence: Sentence) -> bool:
        """Say whether an opening line without a heading puts the question of the exam: "…, ?stress injury"."""
        if sentence.section.heading is not None or sentence not in self._sentences[:_OPENING]:
            return False
        marks = [token for token in sentence.tokens if token.norm == "?"]
        return any(self._text[mark.end : mark.end + 1].isalpha() for mark in marks)

    def _is_choice(self, words: Words, start: int, end: int) -> bool:
        return self._lexicon.covers("alternatives", words.tokens, start, end)

    def _heading(self, sentence: Sentence) -> tuple[tuple[Place, ...], bool, Laterality | None]:
        """Read the headings that a sentence stands under: their places, whether they say bone, their side."""
        if not sentence.headings:
            return (), False, None
        if sentence.headings not in self._heading_places:
            places: list[Place] = []
            bony = False
            side: Laterality | None = None
            for start, end in sentence.headings:
                tokens = tuple(split_words(self._text, self._rules.spelling, start, end))
                part = replace(sentence, start=start, end=end, tokens=tokens, headings=())
                matches = self._reader._engine.match(tokens, self._text)
                words = self._lexicon.sort(part, self._text, matches)
                read = self._reader._places.read(words, Context((), self._exam.regions))
                named = [place for place in read if not place.masked]
                places = named or places
                bony = bony or any(self._lexicon.has("bone_headings", token.norm) for token in tokens)
                sides = {getattr(match.rule, "laterality", None) for match in words.sides}
                side = next(iter(sides)) if len(sides) == 1 else side
            found = [p for p in places if "compartment" not in self._text[sentence.headings[-1][0] : sentence.headings[-1][1]].lower()]
            self._heading_places[sentence.headings] = (tuple(found), bony, side)
        return self._heading_places[sentence.headings]

    def _surroundings(self, number: int, parsed: _Parsed) -> Surroundings:
        sentence = self._sentences[number]
        places, bony, _ = self._heading(sentence)
        before: tuple[Place, ...] = ()
        soft = False
        previous = self._sentences[number - 1] if number else None
        goes_on = any(self._reader._linker.continues(parsed.words, name) for name in parsed.names)
        if (
            goes_on and previous is not None and previous.section is sentence.section
            and previous.headings == sentence.headings
        ):
            earlier = self._parse(number - 1)
            free = [place for place in earlier.places if not place.masked]
            if free:
                last = free[-1].group
                before = tuple(place for place in free if place.group == last)
            elif earlier.words.structures:
                soft = True
        return Surroundings(places, bony, before, soft)

    def _rows_of(self, number: int, parsed: _Parsed, earlier: Sequence[_Row]) -> Iterator[_Row]:
        around = self._surroundings(number, parsed)
        for index, name in enumerate(parsed.names):
            claim = parsed.claims[index]
            if claim.assertion is None:
                self._reject(parsed, name, "no value beside a neutral name")
                continue
            excepted = self._exception_before(parsed.words, name)
            link = self._reader._linker.link(
                parsed.words, parsed.places, parsed.clauses, name, parsed.names, around,
                no_site=claim.no_site or (excepted and claim.assertion is Assertion.ABSENT),
            )
            if name.bare and not link.bone:
                self._reject(parsed, name, link.structure or "not said to be in bone")
                continue
            antecedent: _Row | None = None
            if name.rule.anaphor:
                antecedent = next((row for row in reversed([*earlier]) if row.assertion in _CURRENT), None)
                if antecedent is None or not link.places:
                    self._reject(parsed, name, "nothing before it to stand for")
                    continue
            yield from self._rows_at(number, parsed, name, claim, link, antecedent)

    def _rows_at(
        self, number: int, parsed: _Parsed, name: Name, claim: Claim, link: Link, antecedent: _Row | None
    ) -> Iterator[_Row]:
        assert claim.assertion is not None
        words = parsed.words
        attributes = self._reader._attributes.read(
            words, self._text, parsed.clauses, name, parsed.names, link.places
        )
        cause = self._cause(number, parsed, name, claim, link)
        if antecedent is not None and cause is None:
            cause = antecedent.cause
        rules = (*(match.rule.id for match in name.members), *claim.rules)
        exception = self._exception_after(words, parsed.places, name) if claim.assertion is Assertion.ABSENT else []
        places: list[Place | None] = [p for p in link.places if p not in exception]
        if exception:
            places = [p for p in places if p is not None and p.start < name.start]
        for place in places or [None]:
            yield _Row(
                name, self._sited(name, place), link.source, claim.assertion, claim.change, attributes, cause, rules,
                parsed, antecedent,
            )
        for place in exception:
            yield _Row(
                name, self._sited(name, place), LinkSource.CLAUSE, Assertion.PRESENT, None, attributes, None, rules,
                parsed,
            )

    def _sited(self, name: Name, place: Place | None) -> Place | None:
        """Give the place, or the site that the name itself says ("Modic 1": the endplate), with its level."""
        site = name.rule.site
        if site is None:
            return place
        if place is None:
            return Place(site, None, (), None, name.start, name.end, (name.start, name.end), -1, ())
        if self._rules.is_within(site, place.site):
            return replace(place, site=site, level_only=False)
        return place

    def _exception_before(self, words: Words, name: Name) -> bool:
        return any(self._lexicon.at("exceptions", words.tokens, at, name.start) for at in range(name.start))

    def _exception_after(self, words: Words, places: Sequence[Place], name: Name) -> list[Place]:
        for at in range(name.end, len(words.tokens)):
            if self._lexicon.at("exceptions", words.tokens, at):
                if any(match.start > at for match in words.mentions):
                    return []
                after = [place for place in places if place.start > at and not place.masked]
                return [place for place in after if place.group == after[0].group]
        return []

    def _cause(self, number: int, parsed: _Parsed, name: Name, claim: Claim, link: Link) -> Cause | None:
        policy = self._rules.policy
        if claim.assertion not in (*_CURRENT, Assertion.HISTORICAL):
            return None
        own = self._own_cause(parsed, name, claim)
        if name.alternative and own is not None:
            return own
        candidates = [own] if own else []
        candidates += [
            c for c in self._sentence_causes(parsed, name, claim) if self._reader._causes.agrees(c, link.places)
        ]
        if all(c.rule.unstated for c in candidates) and claim.assertion in _CURRENT:
            candidates += self._neighbour_causes(number, parsed, name, link)
        chosen = strongest(candidates, policy)
        if chosen is not None:
            for other in candidates:
                turned = other.rule.turns.get(chosen.pattern) if other is not chosen else None
                if turned:
                    return replace(chosen, pattern=turned, rule=other.rule)
                turned = chosen.rule.turns.get(other.pattern) if other is not chosen else None
                if turned:
                    return replace(chosen, pattern=turned, assertion=other.assertion)
        return chosen

    def _own_cause(self, parsed: _Parsed, name: Name, claim: Claim) -> Cause | None:
        """Give the cause that the name carries in itself: a contusion is traumatic."""
        if claim.assertion not in _CURRENT:
            return None
        tokens = parsed.words.tokens
        for match in name.members:
            pattern = self._rules.policy.concept_patterns.get(match.rule.concept)  # type: ignore[attr-defined]
            if pattern is not None:
                assertion = Assertion.POSSIBLE if name.alternative else claim.assertion
                rule = CauseRule.model_construct(id=match.rule.id, pattern=pattern, turns={}, joint=False, unstated=False)
                return Cause(
                    tokens[match.start].start, tokens[match.end - 1].end, match.start, rule, pattern, assertion, (),
                    parsed.clauses.around(match.start),
                )
        return None

    def _sentence_causes(self, parsed: _Parsed, name: Name, claim: Claim) -> list[Cause]:
        tokens = parsed.words.tokens
        head = name.head
        low, high = tokens[head[0]].start, tokens[head[1] - 1].end
        historical = claim.assertion is Assertion.HISTORICAL
        clause = parsed.clauses.around(head[0])
        return [
            cause
            for cause in parsed.causes
            if cause.assertion in (_CURRENT if not historical else (*_CURRENT, Assertion.HISTORICAL))
            and not (name.rule.concept in self._rules.policy.concept_patterns and low <= cause.start < high)
            and not (historical and (cause.clause != clause or low <= cause.start < high))
        ]

    def _neighbour_causes(self, number: int, parsed: _Parsed, name: Name, link: Link) -> list[Cause]:
        """Take a cause from the sentence before or after, where it speaks of this edema."""
        found: list[Cause] = []
        sentence = self._sentences[number]
        if number + 1 < len(self._sentences) and self._sentences[number + 1].section is sentence.section:
            after = self._parse(number + 1)
            speaks = self._lexicon.at("continuations", after.words.tokens, 0) or self._is_verdict(after)
            if speaks and not after.names:
                found += after.causes
        if not found and number and self._sentences[number - 1].section is sentence.section:
            before = self._parse(number - 1)
            if link.source is LinkSource.BEFORE or self._reader._linker.continues(parsed.words, name):
                found += before.causes
        return [
            cause
            for cause in found
            if cause.assertion in _CURRENT and self._reader._causes.agrees(cause, link.places)
        ]

    def _is_verdict(self, parsed: _Parsed) -> bool:
        """Say whether a sentence opens with a cause or with a hedge before one: "Likely degenerative."."""
        tokens = parsed.words.tokens
        at = 0
        while length := self._lexicon.at("hedges", tokens, at) or self._lexicon.at("equals", tokens, at):
            at += length
        return at > 0 and bool(parsed.causes) and parsed.causes[0].token <= at + 3

    def _with_impression(self, row: _Row) -> _Row:
        """Take the cause from the impression, where it names one for this site, the joint, or "as above"."""
        section = row.parsed.words.sentence.section.name
        unstated = row.cause is None or row.cause.rule.unstated
        if not unstated or row.assertion not in _CURRENT or section is not SectionName.FINDINGS:
            return row
        found: list[Cause] = [row.cause] if row.cause else []
        for number in self._summing_up():
            parsed = self._parse(number)
            for cause in parsed.causes:
                if cause.assertion in _CURRENT and self._names_cause_of(parsed, cause, row):
                    found.append(cause)
        cause = strongest(found, self._rules.policy)
        return replace(row, cause=cause) if cause else row

    def _summing_up(self) -> list[int]:
        """Give the numbers of the sentences that sum up: the impression, else those that open as one."""
        found = [n for n, s in enumerate(self._sentences) if s.section.name is SectionName.IMPRESSION]
        return found or [n for n, s in enumerate(self._sentences) if self._lexicon.at("verdicts", s.tokens, 0)]

    def _names_cause_of(self, parsed: _Parsed, cause: Cause, row: _Row) -> bool:
        here = row.place
        current = [n for n in range(len(parsed.names)) if parsed.claims[n].assertion in _CURRENT]
        refers = any(
            self._lexicon.at("references", parsed.words.tokens, at) for at in range(len(parsed.words.tokens))
        )
        places = [place for place in parsed.places if not place.masked]
        causes = self._reader._causes
        if here is None:
            return not places and (refers or (bool(current) and cause.rule.joint))
        if (current or refers) and places:
            return any(causes.related(place, here) for place in places)
        if refers:
            return True
        own = list(cause.places) or places
        if own:
            return any(causes.related(place, here) for place in own)
        return cause.rule.joint

    def _ellipses(self, number: int, parsed: _Parsed, earlier: Sequence[_Row]) -> Iterator[_Row]:
        """Give the rows of clauses that deny the mention before them elsewhere: "none on the sacral side"."""
        words = parsed.words
        tokens = words.tokens
        for at in range(len(tokens)):
            opens = at == 0 or tokens[at - 1].norm in (",", ";", "and", "but") or at in parsed.clauses.starts
            length = self._lexicon.at("ellipses_absent", tokens, at) if opens else 0
            if not length:
                continue
            limit = next((p for p in range(at + length, len(tokens)) if tokens[p].norm in (";", ",")), len(tokens))
            places = [
                p for p in parsed.places if at + length <= p.start and p.end <= limit and not p.masked
            ]
            before = [row for row in earlier if row.assertion in _CURRENT]
            same = [name for name in parsed.names if name.end <= at]
            if not places or any(at <= name.start < limit for name in parsed.names):
                continue
            if any(at <= m.start < limit for m in (*words.associated, *words.causes, *words.lookalikes)):
                continue
            row = before[-1] if before else None
            if row is None or (same and row.parsed is not parsed):
                continue
            if not same and row.parsed not in (self._parsed.get(number - 1), self._parsed.get(number - 2)):
                continue
            for place in places:
                if place.group == places[0].group:
                    yield replace(
                        row, place=place, source=LinkSource.CLAUSE, assertion=Assertion.ABSENT, change=None,
                        attributes=Attributes(subchondral=False), cause=None,
                    )

    def _reject(self, parsed: _Parsed, name: Name, reason: str) -> None:
        tokens = parsed.words.tokens
        self._rejected.append(Rejected(tokens[name.start].start, tokens[name.end - 1].end, reason))

    def _finish(self, row: _Row) -> Finding:
        tokens = row.parsed.words.tokens
        sentence = row.parsed.words.sentence
        start, end = tokens[row.name.start].start, tokens[row.name.end - 1].end
        place = row.place
        site = place.site if place else None
        side, source = self._side(row)
        cause = row.cause if row.assertion in (*_CURRENT, Assertion.HISTORICAL) else None
        attributes = row.attributes
        antecedent = row.anaphor_of
        level = place.level if place else None
        if place and level is None and self._rules.sites[place.site].level == "vertebra":
            level = next((p.level for p in self._heading(sentence)[0] if p.level), None)
        rules = (
            *row.rules, *(place.rules if place else ()), *attributes.rules,
            *((cause.rule.id,) if cause else ()), *((sentence.section.rule,) if sentence.section.rule else ()),
        )
        return Finding(
            report_id=self._report.id,
            finding=0,
            section=sentence.section.name,
            concept=antecedent.name.rule.concept if antecedent else row.name.rule.concept,
            mention=self._text[start:end],
            start=start,
            end=end,
            sentence=self._text[sentence.start : sentence.end],
            assertion=row.assertion,
            change=row.change,
            site=site,
            region=self._rules.sites[site].region if site else None,
            bone=self._rules.bone(site) if site else None,
            level=level,
            zone=" ".join(place.zones) or None if place else None,
            laterality=side,
            laterality_source=source,
            subchondral=attributes.subchondral,
            pattern=cause.pattern if cause else Pattern.UNSPECIFIED,
            pattern_assertion=_certainty(cause),
            pattern_evidence=self._text[cause.start : cause.end] if cause else None,
            severity=attributes.severity,
            extent=attributes.extent,
            acuity=attributes.acuity,
            size_mm=attributes.size_mm,
            grade_system=attributes.grade_system,
            grade=attributes.grade,
            rules=tuple(dict.fromkeys(rules)),
        )

    def _side(self, row: _Row) -> tuple[Laterality | None, LateralitySource | None]:
        place = row.place
        nearer = self._side_beside(row)
        if nearer is not None:
            return nearer, LateralitySource.MENTION
        if place is not None and place.side is not None:
            sources = {LinkSource.HEADING: LateralitySource.HEADING, LinkSource.BEFORE: LateralitySource.SENTENCE}
            return place.side, sources.get(row.source, LateralitySource.MENTION)
        midline = place is not None and self._rules.sites[place.site].midline
        side = self._sentence_side(row, midline)
        if midline:
            return side, LateralitySource.SENTENCE if side else None
        if side is not None:
            return side, LateralitySource.SENTENCE
        side = self._heading(row.parsed.words.sentence)[2]
        if side is not None:
            return side, LateralitySource.HEADING
        if place is None and self._exam.side_source is LateralitySource.INDICATION:
            return None, None
        if self._exam.side is None and place is not None:
            side = self._side_before(row, place)
            return side, LateralitySource.SENTENCE if side else None
        return self._exam.side, self._exam.side_source

    def _side_before(self, row: _Row, place: Place) -> Laterality | None:
        """Give the side that the sentences shortly before gave this bone, under the same heading."""
        sentence = row.parsed.words.sentence
        number = self._sentences.index(sentence)
        for before in range(number - 1, max(number - _SHORTLY, 0) - 1, -1):
            other = self._sentences[before]
            if other.section is not sentence.section or other.headings != sentence.headings:
                return None
            sides = {
                p.side for p in self._parse(before).places if p.side is not None and self._is_near(p, place)
            }
            if sides:
                return next(iter(sides)) if len(sides) == 1 else None
        return None

    def _side_beside(self, row: _Row) -> Laterality | None:
        """Give a side that stands right at the mention, where its place is that of both sides: "edema on the right"."""
        place, words, name = row.place, row.parsed.words, row.name
        if place is None or place.side is not Laterality.BILATERAL or place.end > name.start:
            return None
        owned = {p for other in row.parsed.places for p in range(other.start, other.end)}
        for match in words.sides:
            between = words.norms(name.end, match.start) if match.start >= name.end else ""
            if match.start in owned or match.rule.laterality is Laterality.BILATERAL:  # type: ignore[attr-defined]
                continue
            if name.end <= match.start <= name.end + 2 and between in ("on the", "on", "", "in the"):
                return match.rule.laterality  # type: ignore[attr-defined, no-any-return]
            if 0 <= name.start - match.end <= _BESIDE and place.end <= match.start:
                return match.rule.laterality  # type: ignore[attr-defined, no-any-return]
        return None

    def _sentence_side(self, row: _Row, midline: bool) -> Laterality | None:
        """Give the one side of the sentence that no other thing has: "On the right, there is edema of …"."""
        words = row.parsed.words
        owned = {p for place in row.parsed.places for p in range(place.start, place.end)}
        found: list[Laterality] = []
        for match in words.sides:
            if match.start in owned:
                continue
            at = match.end
            zones = {m.start: m.end for m in words.zones}
            while at in zones:
                at = zones[at]
            others = (*words.structures, *words.associated, *words.causes, *words.lookalikes)
            if any(m.start == at for m in others):
                continue
            if midline and at < len(words.tokens) and words.tokens[at].norm.isalpha() and not self._lexicon.has("after_side", words.tokens[at].norm):
                continue
            found.append(match.rule.laterality)  # type: ignore[attr-defined]
        if not found and not midline:
            found = [
                place.side
                for place in row.parsed.places
                if place.side is not None
                and (self._rules.sites[place.site].joint or (row.place and self._is_near(place, row.place)))
            ]
        return found[0] if len(set(found)) == 1 else None

    def _is_near(self, one: Place, other: Place) -> bool:
        """Say whether two places are of one bone or one region, so that the side of one is that of the other."""
        sites = self._rules.sites
        return (
            self._rules.bone(one.site) == self._rules.bone(other.site)
            or sites[one.site].region == sites[other.site].region
        )

    def _number(self, findings: Iterable[Finding]) -> list[Finding]:
        unique: dict[tuple[object, ...], Finding] = {}
        for finding in findings:
            key = (
                finding.start, finding.end, finding.site, finding.level, finding.laterality, finding.assertion,
            )
            unique.setdefault(key, finding)
        ordered = sorted(unique.values(), key=lambda finding: (finding.start, finding.end))
        return [replace(finding, finding=number) for number, finding in enumerate(ordered, start=1)]

    def _highlights(self) -> list[Highlight]:
        found: dict[tuple[int, int, str], Highlight] = {}
        for section in self._segmented.sections:
            if section.heading and section.rule:
                found[*section.heading, "heading"] = Highlight(*section.heading, "heading", section.rule)
        for parsed in self._parsed.values():
            words = parsed.words
            tokens = words.tokens
            groups = (
                ("mention", words.mentions), ("look-alike", words.lookalikes), ("site", words.sites),
                ("structure", words.structures), ("side", words.sides), ("attribute", words.attributes),
                ("cause", words.causes), ("associated", words.associated), ("grade", words.grades),
                ("zone", words.zones), ("cue", parsed.cues),
            )
            for kind, matches in groups:
                for match in matches:
                    start, end = tokens[match.start].start, tokens[min(match.end, len(tokens)) - 1].end
                    found[start, end, kind] = Highlight(start, end, kind, match.rule.id)
        return sorted(found.values(), key=lambda mark: (mark.start, mark.end))


# How far before a mention, in tokens, its own side may stand ("on the right with associated edema").
_BESIDE = 4
# How many sentences a report without headings may open with before its findings begin.
_OPENING = 4
# How many sentences back the side of a bone still holds, where the exam has none.
_SHORTLY = 3
_CURRENT = (Assertion.PRESENT, Assertion.POSSIBLE)


def _certainty(cause: Cause | None) -> Assertion | None:
    if cause is None:
        return None
    return cause.assertion if cause.assertion in _CURRENT else Assertion.PRESENT
