"""Names: the mentions of a sentence, with two names for one thing made one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from marrowtext.engine import Match
from marrowtext.model import Assertion, Concept
from marrowtext.phrases import Lexicon, Words
from marrowtext.places import Place
from marrowtext.schema import NameRule, StructureRule

__all__ = ["Name", "join_names"]

_MOST_EXPLICIT = tuple(Concept)
# How far before a name in brackets, in tokens, the place ends that they stand behind: "at L5-S1 level (Modic 1)".
_NEAR = 2
# How far behind a name, in tokens, what it is said to be may stand.
_FAR = 20
# How far behind its denial, in tokens, a denied finding stands.
_NEAR_DENIAL = 4
# How many adjectives of no known kind may stand before what a signal is said to be: "may be a contre coup bruise".
_UNKNOWN = 2
_BREAKS = ("verbs", "places", "joins", "denials")


class Name(NamedTuple):
    """A mention at tokens `start` to `end`, its most explicit name, and whether it is one of two alternatives.

    An `elided` one says marrow further before: "marrow and obturator externus edema".
    """

    start: int
    end: int
    rule: NameRule
    members: tuple[Match, ...]
    alternative: bool = False
    elided: bool = False

    @property
    def bare(self) -> bool:
        """Say whether none of its names says bone or marrow."""
        return not self.elided and all(_rule(match).bare for match in self.members)

    @property
    def head(self) -> tuple[int, int]:
        """Give the span of the most explicit name."""
        match = next(match for match in self.members if match.rule is self.rule)
        return match.start, match.end


def join_names(words: Words, places: Sequence[Place], lexicon: Lexicon) -> list[Name]:
    """Give the mentions of the sentence; "STIR signal, consistent with edema" is one, with the most explicit name."""
    names: list[Name] = []
    for match in words.mentions:
        rule = _rule(match)
        elided = _elided_start(words, lexicon, match)
        if elided is not None:
            names = [name for name in names if name.end <= elided]
            names.append(Name(elided, match.end, rule, (match,), elided=True))
            continue
        if names:
            before = names[-1]
            if (
                _is_substance(words, lexicon, before, match)
                or _is_retold(words, places, before, match)
                or _is_apposed(words, places, lexicon, before, match)
            ):
                names[-1] = _merge(before, match)
                continue
            if _are_alternatives(words, lexicon, before, match):
                names[-1] = Name(before.start, before.end, before.rule, before.members, alternative=True)
                names.append(Name(match.start, match.end, rule, (match,), alternative=True))
                continue
        names.append(Name(match.start, match.end, rule, (match,)))
    return names


def _rule(match: Match) -> NameRule:
    assert isinstance(match.rule, NameRule)
    return match.rule


def _merge(name: Name, match: Match) -> Name:
    rule = min(name.rule, _rule(match), key=_rank)
    return Name(name.start, match.end, rule, (*name.members, match), name.alternative)


def _rank(rule: NameRule) -> tuple[int, bool, bool, bool]:
    return _MOST_EXPLICIT.index(rule.concept), rule.neutral, rule.assertion is not Assertion.PRESENT, rule.bare


def _is_apposed(words: Words, places: Sequence[Place], lexicon: Lexicon, name: Name, match: Match) -> bool:
    rule = _rule(match)
    if rule.anaphor or name.rule.anaphor:
        return False
    if name.end == match.start:
        return True
    if _is_denied(words, lexicon, 0, name.start) and any(
        token.norm == "," for token in words.tokens[name.end : match.start]
    ):
        return False
    only_signal = name.rule.concept is Concept.SIGNAL and rule.concept is not Concept.SIGNAL
    if _is_verdict(words, places, lexicon, name.end, match.start, only_signal=only_signal):
        return True
    if only_signal and _is_alternative_of(words, places, lexicon, name.end, match):
        return True
    if only_signal and _is_suspected(words, places, lexicon, name.end, match):
        return True
    if name.rule.neutral and (rule.neutral or rule.assertion is Assertion.ABSENT):
        return _is_told_twice(words, lexicon, name.end, match.start)
    if rule.concept is Concept.SIGNAL and not lexicon.has("equals", words.tokens[name.end].norm):
        return _are_weightings(words, places, lexicon, name.end, match.start)
    linked = False
    at = name.end
    while at < match.start:
        length, links = _step(words, places, lexicon, at, match, only_signal=only_signal)
        if not length:
            return False
        linked = linked or links
        at += length
    return linked and at == match.start


def _step(
    words: Words, places: Sequence[Place], lexicon: Lexicon, at: int, match: Match, *, only_signal: bool
) -> tuple[int, bool]:
    """Give how far one step from a name towards the next one goes, and whether it makes them two names of one thing."""
    tokens, end = words.tokens, match.start
    length = lexicon.at("equals", tokens, at, end)
    if length:
        return length, True
    if tokens[at].norm == "," and lexicon.at("equals", tokens, at + 1, end):
        return 1, False
    # "Bright on STIR, a marrow edema pattern.": an apposition that ends the clause.
    if only_signal and words.norms(at, at + 2) in (", a", ", an") and _ends_clause(words, match.end):
        return 2, True
    # "with extension to" leads on to a place; "with" alone may hedge.
    length = lexicon.at("extensions", tokens, at, end) if only_signal else 0
    if length > 1:
        return length, False
    length = lexicon.at("hedges", tokens, at, end) if only_signal else 0
    if length:
        return length, tokens[at].norm not in (",", "-")
    length = lexicon.at("fillers", tokens, at, end) if tokens[at].norm != "and" or only_signal else 0
    length = length or _covered(words, places, at, end)
    if only_signal and not length:
        length = int(lexicon.has("pronouns", tokens[at].norm))
        length = (
            length
            or next((m.end - at for m in words.lookalikes if m.start == at and m.end <= end), 0)
            or next(
                (
                    n
                    for name in ("extensions", "places", "joins", "parts", "told_as")
                    if (n := lexicon.at(name, tokens, at, end))
                ),
                0,
            )
        )
    return length, False


def _is_verdict(
    words: Words, places: Sequence[Place], lexicon: Lexicon, start: int, end: int, *, only_signal: bool
) -> bool:
    """Say whether what a name is said to be follows at some distance: "edema, 6 cm long, consistent with stress
    reaction"; of signal also with a doubt: "bright signal is seen in the talus, 9 mm, suggestive of edema".
    """
    adjectives = {p for m in (*words.attributes, *words.grades) for p in range(m.start, m.end)}
    tokens, at = words.tokens, end
    adjectives |= {p for p in range(start, end) if tokens[p].norm.isdigit() and p - 1 in adjectives}
    unknown = _UNKNOWN if only_signal else 0
    while at > start and not (lexicon.before("hedges", tokens, at) or lexicon.before("equals", tokens, at)):
        known = at - 1 in adjectives or lexicon.has("determiners", tokens[at - 1].norm)
        if not known and lexicon.before("fillers", tokens, at) != 1:
            word = tokens[at - 1].norm
            if not unknown or not word.isalpha() or any(lexicon.has(name, word) for name in _BREAKS):
                break
            unknown -= 1
        at -= 1
    length = lexicon.before("equals", tokens, at)
    if only_signal and not length:
        length = lexicon.before("hedges", tokens, at)
        length = 0 if tokens[at - 1].norm in (",", "-", "with", "from") else length
    between = range(start, at - length)
    word = tokens[at - 1].norm
    if not length or not (word[:1].isalpha() or (only_signal and word == "?")) or len(between) > _FAR:
        return False
    if only_signal:
        # What leads to the place is no statement of its own: "is seen in the talus".
        comma = next((p for p in between if tokens[p].norm == ","), at)
        between = range(comma, at - length)
    others = [*words.associated, *words.causes, *words.structures, *words.mentions]
    # "Red marrow versus edema": signal may be told to be one or the other.
    others += [] if only_signal else words.lookalikes
    others = [m for m in others if not _is_denied(words, lexicon, start, m.start)]
    others = [m for m in others if not (only_signal and _is_landmark(words, lexicon, m.start))]
    others = [m for m in others if not (only_signal and isinstance(m.rule, StructureRule) and m.rule.concepts)]
    inside = {p for p in between if _is_in_places(places, p) or lexicon.at("places", tokens, p)}
    return not any(start <= match.start < at for match in others) and not any(
        (tokens[p].norm in (";", ".", "and", "but") or lexicon.has("verbs", tokens[p].norm)) and p not in inside
        for p in between
    )


def _is_landmark(words: Words, lexicon: Lexicon, at: int) -> bool:
    """Say whether a thing only tells where a place is: "the fibular head close to the arcuate attachment"."""
    while at > 0 and lexicon.has("determiners", words.tokens[at - 1].norm):
        at -= 1
    return bool(lexicon.before("near", words.tokens, at) or lexicon.before("landmarks", words.tokens, at))


def _is_denied(words: Words, lexicon: Lexicon, start: int, at: int) -> bool:
    """Say whether a denial stands shortly before a token: "without any fracture line"."""
    return any(lexicon.has("denials", words.tokens[p].norm) for p in range(max(start, at - _NEAR_DENIAL), at))


def _is_in_places(places: Sequence[Place], at: int) -> bool:
    """Say whether a token stands in a place, or between two of one list."""
    before = {place.group for place in places if place.start <= at}
    return any(place.end > at and place.group in before for place in places)


def _elided_start(words: Words, lexicon: Lexicon, match: Match) -> int | None:
    """Give the token of "marrow" where bare edema is told of marrow and a soft tissue at once."""
    if not _rule(match).bare or _rule(match).concept is Concept.SIGNAL:
        return None
    tissue = {p for m in (*words.structures, *words.sites, *words.zones) for p in range(m.start, m.end)}
    at, found = match.start, False
    while at > 0 and (at - 1 in tissue or lexicon.has("tissues", words.tokens[at - 1].norm)):
        found = found or at - 1 in tissue or words.tokens[at - 1].norm not in ("and", ",", "&")
        at -= 1
        length = lexicon.before("elisions", words.tokens, at)
        if length and found:
            return at - length
    return None


def _is_substance(words: Words, lexicon: Lexicon, name: Name, match: Match) -> bool:
    """Say whether marrow is only named as what the signal is in: "high signal in the posterior marrow of the shaft"."""
    if name.rule.concept is not Concept.SIGNAL or not _rule(match).neutral or name.rule.neutral:
        return False
    tokens, at = words.tokens, name.end
    if not lexicon.at("places", tokens, at, match.start):
        return False
    at += lexicon.at("places", tokens, at, match.start)
    return all(p in words.modifiers or lexicon.has("determiners", tokens[p].norm) for p in range(at, match.start))


def _is_alternative_of(words: Words, places: Sequence[Place], lexicon: Lexicon, start: int, match: Match) -> bool:
    """Say whether edema is told as one of the things that a signal may be, or is, with an adjective: "a bright focus of
    the ischium, marrow edema versus red marrow", "a focus of bright, enhancing edema".
    """
    tokens = words.tokens
    if tokens[match.start - 1].norm == "," and lexicon.at("alternatives", tokens, match.end):
        inside = {p for place in places for p in range(place.start, place.end)}
        return all(
            p in inside
            or tokens[p].norm == ","
            or lexicon.at("places", tokens, p)
            or lexicon.has("parts", tokens[p].norm)
            or lexicon.has("determiners", tokens[p].norm)
            for p in range(start, match.start)
        )
    between = [token.norm for token in tokens[start : match.start]]
    return bool(between) and all(lexicon.has("signal_adjectives", norm) for norm in between)


def _is_suspected(words: Words, places: Sequence[Place], lexicon: Lexicon, start: int, match: Match) -> bool:
    """Say whether edema is told as what a signal might be: "bright signal anteriorly, early edema is not excluded"."""
    if not lexicon.at("suspected_behind", words.tokens, match.end):
        return False
    at, comma = start, False
    while at < match.start:
        comma = comma or words.tokens[at].norm == ","
        length = int(words.tokens[at].norm == ",") or _covered(words, places, at, match.start)
        length = length or max(lexicon.at(name, words.tokens, at, match.start) for name in ("fillers", "places"))
        if not length:
            return False
        at += length
    return comma


def _is_told_twice(words: Words, lexicon: Lexicon, start: int, end: int) -> bool:
    """Say whether two neutral names tell of one thing: "the marrow of the acetabulum is normal in signal"."""
    between = [token.norm for token in words.tokens[start:end]]
    others = (*words.associated, *words.causes, *words.structures)
    return (
        any(lexicon.has("verbs", norm) for norm in between)
        and not any(norm in (",", ";", ".", "but", ":") for norm in between)
        and not any(
            norm == "and" and not lexicon.has("descriptors", words.tokens[at + 1].norm)
            for at, norm in enumerate(between, start)
        )
        and not any(start <= match.start < end for match in others)
    )


def _is_retold(words: Words, places: Sequence[Place], name: Name, match: Match) -> bool:
    """Say whether brackets behind a place name its mention again: "bruises of both condyles (contusions)"."""
    opened = words.norms(match.start - 1, match.start) == "(" and words.norms(match.end, match.end + 1) == ")"
    told = any(name.end <= place.start and match.start - _NEAR <= place.end < match.start for place in places)
    return opened and told


def _ends_clause(words: Words, at: int) -> bool:
    return at >= len(words.tokens) or words.tokens[at].norm in (".", ";")


def _are_weightings(words: Words, places: Sequence[Place], lexicon: Lexicon, start: int, end: int) -> bool:
    """Say whether two signal names tell of one thing: "altered signal, dark on T1 and bright on STIR"."""
    skipped = {p for m in words.lookalikes for p in range(m.start, m.end)}
    linked = bool(skipped & set(range(start, end))) or words.norms(start, end) == ","
    at = start
    while at < end:
        told = lexicon.at("told_as", words.tokens, at, end)
        if told:
            linked = True
            at += told
            continue
        length = int(at in skipped or words.tokens[at].norm in (",", "and", "with", "/", "which", "that", "is"))
        length = length or lexicon.at("fillers", words.tokens, at, end)
        length = (
            length
            or lexicon.at("joins", words.tokens, at, end)
            or _covered(words, places, at, end)
            or lexicon.at("places", words.tokens, at, end)
            or lexicon.at("extensions", words.tokens, at, end)
        )
        if not length:
            return False
        at += length
    return linked


def _covered(words: Words, places: Sequence[Place], at: int, limit: int) -> int:
    """Give the length of an attribute, a direction or a place that begins at a token."""
    ends = [place.end for place in places if place.start <= at < place.end and place.end <= limit]
    if at in words.adjectives:
        ends += [m.end for m in (*words.attributes, *words.zones) if m.start == at and m.end <= limit]
    return max(ends, default=at) - at


def _are_alternatives(words: Words, lexicon: Lexicon, name: Name, match: Match) -> bool:
    rule = _rule(match)
    if Concept.SIGNAL in (rule.concept, name.rule.concept) or rule.concept is name.rule.concept:
        return False
    tokens = words.tokens
    at, linked = name.end, False
    while at < match.start:
        length = lexicon.at("alternatives", tokens, at, match.start)
        linked = linked or bool(length)
        length = (
            length
            or lexicon.at("fillers", tokens, at, match.start)
            or lexicon.at("determiners", tokens, at, match.start)
            or _covered(words, (), at, match.start)
        )
        if not length:
            return False
        at += length
    return linked
