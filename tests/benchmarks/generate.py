"""Varied synthetic reports for the benchmarks: seeded, about 200 words each, in the layouts that hospitals export.

A third is silent on marrow, a third denies edema, a third asserts it. Sentences are put together from many frames and
word lists, so that most sentences of a run are distinct in their words. Half of the denials are stock phrases, as
radiologists dictate the same few all day; nothing else is repeated on purpose.
"""

from __future__ import annotations

import random
import textwrap
from collections.abc import Iterator

__all__ = ["make_findings", "make_reports"]

_REGIONS = {
    "HIP": (
        "femoral head", "femoral neck", "acetabular roof", "anterior acetabulum", "greater trochanter", "iliac wing",
        "superior pubic ramus", "inferior pubic ramus", "ischial tuberosity", "lesser trochanter", "pubic body",
        "intertrochanteric region", "proximal femoral shaft",
    ),
    "KNEE": (
        "medial femoral condyle", "lateral femoral condyle", "medial tibial plateau", "lateral tibial plateau",
        "patella", "patellar apex", "fibular head", "femoral trochlea", "tibial tuberosity", "tibial spines",
        "proximal tibial metaphysis", "distal femoral metaphysis",
    ),
    "ANKLE": (
        "talar dome", "talar neck", "talar body", "calcaneus", "calcaneal tuberosity", "navicular", "cuboid",
        "medial malleolus", "lateral malleolus", "distal tibia", "distal fibula", "sustentaculum tali",
        "anterior process of the calcaneus", "medial cuneiform", "base of the fifth metatarsal",
    ),
    "SHOULDER": (
        "humeral head", "greater tuberosity", "lesser tuberosity", "glenoid", "anteroinferior glenoid", "acromion",
        "distal clavicle", "coracoid process", "scapular body", "proximal humeral shaft",
    ),
    "WRIST": (
        "scaphoid", "scaphoid waist", "lunate", "capitate", "triquetrum", "hamate", "hook of the hamate", "trapezium",
        "distal radius", "ulnar styloid", "base of the first metacarpal", "pisiform",
    ),
    "ELBOW": ("radial head", "radial neck", "capitellum", "olecranon", "coronoid process", "medial epicondyle",
              "lateral epicondyle", "proximal ulna", "distal humerus"),
    "SPINE": ("L1 vertebral body", "L2 vertebral body", "L3 superior endplate", "L4 inferior endplate",
              "L5 vertebral body", "T11 vertebral body", "T12 superior endplate", "left sacral ala", "right L5 pedicle",
              "S1 superior endplate", "L4 spinous process"),
}  # fmt: skip
_EDEMA = (
    "bone marrow edema", "marrow edema", "bone marrow oedema", "marrow oedema", "edema-like marrow signal",
    "bone edema", "BME", "subchondral marrow edema", "bone bruise", "bone contusion", "osseous contusion",
    "STIR hyperintensity in the marrow", "marrow edema signal", "increased T2 marrow signal",
)  # fmt: skip
_DEGREES = (
    "mild", "moderate", "marked", "subtle", "faint", "extensive", "patchy", "diffuse", "focal", "ill-defined", "severe",
    "minimal", "small area of", "thin band of", "confluent", "linear", "trace", "intense", "persistent", "new",
)  # fmt: skip
_WHERE = (
    "in the", "within the", "of the", "involving the", "centered in the", "at the", "throughout the", "along the",
)  # fmt: skip
_ZONES = (
    "anterior", "posterior", "medial", "lateral", "superior", "inferior", "proximal", "distal", "anterolateral",
    "posteromedial", "central", "peripheral", "weight-bearing", "dorsal", "volar",
)  # fmt: skip
_CAUSES = (
    "likely related to recent trauma", "in keeping with a stress reaction", "probably degenerative",
    "suggestive of an insufficiency fracture", "adjacent to a nondisplaced fracture", "reactive to the chondral defect",
    "compatible with osteonecrosis", "worrisome for osteomyelitis", "of uncertain cause", "likely reactive",
    "consistent with a bone bruise", "due to altered biomechanics", "possibly postoperative", "without a fracture line",
    "with an associated subchondral fracture", "favored to represent transient osteoporosis",
)  # fmt: skip
_TRENDS = (
    "unchanged since {month}", "decreased from the prior exam", "slightly increased", "new since the previous study",
    "now nearly resolved", "measuring {size} mm", "measuring {size} x {other} mm", "spanning {size} mm",
    "extending {size} mm from the articular surface", "over a length of {size} mm", "with mild surrounding fluid",
)  # fmt: skip
_VERBS = (
    "is seen", "is noted", "is present", "is identified", "is demonstrated", "is again seen", "is evident",
    "is visible", "persists", "is appreciated", "was found", "is observed",
)  # fmt: skip
_POSITIVE = (
    "{Degree} {edema} {verb} {where} {zone} {site}.",
    "There is {degree} {edema} {where} {side} {site}, {cause}.",
    "The {zone} {site} shows {degree} {edema}, {trend}.",
    "{Degree} {edema} {where} {site} and {second}, {cause}.",
    "{Degree} {edema} {where} {zone} aspect of the {side} {site}, {trend}, {cause}.",
    "Within the {site} there is {degree} {edema} extending into the {second}.",
    "{Edema} {where} {site} {verb}, {trend}.",
    "{Degree} {edema} {where} {site}, greater than that {where} {second}.",
    "Fracture of the {site} with {degree} surrounding {edema}, {trend}.",
    "The {side} {site} demonstrates {edema} {trend}; the {second} is spared.",
    "Findings suggest {degree} {edema} {where} {zone} {site}, {cause}.",
    "Possible {degree} {edema} {where} {site}, {trend}.",
    "High STIR signal {where} {zone} {site} represents {degree} {edema}.",
    "{Edema} {where} {site} has decreased, while {degree} {edema} {verb} {where} {second}.",
    "{Site}: {degree} {edema}, {cause}.",
    "{Degree} subchondral cystic change and {edema} {where} {site}.",
)  # fmt: skip
_NEGATIVE = (
    "No {edema} {where} {site} or {second}.",
    "No fracture, {lesion} or {edema} of the {site}.",
    "The {site} and {second} show no {edema}.",
    "There is no evidence of {edema} {where} {zone} {site}.",
    "Marrow signal of the {site} and {second} is {normal}.",
    "Previously seen {edema} {where} {site} has resolved.",
    "No {degree} {edema} to suggest {lesion} of the {site}.",
    "{Normal} marrow signal {where} {zone} {site} without {lesion}.",
    "Neither {lesion} nor {edema} {verb} {where} {site}.",
    "{Site} without {edema} or {lesion}.",
)  # fmt: skip
_STOCK = (
    "No bone marrow edema.", "No marrow edema.", "Marrow signal is normal.", "No fracture or bone marrow edema.",
    "Bone marrow signal is within normal limits.", "No acute fracture, contusion or marrow edema.",
    "Normal bone marrow signal.", "No abnormal marrow signal.", "There is no evidence of bone marrow edema.",
    "No suspicious marrow signal abnormality.", "No fracture, dislocation or marrow edema.",
    "The bone marrow signal is preserved.", "No bone contusion.", "No stress fracture or stress reaction.",
    "Marrow signal is otherwise unremarkable.", "No osseous edema is seen.",
)  # fmt: skip
_NORMAL = ("normal", "unremarkable", "within normal limits", "preserved", "maintained")
_LESIONS = ("contusion", "stress fracture", "erosion", "osteonecrosis", "stress reaction", "infiltration", "fracture")
_SOFT = (
    "tendon", "ligament", "capsule", "retinaculum", "bursa", "muscle belly", "fat pad", "neurovascular bundle",
    "fascia", "labrum", "meniscus", "plica", "joint recess", "collateral ligament", "cruciate ligament",
    "rotator interval", "syndesmosis", "plantar plate", "pulley", "aponeurosis", "myotendinous junction", "sheath",
    "disc", "facet joint",
)  # fmt: skip
_FINDS = (
    "tear", "sprain", "thickening", "fraying", "fluid collection", "ganglion", "scarring", "laxity", "calcification",
    "effusion", "synovitis", "tendinosis", "delamination", "fissure", "bulge", "osteophyte", "loose body", "atrophy",
)  # fmt: skip
_OTHER = (
    "The {zone} {soft} is {state} with {degree} {find} over {size} mm.",
    "{Degree} {find} {verb} about the {zone} {soft}.",
    "There is a {size} mm {degree} {find} of the {zone} {soft}, without retraction of the {other_soft}.",
    "No discrete {find} of the {soft} or {zone} {other_soft} on series {size}.",
    "{Zone} cartilage is {state}; the {soft} measures {size} mm.",
    "{Degree} {find} of the {zone} {soft}, stable since {month}.",
    "The {soft}, {other_soft} and {third_soft} are {state}.",
    "{Find} of the {soft} {verb}, extending {size} mm toward the {zone} {other_soft}.",
    "A {size} x {other} mm {find} abuts the {zone} {soft}.",
    "{State} {soft} and {zone} {other_soft}, {verb_past} on image {size}.",
    "The {zone} {soft} appears {state}, although {degree} {find} cannot be excluded.",
    "Joint fluid is {state}, with {degree} {find} deep to the {soft}.",
    "{Soft} {find} {size} mm from its {zone} insertion.",
    "Prior {find} of the {other_soft} is {state} compared with {month}.",
)  # fmt: skip
_STATES = ("intact", "preserved", "normal in caliber", "attenuated", "thickened", "unremarkable", "continuous",
           "stable", "redundant", "partly obscured", "well seen", "slightly heterogeneous")  # fmt: skip
_MONTHS = ("January", "March", "April", "June", "last year", "2019", "August", "the outside study", "October", "2021")
_COMPLAINTS = ("pain", "swelling", "a fall", "locking", "a twisting injury", "instability", "a palpable lump",
               "stiffness after surgery", "worsening night pain", "reduced range of motion")  # fmt: skip
_LAYOUTS = ("headed", "labelled", "prose", "list", "notes", "wrapped", "capitals", "numbered")
_SIDES = ("left", "right")


def make_reports(count: int, words: int = 200, seed: int = 20) -> Iterator[str]:
    """Yield `count` reports of about `words` words; the same seed gives the same reports."""
    chance = random.Random(seed)
    for number in range(count):
        region, side = chance.choice(list(_REGIONS)), chance.choice(_SIDES)
        yield _lay_out(chance, region, side, _say(chance, region, side, number % 3, words))


def make_findings(length: int, seed: int) -> str:
    """Make the findings of one report as long as asked, in characters, with as many marrow sentences as others have."""
    chance = random.Random(seed)
    region, side = chance.choice(list(_REGIONS)), chance.choice(_SIDES)
    text, kind = f"MRI {side.upper()} {region}\nFINDINGS:\n", seed
    while len(text) < length:
        text, kind = f"{text}{' '.join(_say(chance, region, side, kind % 3, 200))}\n\n", kind + 1
    return text[:length]


def _say(chance: random.Random, region: str, side: str, kind: int, words: int) -> list[str]:
    """Give the sentences of one report: silent on marrow, denied or asserted edema."""
    if kind == 0:
        marrow: list[str] = []
    elif kind == 1:
        marrow = [_deny(chance, region, side) for _ in range(chance.choice((1, 1, 2)))]
    else:
        marrow = [_fill(chance, chance.choice(_POSITIVE), region, side) for _ in range(chance.choice((1, 2, 2, 3)))]
        marrow += [_deny(chance, region, side)] * chance.choice((0, 1))
    sentences = list(marrow)
    room = words - 30 - sum(len(sentence.split()) for sentence in sentences)
    while room > 0:
        sentences.append(_fill(chance, chance.choice(_OTHER), region, side))
        room -= len(sentences[-1].split())
    chance.shuffle(sentences)
    return sentences


def _deny(chance: random.Random, region: str, side: str) -> str:
    if chance.random() < 0.5:
        return chance.choice(_STOCK)
    return _fill(chance, chance.choice(_NEGATIVE), region, side)


def _fill(chance: random.Random, frame: str, region: str, side: str) -> str:
    site, second = chance.sample(_REGIONS[region], 2)
    soft, other_soft, third_soft = chance.sample(_SOFT, 3)
    size, other = chance.randint(2, 60), chance.randint(2, 40)
    month = chance.choice(_MONTHS)
    parts = {
        "site": site,
        "second": second,
        "side": side,
        "edema": chance.choice(_EDEMA),
        "degree": chance.choice(_DEGREES),
        "where": chance.choice(_WHERE),
        "zone": chance.choice(_ZONES),
        "cause": chance.choice(_CAUSES),
        "trend": chance.choice(_TRENDS).format(month=month, size=size, other=other),
        "verb": chance.choice(_VERBS),
        "verb_past": chance.choice(("seen", "shown", "best appreciated", "partly imaged")),
        "normal": chance.choice(_NORMAL),
        "lesion": chance.choice(_LESIONS),
        "soft": soft,
        "other_soft": other_soft,
        "third_soft": third_soft,
        "find": chance.choice(_FINDS),
        "state": chance.choice(_STATES),
        "size": size,
        "other": other,
        "month": month,
    }
    capitals = {name.capitalize(): str(part)[:1].upper() + str(part)[1:] for name, part in parts.items()}
    return frame.format(**parts, **capitals)


def _lay_out(chance: random.Random, region: str, side: str, sentences: list[str]) -> str:
    sided = "LUMBAR" if region == "SPINE" else side.upper()
    title = f"MRI {sided} {region} {chance.choice(('WITHOUT CONTRAST', 'WITH AND WITHOUT CONTRAST', '', '3T'))}".strip()
    age = chance.randint(18, 90)
    history = f"{age} year old with {chance.choice(_COMPLAINTS)} for {chance.randint(2, 40)} weeks"
    cut = max(len(sentences) - 2, 1)
    body, end = " ".join(sentences[:cut]), "\n".join(f"{n}. {s}" for n, s in enumerate(sentences[cut:], start=1))
    match chance.choice(_LAYOUTS):
        case "headed":
            return f"EXAM: {title}\n\nHISTORY: {history}.\n\nFINDINGS:\n{body}\n\nIMPRESSION:\n{end}"
        case "labelled":
            labels = ("BONES", "LIGAMENTS", "TENDONS", "CARTILAGE", "SOFT TISSUES", "JOINT")
            size = max(cut // len(labels), 1)
            groups = [" ".join(sentences[at : at + size]) for at in range(0, cut, size)]
            items = "\n".join(f"{labels[n % len(labels)]}: {group}" for n, group in enumerate(groups))
            return f"{title}\n\nCLINICAL INDICATION: {history}.\n\nFINDINGS:\n{items}\n\nIMPRESSION:\n{end}"
        case "prose":
            half = len(sentences) // 2
            return f"{title}\n{history}.\n\n{' '.join(sentences[:half])}\n\n{' '.join(sentences[half:])}"
        case "list":
            lines = "\n".join(f"- {sentence}" for sentence in sentences)
            return f"{title}\nINDICATION: {history}\nFINDINGS:\n{lines}"
        case "wrapped":
            wrapped = "\n".join(textwrap.wrap(body, 72))
            return f"PROCEDURE: {title}\nREASON FOR EXAM: {history}.\n\nReport:\n{wrapped}\n\nConclusion: {end}"
        case "capitals":
            return f"{title}. CLINICAL HISTORY: {history}. FINDINGS: {body} IMPRESSION: {end}".upper()
        case "numbered":
            items = "\n".join(f"{n}) {sentence}" for n, sentence in enumerate(sentences, start=1))
            return f"{title}\nTECHNIQUE: Multiplanar sequences.\nHISTORY: {history}.\nFINDINGS:\n{items}"
        case _:
            return f"{title.lower()}\n{history}\n" + "\n".join(sentence.rstrip(".").lower() for sentence in sentences)
