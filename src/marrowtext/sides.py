"""Sides: where the laterality of a row is read, in the order of precedence."""

from __future__ import annotations

from collections.abc import Collection

from marrowtext.ellipses import Row
from marrowtext.engine import Match
from marrowtext.links import LinkSource
from marrowtext.model import Laterality, LateralitySource, SectionName
from marrowtext.names import Name
from marrowtext.parsing import ParsedReport
from marrowtext.phrases import Words, side_of
from marrowtext.places import Place

__all__ = ["find_side"]

# How far before a mention, in tokens, its own side may stand ("on the right with associated edema").
_BESIDE = 4
# The same, where the side opens what is told of it ("both heads - rt stage III with edema").
_OPENED = 14
# How many sentences back the side of a bone still holds, where the exam has none.
_SHORTLY = 3

# The last token at which a side that opens its sentence begins ("On the right, …").
_OPENING = 2
# From how many words on a side of both compares the two ("greater on the right").
_COMPARED = 3

# How far behind a name, in tokens, the words stand that say its side.
_LED = 4
_OTHER = {Laterality.LEFT: Laterality.RIGHT, Laterality.RIGHT: Laterality.LEFT}

Side = tuple[Laterality | None, LateralitySource | None]


def find_side(report: ParsedReport, row: Row) -> Side:
    """Find the side of a row: mention, sentence, heading, title, metadata, indication. Midline bones only take
    a side that is said of them."""
    place = row.place
    if place is not None and place.loose and _is_one_sided(report, row, place):
        place = place._replace(side=None)
        row = row._replace(place=place)
    nearer = _beside(report, row)
    if nearer is not None:
        return nearer, LateralitySource.MENTION
    midline = place is not None and report.tools.rules.sites[place.site].midline
    side = _in_sentence(report, row, midline=midline)
    label = report.heading(report.sentences[row.number]).side
    if place is not None and row.source is LinkSource.BEFORE and place.side is Laterality.BILATERAL and label:
        return label, LateralitySource.HEADING
    # What the sentence itself says is nearer than the sentence before.
    if place is not None and place.side is not None and not (side and row.source is LinkSource.BEFORE):
        sources = {LinkSource.HEADING: LateralitySource.HEADING, LinkSource.BEFORE: LateralitySource.SENTENCE}
        return place.side, sources.get(row.source, LateralitySource.MENTION)
    if side is not None:
        return side, LateralitySource.SENTENCE
    if midline:
        return None, None
    if _refers_back(report, row):
        side = _of_sentence(report, row.number - 1)
        if side is not None:
            return side, LateralitySource.SENTENCE
    side = report.heading(report.sentences[row.number]).side
    if side is not None:
        return side, LateralitySource.HEADING
    if place is None and report.exam.side_source is LateralitySource.INDICATION:
        return None, None
    if report.exam.side is None and place is not None:
        side = _shortly_before(report, row, place) or _of_sentence(report, row.number)
        return side, LateralitySource.SENTENCE if side else None
    if place is not None and report.exam.side is not None and _is_other(report, row, place):
        return _OTHER.get(report.exam.side), LateralitySource.SENTENCE
    return report.exam.side, report.exam.side_source


def _is_one_sided(report: ParsedReport, row: Row, place: Place) -> bool:
    """Say whether the heading or the exam is of one side, which the parts of a bone are then of: "MRI LEFT HIP: Pubic
    rami fractures", but not in "MRI PELVIS AND LEFT HIP".
    """
    if report.heading(report.sentences[row.number]).side in _OTHER:
        return True
    exam, region = report.exam, report.tools.rules.sites[place.site].region
    whole = region in exam.regions and len(exam.regions) > 1
    return exam.side in _OTHER and exam.side_source is not LateralitySource.INDICATION and not whole


def _beside(report: ParsedReport, row: Row) -> Laterality | None:
    """Give a side that stands right at the mention, where its place is that of both sides: "edema on the right"."""
    place, name, parsed = row.place, row.name, report.parse(row.number)
    if not parsed.words.sides:
        return None
    words = parsed.words
    if place is None:
        return _right_behind(report, words, name, frozenset())
    # Where the sentence names one side alone it is that of all that it tells.
    if place.end > name.start or (place.side is None and len({side_of(match) for match in words.sides}) < 2):
        return None
    owned = {p for other in parsed.places for p in range(other.start, other.end)}
    behind = _right_behind(report, words, name, owned)
    if place.side is None:
        return behind
    if behind is not None or place.side is not Laterality.BILATERAL:
        return behind
    for match in words.sides:
        if match.start in owned or side_of(match) is Laterality.BILATERAL:
            continue
        opens = match.start == 0 or words.norms(match.start - 1, match.start) in (",", ";", "-", ":", "(", ".")
        if 0 <= name.start - match.end <= (_OPENED if opens else _BESIDE) and place.end <= match.start:
            return side_of(match)
    return None


def _right_behind(report: ParsedReport, words: Words, name: Name, owned: Collection[int]) -> Laterality | None:
    """Give the single side that the words right behind a name give it, where it is no other thing's."""
    for match in words.sides:
        near = name.end <= match.start <= name.end + _LED and match.start not in owned
        if not near or side_of(match) is Laterality.BILATERAL:
            continue
        follows = words.norms(match.end, match.end + 1)
        if report.tools.lexicon.covers("before_side", words.tokens, name.end, match.start):
            return None if follows.isalpha() and not report.tools.lexicon.has("after_side", follows) else side_of(match)
    return None


def _in_sentence(report: ParsedReport, row: Row, *, midline: bool) -> Laterality | None:
    """Give the one side of the sentence that no other thing has: "On the right, there is edema of …"."""
    parsed = report.parse(row.number)
    words = parsed.words
    owned = {p for place in parsed.places for p in range(place.start, place.end)} if words.sides else set()
    found = _free_sides(report, row, owned, midline=midline) if words.sides else set()
    if not found and not midline:
        found = {
            place.side
            for place in parsed.places
            if place.side is not None
            and not place.loose
            and (place.side is Laterality.BILATERAL or row.place is None or place.group != row.place.group)
            and (report.tools.rules.sites[place.site].joint or (row.place and _is_near(report, place, row.place)))
        }
    if len(found) > 1 and not midline:
        # "On the left the iliac side is bright; the right has cleared": the side told first is the mention's.
        before = [m for m in words.sides if m.end <= row.name.start and m.start not in owned]
        found = (
            {side_of(before[-1])}
            if before and words.norms(before[-1].start - 2, before[-1].start) == "on the"
            else found
        )
    if len(found) > 1 and Laterality.BILATERAL in found and not midline:
        # "Of both heads, the left is advanced, with edema": the single side told last before it is the mention's.
        last = max((m for m in words.sides if m.end <= row.name.start), key=lambda m: m.start, default=None)
        single = last is not None and last.start not in owned and side_of(last) is not Laterality.BILATERAL
        found = {side_of(last)} if single and last is not None else found
    if len(found) > 1 and not midline:
        # "It has regressed on the right; on the left it persists": its own clause says which.
        begin, end = parsed.clauses.around(row.name.start)
        own = {side_of(m) for m in words.sides if begin <= m.start < end and m.start not in owned}
        found = own if len(own) == 1 else found
    return next(iter(found)) if len(found) == 1 else None


def _free_sides(report: ParsedReport, row: Row, owned: set[int], *, midline: bool) -> set[Laterality]:
    """Give the sides of the sentence that stand outside its places, at the tokens `owned`, and tell of the mention."""
    words = report.parse(row.number).words
    tokens = words.tokens
    zones = {match.start: match.end for match in words.zones}
    others = {m.start for m in (*words.structures, *words.associated, *words.causes, *words.lookalikes)}
    others -= set(range(row.name.start, row.name.end))
    found: set[Laterality] = set()
    for match in words.sides:
        at = match.end
        while at in zones:
            at = zones[at]
        # In the indication the side is that of the complaint, which is asked about.
        asked = report.sentences[row.number].section.name is SectionName.INDICATION
        told = words.norms(match.start - 2, match.start) in ("on the", "to the") or match.start == 0
        free = (
            match.start not in owned and (at not in others or asked or told) and not _is_pronoun(report, words, match)
        )
        follows = tokens[at].norm if at < len(tokens) else ""
        of_another = (
            follows[:1].isalpha() and at != row.name.start and not report.tools.lexicon.has("after_side", follows)
        )
        away = min(abs(row.name.start - match.end), abs(match.start - row.name.end)) > _BESIDE
        vague = away and side_of(match) is Laterality.BILATERAL and match.end - match.start < _COMPARED
        vague = vague or _is_told_of_another(report, words, row, match.start)
        vague = vague or _is_told_before(words, row, match)
        if free and not (midline and (of_another or vague)):
            found.add(side_of(match))
    return found


def _is_told_of_another(report: ParsedReport, words: Words, row: Row, at: int) -> bool:
    """Say whether a side behind a mention stands in a statement of its own: ", a phlegmon is seen on the right"."""
    between = [token.norm for token in words.tokens[row.name.end : at]]
    if "," not in between:
        return False
    own = between[between.index(",") :]
    return any(report.tools.lexicon.has("finite_verbs", norm) for norm in own)


def _is_told_before(words: Words, row: Row, match: Match) -> bool:
    """Say whether a side before a mention stands in another part of its sentence: "pain on the right, edema of L4"."""
    between = [token.norm for token in words.tokens[match.end : row.name.start]]
    told = any(mention.end <= match.start for mention in words.mentions)
    return match.start > _OPENING and "," in between and not told


def _is_pronoun(report: ParsedReport, words: Words, match: Match) -> bool:
    """Say whether "both" or its like stands for things, or joins them: "are both plausible", "neither tear nor"."""
    return report.tools.lexicon.has("pair_words", words.norms(match.start, match.end))


def _is_other(report: ParsedReport, row: Row, place: Place) -> bool:
    """Say whether a place is that of the other side than the exam's: "the opposite hip"."""
    if row.source not in (LinkSource.CLAUSE, LinkSource.SENTENCE):
        return False
    tokens, lexicon = report.words(row.number).tokens, report.tools.lexicon
    return any(lexicon.has("other_side", token.norm) for token in tokens[max(place.start - 2, 0) : place.end])


def _refers_back(report: ParsedReport, row: Row) -> bool:
    """Say whether the side is that of the sentence before: its place is, or "that side" says so."""
    if not report.stands_with(row.number - 1, row.number):
        return False
    norms = report.sentences[row.number].norms
    return row.source is LinkSource.BEFORE or report.tools.lexicon.finds("same_side", norms)


def _of_sentence(report: ParsedReport, number: int) -> Laterality | None:
    """Give the side of a sentence that names one only; "both" may count other things than sides."""
    sides = {side_of(m) for m in report.words(number).sides if not _is_pronoun(report, report.words(number), m)}
    return next(iter(sides)) if len(sides) == 1 else None


def _shortly_before(report: ParsedReport, row: Row, place: Place) -> Laterality | None:
    """Give the side that the sentences shortly before gave this bone, under the same heading."""
    headings = report.sentences[row.number].headings
    for number in range(row.number - 1, max(row.number - _SHORTLY, 0) - 1, -1):
        if not report.stands_with(number, row.number) or report.sentences[number].headings != headings:
            return None
        sides = {p.side for p in report.parse(number).places if p.side and _is_near(report, p, place)}
        if sides:
            return next(iter(sides)) if len(sides) == 1 else None
    return None


def _is_near(report: ParsedReport, one: Place, other: Place) -> bool:
    """Say whether two places are of one bone or one region, so that the side of one is that of the other."""
    rules = report.tools.rules
    return (
        rules.bone(one.site) == rules.bone(other.site) or rules.sites[one.site].region == rules.sites[other.site].region
    )
