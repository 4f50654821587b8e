"""Rows: each mention at each of its places, before they are written out as findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from marrowtext.assertion import Claim
from marrowtext.attribution import Summary, attribute_cause
from marrowtext.causes import Cause, strongest
from marrowtext.ellipses import Row, find_courses, find_ellipses
from marrowtext.engine import Cue
from marrowtext.hosts import JOINT
from marrowtext.links import Link, LinkSource
from marrowtext.model import Assertion, Laterality, Rejected, SectionName
from marrowtext.names import Name
from marrowtext.parsing import CURRENT, ParsedReport
from marrowtext.phrases import Words
from marrowtext.places import Place
from marrowtext.sentences import ParsedSentence

__all__ = ["make_rows"]


def make_rows(report: ParsedReport, numbers: Iterable[int]) -> tuple[list[Row], list[Rejected]]:
    """Make the rows of the sentences `numbers`, in text order, and give the candidates that made none."""
    rows: list[Row] = []
    rejected: list[Rejected] = []
    wanted = set(numbers)
    # A clause that speaks of a mention again may stand in the sentence behind it, which names none.
    behind = {number + 1 for number in wanted if number + 1 < len(report.sentences)}
    for number in sorted(wanted | behind):
        # What is told again may be told by the row right before it, so each row is there before the next is made.
        if number in wanted:
            for row in _rows_of(report, number, rows, rejected):
                rows.append(row)
        for row in find_ellipses(report, number, rows):
            rows.append(row)
        for row in find_courses(report, number, rows):
            rows.append(row)
    summary = Summary(report)
    rows = [
        row if cause is row.cause else row._replace(cause=cause)
        for row in rows
        for cause in [summary.attribute(row.number, row.assertion, row.place, row.cause)]
    ]
    return _inherited(report, _told_apart(rows)), rejected


def _told_apart(rows: Sequence[Row]) -> list[Row]:
    """Drop the row of both sides where each has its own: "on the left it is stable, on the right it has increased"."""
    sides: dict[tuple[int, int, str], set[Laterality]] = {}
    for row in rows:
        if row.place is not None and row.place.side is not None:
            sides.setdefault((row.number, row.name.start, row.place.site), set()).add(row.place.side)
    apart = {key for key, found in sides.items() if found >= {Laterality.LEFT, Laterality.RIGHT}}
    return [
        row
        for row in rows
        if row.place is None
        or row.place.side is not Laterality.BILATERAL
        or (row.number, row.name.start, row.place.site) not in apart
    ]


def _inherited(report: ParsedReport, rows: Sequence[Row]) -> list[Row]:
    """Give all sites of a mention its strongest cause: a site that an edema extends into inherits it."""
    causes: dict[tuple[int, int], list[Cause]] = {}
    for row in rows:
        if row.cause is not None and row.assertion in CURRENT:
            causes.setdefault((row.number, row.name.start), []).append(row.cause)
    if not causes:
        return list(rows)
    policy = report.tools.rules.policy
    return [
        row._replace(cause=strongest(causes.get((row.number, row.name.start), []), policy))
        if row.assertion in CURRENT
        else row
        for row in rows
    ]


def _rows_of(report: ParsedReport, number: int, earlier: Sequence[Row], rejected: list[Rejected]) -> Iterator[Row]:
    if not report.words(number).mentions:
        return
    parsed = report.parse(number)
    around = report.surroundings(number)
    # "No tibial tunnel edema": what stands right before the name is not itself denied.
    denied_places = [place for place in parsed.places if _is_denied_name(parsed, place)] if parsed.causes else []
    for name, told in zip(parsed.names, parsed.claims, strict=True):
        claim = told
        if claim.assertion is None:
            rejected.append(_reject(parsed, name, "no value beside a neutral name"))
            continue
        if claim.assertion is Assertion.PRESENT and report.tools.linker.is_doubted(parsed.words, name):
            claim = told._replace(assertion=Assertion.POSSIBLE)
        places = [
            place
            for place in parsed.places
            if (place.end == name.start or place not in denied_places)
            and not report.tools.lexicon.before("exam_of", parsed.words.tokens, place.start)
        ]
        outside = claim.assertion is Assertion.ABSENT and _is_after_exception(report, parsed.words, name)
        link = report.tools.linker.link(
            parsed.words,
            places,
            parsed.clauses,
            name,
            parsed.names,
            around,
            no_site=claim.no_site or outside,
            current=claim.assertion in CURRENT,
        )
        # "The hip shows no edema" denies it of the bones too; "edema of the hip" may be soft tissue.
        denied = claim.assertion is Assertion.ABSENT and link.structure == JOINT
        # "To see whether the edema has gone" asks about the edema of bone that was told before.
        asked = claim.assertion is Assertion.HYPOTHETICAL and bool(earlier) and link.structure is None
        # "Regression of the hip edema" tells of the edema of its bones that was told before.
        course = bool(claim.change or claim.assertion is Assertion.HYPOTHETICAL) and link.structure == JOINT
        if name.bare and not link.bone and not denied and not asked and not (course and earlier):
            rejected.append(_reject(parsed, name, link.structure or "not said to be in bone"))
            continue
        if name.rule.anaphor and _is_retelling(parsed, name, link):
            rejected.append(_reject(parsed, name, "tells of the mention before it"))
            continue
        antecedent: Row | None = None
        if name.rule.anaphor:
            antecedent = next((row.antecedent or row for row in reversed(earlier) if row.assertion in CURRENT), None)
            if antecedent is None or not link.places:
                rejected.append(_reject(parsed, name, "nothing before it to stand for"))
                continue
        yield from _rows_at(report, number, name, claim, link, antecedent)


def _is_retelling(parsed: ParsedSentence, name: Name, link: Link) -> bool:
    """Say whether a word such as "the same process" only says what the mention before it in its sentence is."""
    before = any(other.end <= name.start for other in parsed.names)
    sided = any(match.start >= name.end for match in parsed.words.sides)
    return before and not sided and all(place.end <= name.start for place in link.places)


def _is_denied_name(parsed: ParsedSentence, place: Place) -> bool:
    """Say whether a place is only named in a disease that is not there: "no marrow signal to suggest sacroiliitis"."""
    start = parsed.words.tokens[place.noun[0]].start
    unsure = (Assertion.ABSENT, Assertion.HYPOTHETICAL)
    return any(cause.start <= start < cause.end and cause.assertion in unsure for cause in parsed.causes)


def _reject(parsed: ParsedSentence, name: Name, reason: str) -> Rejected:
    tokens = parsed.words.tokens
    return Rejected(tokens[name.start].start, tokens[name.end - 1].end, reason)


def _rows_at(
    report: ParsedReport, number: int, name: Name, claim: Claim, link: Link, antecedent: Row | None
) -> Iterator[Row]:
    assert claim.assertion is not None
    parsed = report.parse(number)
    excepted = _exception_behind(report, parsed, name) if claim.assertion is Assertion.ABSENT else []
    measured = bool(excepted) or claim.assertion in report.tools.rules.policy.measured
    attributes = report.tools.attributes.read(
        parsed.words, report.text, parsed.clauses, name, parsed.names, measured=measured
    )
    cause = attribute_cause(report, number, name, claim, link) or (antecedent.cause if antecedent else None)
    if attributes.acuity is None and cause is not None and claim.assertion in CURRENT:
        said = report.tools.attributes.read_acuity(parsed.words, cause.start, cause.end)
        if said is not None:
            attributes = attributes._replace(acuity=said[0], rules=(*attributes.rules, said[1]))
    row = Row(
        number,
        name,
        None,
        link.source,
        claim.assertion,
        claim.change,
        attributes,
        cause,
        (*(match.rule.id for match in name.members), *claim.rules),
        antecedent,
    )
    places: list[Place | None] = [
        place
        for place in link.places
        if (not excepted or (place not in excepted and place.start < name.start))
        and not _is_complaint(report, row, place)
    ]
    apart = report.tools.attributes.read_sides(parsed.words, report.text, parsed.clauses, name, attributes)
    courses = _read_courses(report, parsed, name)
    for place in places or [None]:
        sited = _sited(report, name, place)
        if sited is not None and courses:
            for side, cue in courses:
                told = row._replace(place=sited._replace(side=side), change=cue.rule.change)
                yield told._replace(assertion=cue.rule.assertion or row.assertion, rules=(*row.rules[:1], cue.rule.id))
            continue
        if sited is None or not apart:
            yield row._replace(place=sited) if sited is not None else row
            continue
        for side, own in apart:
            yield row._replace(place=sited._replace(side=side), attributes=own)
    for place in excepted:
        there = row._replace(place=_sited(report, name, place), source=LinkSource.CLAUSE)
        yield there._replace(assertion=Assertion.PRESENT, change=None)


def _read_courses(report: ParsedReport, parsed: ParsedSentence, name: Name) -> list[tuple[Laterality, Cue]]:
    """Give how it went on each side, where a sentence tells them apart: "has increased on the right and is unchanged on
    the left".
    """
    if len(parsed.cues) < 2 or not parsed.words.sides:
        return []
    lexicon, tokens = report.tools.lexicon, parsed.words.tokens
    found: list[tuple[Laterality, Cue]] = []
    for start, _, side in report.tools.attributes.single_sides(parsed.words):
        told = [cue for cue in parsed.cues if cue.rule.change and name.end <= cue.start and cue.end <= start]
        cue = max(told, key=lambda cue: cue.end, default=None)
        if cue is not None and all(lexicon.has("degree_words", tokens[at].norm) for at in range(cue.end, start)):
            found.append((side, cue))
    sides, cues = {side for side, _ in found}, {cue.start for _, cue in found}
    return found if len(found) == len(sides) == len(cues) == 2 else []


def _is_complaint(report: ParsedReport, row: Row, place: Place) -> bool:
    """Say whether a joint in the indication only says where it hurts: not "marrow edema of the left hip"."""
    if report.sentences[row.number].section.name is not SectionName.INDICATION:
        return False
    words, lexicon = report.words(row.number), report.tools.lexicon
    leads = row.name.end < place.start and lexicon.covers("locatives", words.tokens, row.name.end, place.start)
    beside = place.end == row.name.start
    return report.tools.rules.sites[place.site].joint and not (leads or beside)


def _sited(report: ParsedReport, name: Name, place: Place | None) -> Place | None:
    """Give the place, or the site that the name itself says ("Modic 1": the endplate), with its level."""
    site = name.rule.site
    if site is None:
        return place
    if place is None:
        return Place(site, None, (), None, name.start, name.end, (name.start, name.end), -1, ())
    rules = report.tools.rules
    if rules.is_within(site, place.site):
        return place._replace(site=site, level_only=False)
    if rules.sites[site].region != rules.sites[place.site].region:
        return Place(site, None, (), None, name.start, name.end, (name.start, name.end), -1, ())
    return place


def _is_after_exception(report: ParsedReport, words: Words, name: Name) -> bool:
    """Say whether the denial is of all but what is named before it: "apart from the talus, no edema"."""
    lexicon = report.tools.lexicon
    return lexicon.finds("exceptions", words.sentence.norms) and any(
        lexicon.at("exceptions", words.tokens, at, name.start) for at in range(name.start)
    )


def _exception_behind(report: ParsedReport, parsed: ParsedSentence, name: Name) -> list[Place]:
    """Give the places that a denial excepts: "no edema except in the talus"."""
    words = parsed.words
    if not report.tools.lexicon.finds("exceptions", words.sentence.norms):
        return []
    for at in range(name.end, len(words.tokens)):
        if report.tools.lexicon.at("exceptions", words.tokens, at):
            if any(match.start > at for match in words.mentions):
                return []
            after = [place for place in parsed.places if place.start > at and not place.masked]
            others = (*words.associated, *words.lookalikes, *words.structures)
            if after and any(at < match.start < after[0].start for match in others):
                return []
            return [place for place in after if place.group == after[0].group]
    return []
