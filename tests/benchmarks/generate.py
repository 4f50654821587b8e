"""Varied synthetic reports for the benchmarks: seeded, about 200 words each, in the layouts that hospitals export.

A third is silent on marrow, a third denies edema, a third asserts it. Each sentence is put together from parts, so that
most sentences of a run are distinct in their words.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

__all__ = ["make_reports"]

_REGIONS = {
    "HIP": ("femoral head", "femoral neck", "acetabulum", "greater trochanter", "ilium", "superior pubic ramus"),
    "KNEE": ("medial femoral condyle", "lateral tibial plateau", "patella", "fibular head", "femoral trochlea"),
    "ANKLE": ("talar dome", "calcaneus", "navicular", "medial malleolus", "cuboid", "distal fibula"),
    "SHOULDER": ("humeral head", "glenoid", "greater tuberosity", "acromion", "distal clavicle"),
    "WRIST": ("scaphoid", "lunate", "capitate", "distal radius", "triquetrum", "ulnar styloid"),
}
_SOFT = ("tendon", "ligament", "capsule", "retinaculum", "bursa", "muscle belly", "fat pad", "neurovascular bundle")
_SIZES = ("small", "moderate", "mild", "trace", "large", "minimal", "subtle", "marked")
_SIDES = ("right", "left")
_PLACES = ("anterior", "posterior", "medial", "lateral", "superior", "inferior", "proximal", "distal")
_VERBS = ("is seen", "is noted", "is present", "is identified", "is demonstrated", "is again seen")
_DOUBTS = ("Likely", "Possible", "Probable")
_LAYOUTS = ("headed", "prose", "list", "notes")


def make_reports(count: int, words: int = 200, seed: int = 20) -> Iterator[str]:
    """Yield `count` reports of about `words` words; the same seed gives the same reports."""
    chance = random.Random(seed)
    for number in range(count):
        region = chance.choice(list(_REGIONS))
        side = chance.choice(_SIDES)
        marrow = {0: [], 1: _denials(chance, region), 2: _edema(chance, region, side)}[number % 3]
        sentences = list(marrow)
        while sum(len(sentence.split()) for sentence in sentences) < words - 30:
            sentences.append(_other(chance))
        chance.shuffle(sentences)
        yield _lay_out(chance, region, side, sentences)


def _edema(chance: random.Random, region: str, side: str) -> list[str]:
    first, second = chance.sample(_REGIONS[region], 2)
    size, place = chance.choice(_SIZES), chance.choice(_PLACES)
    return [
        f"{size.capitalize()} bone marrow edema {chance.choice(_VERBS)} in the {place} {side} {first}.",
        f"The {second} shows no marrow edema, with {chance.choice(_SIZES)} {chance.randint(2, 9)} mm cyst.",
        f"{chance.choice(_DOUBTS)} contusion of the {second} measuring {chance.randint(4, 30)} mm.",
    ]


def _denials(chance: random.Random, region: str) -> list[str]:
    return [
        f"No fracture or marrow edema of the {chance.choice(_REGIONS[region])} {chance.choice(_VERBS)}.",
        chance.choice(("Marrow signal is otherwise normal.", "No suspicious marrow signal abnormality.")),
    ]


def _other(chance: random.Random) -> str:
    soft, other = chance.sample(_SOFT, 2)
    size, place, number = chance.choice(_SIZES), chance.choice(_PLACES), chance.randint(2, 40)
    return chance.choice(
        (
            f"The {place} {soft} is intact with {size} thickening over {number} mm.",
            f"{size.capitalize()} fluid {chance.choice(_VERBS)} about the {place} {soft}.",
            f"There is a {number} mm {size} tear of the {place} {soft}, without retraction of the {other}.",
            f"No discrete tear of the {soft} or {place} {other}, series {number}.",
            f"{place.capitalize()} cartilage is preserved; the {other} measures {number} mm.",
            f"{size.capitalize()} degenerative change of the {place} {soft}, stable since {number} months.",
        )
    )


def _lay_out(chance: random.Random, region: str, side: str, sentences: list[str]) -> str:
    title = f"MRI {side.upper()} {region} WITHOUT CONTRAST"
    age = chance.randint(18, 90)
    history = f"{age} year old with {chance.choice(('pain', 'swelling', 'a fall', 'locking'))} for {age % 11 + 1} weeks"
    cut = max(len(sentences) - 2, 1)
    match chance.choice(_LAYOUTS):
        case "headed":
            body = " ".join(sentences[:cut])
            end = "\n".join(f"{n}. {sentence}" for n, sentence in enumerate(sentences[cut:], start=1))
            return f"EXAM: {title}\n\nHISTORY: {history}.\n\nFINDINGS:\n{body}\n\nIMPRESSION:\n{end}"
        case "prose":
            half = len(sentences) // 2
            return f"{title}\n{history}.\n\n{' '.join(sentences[:half])}\n\n{' '.join(sentences[half:])}"
        case "list":
            lines = "\n".join(f"- {sentence}" for sentence in sentences)
            return f"{title}\nINDICATION: {history}\nFINDINGS:\n{lines}"
        case _:
            return f"{title.lower()}\n{history}\n" + "\n".join(sentence.rstrip(".").lower() for sentence in sentences)
