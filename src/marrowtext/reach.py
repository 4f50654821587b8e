"""Reach: which of the places behind a name are places of the edema.

The walk goes word by word from the name to the end of its clause. A place counts when a word such as "in", a list, or
"extending into" leads to it; another mention, a finding with places of its own, or a verb ends the walk.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from marrowtext.engine import Match
from marrowtext.gaps import Gaps
from marrowtext.names import Name
from marrowtext.phrases import Lexicon, Words
from marrowtext.places import Place
from marrowtext.schema import StructureRule

__all__ = ["Reach"]

# How many words of no known kind may stand between "extending to" and the place.
_UNKNOWN = 2


class Reach:
    """One walk: `found` are the places, `extends` says that the first is one that the edema extends to."""

    def __init__(
        self,
        words: Words,
        places: Sequence[Place],
        name: Name,
        names: Sequence[Name],
        lexicon: Lexicon,
        *,
        listed: bool,
    ) -> None:
        self.found: list[Place] = []
        self.extends = False
        self._words = words
        self._name = name
        self._lexicon = lexicon
        self._gaps = Gaps(lexicon)
        # Whether a place may follow the name after a mere comma, not only behind a word such as "in".
        self._listed = listed
        self._starts = sorted({place.start for place in places})
        self._places = {place.start: [p for p in places if p.start == place.start] for place in places}
        self._names = {other.start: other.end for other in names if other.start >= name.end}
        self._findings = {m.start: m.end for m in (*words.associated, *words.causes)}
        self._structures = {m.start: m.end for m in words.structures if not _is_lesion(m)}
        self._spared = False
        self._unknown = 0
        # Whether a word has led to the next place; whether a thing stands between; whether a list goes on.
        self._located = self._loose = self._joined = False

    def walk(self, limit: int) -> tuple[list[Place], bool]:
        """Walk as far as token `limit`; give what was found, and whether it extends from elsewhere."""
        at: int | None = self._name.end
        while at is not None and at < limit:
            if at in self._places:
                at = self._take_place(at)
            elif at in self._names:
                at = self._pass_name(at)
            elif at in self._findings:
                at = self._pass_finding(at)
            elif at in self._structures:
                if self.found and self._joined:
                    break
                self._located, self._loose = False, True
                at = self._structures[at]
            else:
                # A word list takes no word of the next place: "and both" before "both plateaus".
                number = bisect_right(self._starts, at)
                following = self._starts[number] if number < len(self._starts) else limit
                at = self._pass_word(at, min(limit, following))
        return self.found, self.extends

    def _take_place(self, at: int) -> int | None:
        first = not self.found and not self._loose
        direct = first and self._listed and self._is_direct(at)
        if self._spared:
            self._spared = self._located = False
            self._loose = True
            return max(place.end for place in self._places[at])
        if not (self._located or direct):
            return None
        aside = any(token.norm == "," for token in self._words.tokens[self._name.end : at])
        if first and (aside or (direct and not self._located)) and self._is_subject(at):
            return None
        if not self._name.rule.neutral and self._is_free(at):
            return None
        self.found += self._places[at]
        self._located = self._loose = self._joined = False
        return max(place.end for place in self._places[at])

    def _is_free(self, at: int) -> bool:
        """Say whether what follows says that the edema is not at a place: ", the head itself is spared"."""
        end = max(place.end for place in self._places[at])
        return bool(self._lexicon.at("spared_after", self._words.tokens, end))

    def _is_direct(self, at: int) -> bool:
        start = self._name.end
        return self._gaps.is_covered(self._words, start, at) or self._gaps.is_list(self._words, start, at)

    def _pass_name(self, at: int) -> int | None:
        """Pass another name that shares what follows ("contusion and edema of the talus")."""
        shares = not self.found and self._gaps.is_pair(self._words, self._name.end, at)
        return self._names[at] if shares else None

    def _pass_finding(self, at: int) -> int | None:
        """Pass a finding that only says what the edema lies about, or that shares the place behind it."""
        if self.found:
            if not self._located or self._loose or self._joined:
                return None
            self._located, self._loose = False, True
            return self._findings[at]
        return self._findings[at] if self._gaps.is_pair_or_near(self._words, self._name.end, at) else None

    def _pass_word(self, at: int, limit: int) -> int | None:
        lexicon, tokens = self._lexicon, self._words.tokens
        if not self.found and not lexicon.begins(_LEADS, tokens[at].norm):
            return at + 1
        if lexicon.at("ellipses_absent", tokens, at) or lexicon.at("ellipses_resolved", tokens, at):
            return None
        length = lexicon.at("spared", tokens, at, limit)
        if length:
            self._spared = True
            return at + length
        if tokens[at].norm == "," and not self.found and not self._goes_on(at + 1, limit):
            return None
        if self.found and self._opens_verdict(at, limit):
            return None
        length = lexicon.at("extensions", tokens, at, limit)
        if length and not lexicon.at("places", tokens, at, limit):
            self.extends = self.extends or not self.found
            self._lead()
            return at + length
        length = lexicon.at("places", tokens, at, limit)
        if length:
            # A place that the found one is only near to is not the edema's.
            near = lexicon.at("near", tokens, at, limit) and tokens[at].norm not in ("at", "along")
            if self.found and near and not self._leads_to_surface(at + length):
                self._spared = True
                return at + length
            self._lead()
            behind = at + length
            refers = not self.found and behind < limit and lexicon.has("pronouns", tokens[behind].norm)
            self.extends = self.extends or refers
            return behind
        length = lexicon.at("joins", tokens, at, limit)
        if length:
            self._joined = True
            self._located, self._unknown = self._located or bool(self.found), 0
            return at + length
        told = at > 0 and lexicon.has("pronouns", tokens[at - 1].norm)
        told = told or bool(lexicon.at("extensions", tokens, at + 1))
        if self.found and lexicon.has("verbs", tokens[at].norm) and not told:
            resumed = self._find_resumption(at, limit)
            if resumed is None:
                self._leave_subject(at)
            return resumed
        if self.found and not self._gaps.is_light(self._words, at):
            self._unknown += 1
            self._located = self._located and self._unknown <= _UNKNOWN
        return at + 1

    def _leads_to_surface(self, at: int) -> bool:
        """Say whether a part of a bone follows: "over the anterior surface of the condyle"."""
        place = min((p for start in self._places if start >= at for p in self._places[start]), key=_start, default=None)
        if place is None or any(self._words.tokens[p].norm == "," for p in range(at, place.start)):
            return False
        return any(self._lexicon.has("parts", self._words.tokens[p].norm) for p in range(at, place.noun[0]))

    def _find_resumption(self, at: int, limit: int) -> int | None:
        """Find where the edema goes on to be told of: "edema of the head has progressed and is now extending …"."""
        tokens = self._words.tokens
        for here in range(at, limit):
            length = self._lexicon.at("same_subject", tokens, here, limit)
            if length:
                self._lead()
                return here + length
        return None

    def _opens_verdict(self, at: int, limit: int) -> bool:
        """Say whether what follows says what the edema is, not where: "likely sacroiliitis"."""
        tokens = self._words.tokens
        if not tokens[at].norm.isalpha() or self._lexicon.at("places", tokens, at, limit):
            return False
        if self._lexicon.at("pairs", tokens, at, limit):
            return False
        return bool(self._lexicon.at("hedges", tokens, at, limit) or self._lexicon.at("equals", tokens, at, limit))

    def _lead(self) -> None:
        self._located, self._loose, self._unknown = True, False, 0

    def _is_subject(self, at: int) -> bool:
        """Say whether a verb behind a place makes it a subject of its own."""
        end = max(place.end for place in self._places[at])
        tokens = self._words.tokens
        return end < len(tokens) and self._lexicon.has("finite_verbs", tokens[end].norm)

    def _goes_on(self, at: int, limit: int) -> bool:
        """Say whether what stands behind a comma can still lead to a place of the name."""
        while at < limit and at not in self._places and self._gaps.is_light(self._words, at):
            at += 1
        tokens = self._words.tokens
        if at >= limit or at in self._places or at in self._names or at in self._findings:
            return True
        lists = ("places", "extensions", "equals", "hedges", "fillers", "joins", "spared")
        return any(self._lexicon.at(name, tokens, at, limit) for name in lists)

    def _leave_subject(self, verb: int) -> None:
        """Drop the last place of a list where a verb makes it a subject of its own."""
        last = self.found[-1]
        before = self._words.tokens[last.start - 1].norm if last.start else ""
        if last.end == verb and before == ",":
            self.found = [place for place in self.found if place.start != last.start] or self.found


# The word lists that say how the walk goes on where no place is found yet; a comma is a join.
_LEADS = ("ellipses_absent", "ellipses_resolved", "spared", "extensions", "places", "joins")


def _start(place: Place) -> int:
    return place.start


def _is_lesion(match: Match) -> bool:
    return isinstance(match.rule, StructureRule) and bool(match.rule.concepts)
