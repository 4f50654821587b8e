"""Gaps: what the words between a name, a place and a finding are."""

from __future__ import annotations

from marrowtext.phrases import Lexicon, Words

__all__ = ["Gaps"]


class Gaps:
    """Answers whether the words between two things bind them."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    def is_covered(self, words: Words, start: int, end: int) -> bool:
        """Say whether only adjectives, directions and sides stand between."""
        at = start
        while at < end:
            matches = (*words.attributes, *words.zones, *words.sides) if at in words.modifiers else ()
            length = (
                max([m.end - at for m in matches if m.start == at and m.end <= end], default=0)
                or self._lexicon.at("parts", words.tokens, at, end)
                or (words.tokens[at].norm in ("-", "'s"))
            )
            if not length:
                return False
            at += int(length)
        return True

    def is_light(self, words: Words, at: int) -> bool:
        """Say whether a token is an article, a part word or an adjective."""
        norm = words.tokens[at].norm
        return at in words.modifiers or self._lexicon.has("determiners", norm) or self._lexicon.has("parts", norm)

    def is_list(self, words: Words, start: int, end: int) -> bool:
        """Say whether only commas, brackets and small words stand between: telegraphic "BME, femoral head"."""
        at = start
        while at < end:
            norm = words.tokens[at].norm
            length = self._lexicon.at("fillers", words.tokens, at, end)
            if not length and (norm in (",", "(", ":", "-", "=", "+") or self.is_light(words, at)):
                length = 1
            if not length:
                return False
            at += length
        return True

    def is_pair(self, words: Words, start: int, end: int) -> bool:
        """Say whether two names share what follows: "contusion and edema of the talus"."""
        at = start
        while at < end:
            length = (
                self._lexicon.at("pairs", words.tokens, at, end)
                or self._lexicon.at("alternatives", words.tokens, at, end)
                or self._lexicon.at("equals", words.tokens, at, end)
                or self._lexicon.at("hedges", words.tokens, at, end)
                or self._lexicon.at("fillers", words.tokens, at, end)
                or (1 if self.is_light(words, at) or words.tokens[at].norm in (",", ")", "no") else 0)
            )
            length = length or next(
                (m.end - at for m in (*words.associated, *words.causes) if m.start == at and m.end <= end), 0
            )
            if not length:
                return False
            at += length
        return True

    def is_pair_or_near(self, words: Words, start: int, end: int) -> bool:
        """Say the same, or that the first is only placed by the second: "edema about the fracture of"."""
        if self.is_pair(words, start, end):
            return True
        at = start
        while at < end:
            length = self._lexicon.at("places", words.tokens, at, end) or int(self.is_light(words, at))
            if not length:
                return False
            at += length
        return True
