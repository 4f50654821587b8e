"""Locations: where a finding beside the edema is, where its name, its kind or its heading says more than its link."""

from __future__ import annotations

from collections.abc import Sequence

from marrowtext.assertion import Claim
from marrowtext.companions import rule_of
from marrowtext.ellipses import Row
from marrowtext.entries import Meaning
from marrowtext.links import Link, LinkSource
from marrowtext.model import Assertion
from marrowtext.names import Name
from marrowtext.parsing import ParsedReport, Tools
from marrowtext.phrases import Words
from marrowtext.places import Place
from marrowtext.sentences import ParsedSentence
from marrowtext.tissues import structure_of

__all__ = ["Locator"]

# How many sentences back the bone may be named of which a sentence goes on to tell.
_TOLD = 2


class Locator:
    """Settles the places of findings beside the edema."""

    def __init__(self, tools: Tools) -> None:
        self._rules = tools.rules
        self._lexicon = tools.lexicon

    def choose(self, parsed: ParsedSentence, found: Sequence[Place], name: Name) -> list[Place]:
        """Leave places behind the next finding or edema to that, where there are nearer ones ("patellar dislocation
        with bruises of the condyle"), and the whole behind a name that says its part ("intertrochanteric fracture of
        the proximal femur").
        """
        others = (*parsed.words.associated, *parsed.words.mentions)
        behind = min((other.start for other in others if other.start >= name.end), default=len(parsed.words.tokens))
        # A site that is named again behind has been given what is said of it there.
        later = {zone for place in parsed.places if place.start >= behind for zone in place.zones}
        later -= {zone for place in parsed.places if place.start < behind for zone in place.zones}
        nearer = [
            place._replace(zones=tuple(zone for zone in place.zones if zone not in later))
            for place in found
            if place.start < behind
        ]
        chosen = nearer or found
        parts = {place.site for place in chosen if place.start < name.end}
        return [
            place
            for place in chosen
            if place.start < name.end
            or not any(part != place.site and self._rules.is_within(part, place.site) for part in parts)
        ]

    def settle(
        self,
        report: ParsedReport,
        number: int,
        claim: Claim,
        link: Link,
        found: Sequence[Place],
        name: Name,
        *,
        soft: bool,
    ) -> list[Place]:
        """Give the places of a name of sentence `number`, of those that were `found` for it. A `soft` one lies in soft
        tissue."""
        rule, words = rule_of(name.members[0]), report.words(number)
        places = list(found)
        if soft:
            # What is said behind another finding is where that one is: "TFCC tear and edema in the lunate".
            places = [place for place in places if not _is_of_another(words, place, name)]
        if rule.directed:
            places = [_undirected(place, name) for place in places]
        if rule.regional and self._is_at_large(report, number, claim, link):
            places = []
        if rule.continues and link.source is not LinkSource.CLAUSE and all(self._is_joint(place) for place in places):
            places = self._bones_before(report, number) or places
        return self._at_own_site(report, words, link, places, name)

    def _at_own_site(
        self, report: ParsedReport, words: Words, link: Link, found: list[Place], name: Name
    ) -> list[Place]:
        """Give a name that says its own site this one ("tibiotalar effusion"), but another that its own words give:
        "Freiberg infraction of the third metatarsal". In an exam of some regions it may mean another thing.
        """
        rule = rule_of(name.members[0])
        if rule.site is None or (rule.joint and found):
            return found
        if not rule.at.keys().isdisjoint(report.exam.regions):
            return []
        found = [place._replace(site=rule.site) if place.level_only else place for place in found]
        told = [place for place in found if self._rules.is_within(place.site, rule.site)]
        if link.source is LinkSource.CLAUSE:
            bones = (p for p in found if p not in told and not self._rules.sites[p.site].joint)
            told += [place for place in bones if self._is_beside(words, place, name)]
        sides = {place.side for place in found}
        side = sides.pop() if len(sides) == 1 else None
        span = (name.start, name.end)
        zones = (rule.zone,) if rule.zone else ()
        return told or [Place(rule.site, None, zones, side, *span, span, -1, ())]

    def _is_joint(self, place: Place) -> bool:
        return self._rules.sites[place.site].joint

    def _bones_before(self, report: ParsedReport, number: int) -> list[Place]:
        """Give the bone that the sentences right before tell of: "Osteonecrosis of the head. No collapse."."""
        headings = report.sentences[number].headings
        for earlier in range(number - 1, number - 1 - _TOLD, -1):
            if not report.stands_with(earlier, number) or report.sentences[earlier].headings != headings:
                return []
            told = [place for place in report.parse(earlier).places if not place.masked]
            bones = [place for place in told if not (place.level_only or self._is_joint(place))]
            if bones:
                return [place for place in bones if place.group == bones[0].group]
        return []

    def _is_beside(self, words: Words, place: Place, name: Name) -> bool:
        """Say whether a place stands right before a name, or right behind it as where it is."""
        if place.end == name.start:
            return True
        end = name.end + self._lexicon.at("places", words.tokens, name.end, place.start)
        small = (words.tokens[at].norm for at in range(end, place.start))
        return end > name.end and all(self._lexicon.has("determiners", norm) for norm in small)

    def _is_at_large(self, report: ParsedReport, number: int, claim: Claim, link: Link) -> bool:
        """Say whether a denial behind the first sentence under a level is of the whole region, not of the level."""
        if link.source is not LinkSource.HEADING or claim.assertion is not Assertion.ABSENT or claim.change is not None:
            return False
        later = number > 0 and report.sentences[number - 1].headings == report.sentences[number].headings
        return later and all(place.level_only for place in link.places)

    def place_in(self, row: Row, meaning: Meaning) -> Row:
        """Give a row the site of its structure, the patella of "patellar cartilage", but for a place told behind it."""
        site = structure_of(meaning.tissue.match).site if meaning.tissue else None
        if meaning.tissue is None or site is None:
            return row
        if row.place is not None:
            behind = row.source is LinkSource.CLAUSE and row.place.start >= meaning.tissue.match.end
            if behind or self._rules.is_within(row.place.site, site):
                return row
        side = row.place.side if row.place is not None else None
        span = (row.name.start, row.name.end)
        return row._replace(place=Place(site, None, (), side, *span, span, -1, ()), source=LinkSource.CLAUSE)


def _undirected(place: Place, name: Name) -> Place:
    """Give a place without the direction before it, where the name follows: "lateral patellar dislocation"."""
    return place._replace(zones=()) if place.start < place.noun[0] and place.end == name.start else place


def _is_of_another(words: Words, place: Place, name: Name) -> bool:
    """Say whether another finding stands between a name and a place behind it, or right behind that place."""
    others = (*words.associated, *words.mentions)
    return any(name.end <= other.start < place.start or name.end < place.end == other.start for other in others)
