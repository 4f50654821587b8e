"""Makes the serial corpus: synthetic patients, the reports of each in order of time, and what is true of them.

    python corpora/serial/generate.py [FOLDER]

writes `reports.csv`, `members.csv` and `courses.csv` into FOLDER, by default the one this file is in, always the same
bytes. What is true is written down where a report is planned, before any words are chosen: nothing here reads a report.
"""

from __future__ import annotations

import csv
import random
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

SEED = 20261122

# Shipped definitions, by the names of their files.
TOH = "transient_osteoporosis_hip"
HEAD = "femoral_head_edema_without_osteonecrosis"
OA = "osteoarthritis_subchondral_edema_hip"
NECK = "femoral_neck_stress_injury"
SI = "active_sacroiliac_edema"
PIVOT = "pivot_shift_contusion"
RESOLVED = "resolved_on_follow_up"
CONTROL = "denied_everywhere_controls"
# These count patients, the others patients and sides.
BY_PATIENT = (SI, CONTROL)

# How each site is written.
PLACES = {
    "femoral_head": ("femoral head",),
    "femoral_neck": ("femoral neck",),
    "acetabulum": ("acetabulum",),
    "greater_trochanter": ("greater trochanter",),
    "medial_femoral_condyle": ("medial femoral condyle",),
    "lateral_femoral_condyle": ("lateral femoral condyle",),
    "lateral_tibial_plateau": ("posterolateral tibial plateau", "posterior aspect of the lateral tibial plateau"),
    "medial_tibial_plateau": ("medial tibial plateau",),
    "tibial_shaft": ("tibial shaft", "tibial diaphysis"),
    "patella": ("patella",),
    "talus": ("talus",),
    "calcaneus": ("calcaneus",),
    "navicular": ("navicular",),
    "sacroiliac_iliac_side": ("iliac side of the {side} sacroiliac joint",),
    "sacroiliac_sacral_side": ("sacral side of the {side} sacroiliac joint",),
}

PLURALS = {"acetabulum": "acetabula"}

Claim = tuple[str, str, str | None]
"""A site, its state (present, possible, absent), and the change that is stated."""


@dataclass(frozen=True)
class Visit:
    """One report as it is planned: the days since the one before, what it claims, and the words beside it.

    `cause` is said of what is present. `whole` is a denial of everything. `beside` are sentences of other findings.
    """

    days: int
    claims: tuple[Claim, ...] = ()
    cause: str | None = None
    whole: bool = False
    resolved: bool = False
    severity: str | None = None
    subchondral: bool = False
    name: str = "edema"
    beside: tuple[str, ...] = ()
    question: str | None = None
    past: str | None = None


@dataclass
class Patient:
    """A patient: the part that was examined, the side, the reports, and the cohorts it is a member of."""

    part: str
    side: str
    visits: list[Visit]
    member: set[str] = field(default_factory=set)
    disagrees: bool = False


def _follow(
    rng: random.Random, sites: Sequence[str], ends: bool, cause: str | None = None, subchondral: bool = False
) -> list[Visit]:
    """Plan what becomes of sites that are present at first: they stay or lessen, and at the end are gone if `ends`."""
    visits = []
    for _ in range(rng.randint(0, 3)):
        change = rng.choice(("decreased", "unchanged"))
        claims = tuple((site, "present", change) for site in sites)
        visits.append(Visit(rng.randint(40, 120), claims, cause=cause, subchondral=subchondral))
    if ends:
        if rng.random() < 0.5:
            visits.append(Visit(rng.randint(60, 150), whole=True))
        else:
            visits.append(Visit(rng.randint(60, 150), tuple((site, "absent", "resolved") for site in sites)))
    return visits


def _present(*sites: str) -> tuple[Claim, ...]:
    return tuple((site, "present", None) for site in sites)


def _side(rng: random.Random) -> str:
    return rng.choice(("left", "right"))


def _severity(rng: random.Random) -> str | None:
    return rng.choice((None, None, "mild", "moderate", "severe"))


def _transient(rng: random.Random) -> Patient:
    sites = ("femoral_head", "femoral_neck") if rng.random() < 0.7 else ("femoral_head",)
    cause = rng.choice(("transient osteoporosis of the hip", "transient osteoporosis", "bone marrow edema syndrome"))
    ends = rng.random() < 0.6
    first = Visit(
        0, _present(*sites), cause=cause, severity="severe", beside=("No fracture line.",), question="hip pain"
    )
    visits = [first, *_follow(rng, sites, ends)]
    return Patient("hip", _side(rng), visits, {TOH, HEAD, *([RESOLVED] if ends else [])})


def _transient_then_necrosis(rng: random.Random) -> Patient:
    first = Visit(0, _present("femoral_head"), cause="transient osteoporosis of the hip", question="hip pain")
    last = Visit(rng.randint(60, 200), (("femoral_head", "present", "increased"),), cause="osteonecrosis")
    return Patient("hip", _side(rng), [first, last])


def _transient_with_fracture(rng: random.Random) -> Patient:
    first = Visit(0, _present("femoral_head"), cause="transient osteoporosis of the hip", question="hip pain")
    cause = "a subchondral insufficiency fracture"
    last = Visit(rng.randint(30, 90), (("femoral_head", "present", "unchanged"),), cause=cause)
    return Patient("hip", _side(rng), [first, last], {HEAD})


def _transient_then(rng: random.Random, cause: str) -> Patient:
    first = Visit(0, _present("femoral_head"), cause="transient osteoporosis of the hip", question="hip pain")
    last = Visit(rng.randint(30, 90), (("femoral_head", "present", "increased"),), cause=cause)
    return Patient("hip", _side(rng), [first, last], {HEAD})


def _transient_then_infection(rng: random.Random) -> Patient:
    return _transient_then(rng, rng.choice(("septic arthritis", "osteomyelitis")))


def _transient_then_tumor(rng: random.Random) -> Patient:
    return _transient_then(rng, rng.choice(("a metastasis", "myeloma")))


def _necrosis(rng: random.Random) -> Patient:
    cause = rng.choice(("osteonecrosis of the femoral head", "avascular necrosis", "osteonecrosis"))
    first = Visit(0, _present("femoral_head"), cause=cause, severity=_severity(rng), question="steroid use")
    return Patient("hip", _side(rng), [first, *_follow(rng, ("femoral_head",), False)])


def _head(rng: random.Random) -> Patient:
    ends = rng.random() < 0.4
    first = Visit(0, _present("femoral_head"), severity=_severity(rng), question="rule out avascular necrosis")
    visits = [first, *_follow(rng, ("femoral_head",), ends)]
    return Patient("hip", _side(rng), visits, {HEAD, *([RESOLVED] if ends else [])})


def _arthritis(rng: random.Random) -> Patient:
    sites = rng.choice((("femoral_head", "acetabulum"), ("acetabulum",)))
    cause = rng.choice(("osteoarthritis", "moderate osteoarthritis", "degenerative change"))
    first = Visit(0, _present(*sites), cause=cause, subchondral=True, severity=_severity(rng), question="groin pain")
    rest = _follow(rng, sites, False, cause=cause, subchondral=True)
    member = {OA, *([HEAD] if "femoral_head" in sites else [])}
    return Patient("hip", _side(rng), [first, *rest], member)


def _arthritis_of_both(rng: random.Random) -> Patient:
    cause = rng.choice(("osteoarthritis", "degenerative change"))
    first = Visit(0, _present("acetabulum"), cause=cause, subchondral=True, question="pain of both hips")
    return Patient("hips", "bilateral", [first], {OA})


def _arthritis_then_necrosis(rng: random.Random) -> Patient:
    first = Visit(0, _present("femoral_head"), cause="osteoarthritis", subchondral=True, question="groin pain")
    last = Visit(rng.randint(90, 300), (("femoral_head", "present", "increased"),), cause="osteonecrosis")
    return Patient("hip", _side(rng), [first, last])


def _arthritis_not_subchondral(rng: random.Random) -> Patient:
    first = Visit(0, _present("greater_trochanter"), cause="osteoarthritis", question="hip pain")
    return Patient("hip", _side(rng), [first])


def _neck(rng: random.Random) -> Patient:
    ends = rng.random() < 0.5
    cause = rng.choice(("stress reaction", "a stress fracture", "stress injury"))
    first = Visit(0, _present("femoral_neck"), cause=cause, severity=_severity(rng), question="runner with groin pain")
    visits = [first, *_follow(rng, ("femoral_neck",), ends)]
    return Patient("hip", _side(rng), visits, {NECK, *([RESOLVED] if ends else [])})


def _neck_then_insufficiency(rng: random.Random) -> Patient:
    first = Visit(0, _present("femoral_neck"), cause="stress reaction", question="hip pain")
    last = Visit(rng.randint(20, 60), (("femoral_neck", "present", "increased"),), cause="an insufficiency fracture")
    return Patient("hip", _side(rng), [first, last])


def _neck_injury(rng: random.Random) -> Patient:
    first = Visit(0, _present("femoral_neck"), cause="an acute nondisplaced fracture", question="fall")
    return Patient("hip", _side(rng), [first])


def _sacroiliitis(rng: random.Random) -> Patient:
    sites = ("sacroiliac_iliac_side", "sacroiliac_sacral_side")[: rng.choice((1, 2))]
    cause = rng.choice(("active sacroiliitis", "axial spondyloarthritis", None))
    ends = rng.random() < 0.3
    first = Visit(0, _present(*sites), cause=cause, subchondral=True, severity=_severity(rng), question="back pain")
    rest = _follow(rng, sites, ends, subchondral=True)
    return Patient("sacroiliac", _side(rng), [first, *rest], {SI, *([RESOLVED] if ends else [])})


def _septic(rng: random.Random) -> Patient:
    first = Visit(0, _present("sacroiliac_iliac_side"), cause="septic sacroiliitis", subchondral=True, question="fever")
    return Patient("sacroiliac", _side(rng), [first])


def _pivot(rng: random.Random) -> Patient:
    sites = ("lateral_femoral_condyle", "lateral_tibial_plateau")
    beside = ("Complete tear of the anterior cruciate ligament.",) if rng.random() < 0.7 else ()
    ends = rng.random() < 0.4
    first = Visit(0, _present(*sites), name="contusion", beside=beside, question="twisting injury")
    visits = [first, *_follow(rng, sites, ends)]
    return Patient("knee", _side(rng), visits, {PIVOT, *([RESOLVED] if ends else [])})


def _bruise(rng: random.Random) -> Patient:
    sites = rng.choice(
        (("lateral_femoral_condyle",), ("medial_femoral_condyle", "medial_tibial_plateau"), ("patella",))
    )
    ends = rng.random() < 0.5
    visits = [Visit(0, _present(*sites), name="contusion", question="fall"), *_follow(rng, sites, ends)]
    return Patient("knee", _side(rng), visits, {RESOLVED} if ends else set())


def _shin(rng: random.Random) -> Patient:
    ends = rng.random() < 0.6
    first = Visit(0, _present("tibial_shaft"), cause="stress reaction", severity=_severity(rng), question="shin pain")
    visits = [first, *_follow(rng, ("tibial_shaft",), ends)]
    return Patient("leg", _side(rng), visits, {RESOLVED} if ends else set())


def _ankle(rng: random.Random) -> Patient:
    site = rng.choice(("talus", "calcaneus", "navicular"))
    ends = rng.random() < 0.5
    visits = [Visit(0, _present(site), severity=_severity(rng), question="ankle pain"), *_follow(rng, (site,), ends)]
    return Patient("ankle", _side(rng), visits, {RESOLVED} if ends else set())


def _control(rng: random.Random) -> Patient:
    count = rng.choice((1, 1, 2, 3))
    question = rng.choice(("pain", "rule out stress fracture", "evaluate for bone marrow edema"))
    visits = [Visit(rng.randint(60, 300) if n else 0, whole=True, question=question) for n in range(count)]
    return Patient(rng.choice(("hip", "knee", "ankle")), _side(rng), visits, {CONTROL})


def _denied_in_part(rng: random.Random) -> Patient:
    """Denied at one place and there at another, in every report."""
    claims: tuple[Claim, ...] = (("talus", "absent", None), ("calcaneus", "present", None))
    return Patient("ankle", _side(rng), [Visit(0, claims, question="heel pain")])


def _resolved_in_part(rng: random.Random) -> Patient:
    """Gone at one place and there at another."""
    first = Visit(0, _present("medial_femoral_condyle", "patella"), question="knee pain")
    claims: tuple[Claim, ...] = (("medial_femoral_condyle", "absent", "resolved"), ("patella", "present", "decreased"))
    return Patient("knee", _side(rng), [first, Visit(rng.randint(60, 120), claims)])


def _once(rng: random.Random) -> Patient:
    """Denied now, and said to have been there."""
    site = rng.choice(("talus", "calcaneus"))
    first = Visit(0, ((site, "absent", "resolved"),), question="follow-up")
    return Patient("ankle", _side(rng), [first])


def _told(rng: random.Random) -> Patient:
    """Denied now, with edema on an earlier exam elsewhere."""
    return Patient("knee", _side(rng), [Visit(0, whole=True, past="bone marrow edema of the patella", question="pain")])


def _maybe(rng: random.Random) -> Patient:
    site = rng.choice(("talus", "navicular"))
    visits = [Visit(0, ((site, "possible", None),), question="ankle pain")]
    if rng.random() < 0.5:
        visits.append(Visit(rng.randint(40, 100), whole=True))
    return Patient("ankle", _side(rng), visits)


def _again(rng: random.Random) -> Patient:
    """Seen, gone, and seen again."""
    first = Visit(0, _present("talus"), question="ankle pain")
    gone = Visit(rng.randint(60, 120), (("talus", "absent", "resolved"),))
    back = Visit(rng.randint(60, 120), (("talus", "present", None),))
    return Patient("ankle", _side(rng), [first, gone, back])


def _new_but_seen(rng: random.Random) -> Patient:
    first = Visit(0, _present("calcaneus"), question="heel pain")
    last = Visit(rng.randint(40, 90), (("calcaneus", "present", "new"),))
    return Patient("ankle", _side(rng), [first, last], disagrees=True)


def _compared_but_absent(rng: random.Random) -> Patient:
    first = Visit(0, _present("medial_femoral_condyle"), question="knee pain")
    gone = Visit(rng.randint(40, 90), (("medial_femoral_condyle", "absent", None),))
    last = Visit(rng.randint(40, 90), (("medial_femoral_condyle", "present", "decreased"),))
    return Patient("knee", _side(rng), [first, gone, last], disagrees=True)


def _decreased_but_higher(rng: random.Random) -> Patient:
    first = Visit(0, _present("talus"), severity="mild", question="ankle pain")
    last = Visit(rng.randint(40, 90), (("talus", "present", "decreased"),), severity="severe")
    return Patient("ankle", _side(rng), [first, last], disagrees=True)


def _silent(rng: random.Random) -> Patient:
    beside = ("Menisci and ligaments are intact.", "No effusion.")
    return Patient("knee", _side(rng), [Visit(0, beside=beside, question="locking") for _ in range(rng.choice((1, 2)))])


# How many patients of each kind.
KINDS: tuple[tuple[Callable[[random.Random], Patient], int], ...] = (
    (_transient, 24),
    (_transient_then_necrosis, 10),
    (_transient_with_fracture, 8),
    (_transient_then_infection, 4),
    (_transient_then_tumor, 4),
    (_necrosis, 18),
    (_head, 20),
    (_arthritis, 22),
    (_arthritis_of_both, 6),
    (_arthritis_then_necrosis, 4),
    (_arthritis_not_subchondral, 6),
    (_neck, 20),
    (_neck_then_insufficiency, 4),
    (_neck_injury, 8),
    (_sacroiliitis, 22),
    (_septic, 6),
    (_pivot, 24),
    (_bruise, 12),
    (_shin, 12),
    (_ankle, 12),
    (_control, 24),
    (_denied_in_part, 6),
    (_resolved_in_part, 6),
    (_once, 6),
    (_told, 6),
    (_maybe, 8),
    (_again, 6),
    (_new_but_seen, 5),
    (_compared_but_absent, 5),
    (_decreased_but_higher, 5),
    (_silent, 6),
)

TITLES = {
    "hip": "MRI {SIDE} HIP WITHOUT CONTRAST",
    "hips": "MRI OF BOTH HIPS",
    "knee": "MRI {SIDE} KNEE WITHOUT CONTRAST",
    "ankle": "MRI {SIDE} ANKLE",
    "leg": "MRI {SIDE} LOWER LEG",
    "sacroiliac": "MRI SACROILIAC JOINTS",
}
# What a normal rest of the exam says; none of it speaks of marrow.
REST = {
    "hip": ("No labral tear.", "The gluteal tendons are intact.", "No trochanteric bursitis."),
    "hips": ("No labral tear on either side.", "No trochanteric bursitis."),
    "knee": ("Menisci are intact.", "The extensor mechanism is intact.", "No Baker cyst."),
    "ankle": ("The Achilles tendon is intact.", "The lateral ligaments are intact."),
    "leg": ("Muscles are of normal bulk.", "No fluid collection."),
    "sacroiliac": ("No ankylosis.", "The piriformis muscles are symmetric."),
}


@dataclass(frozen=True)
class Hand:
    """A manner of reporting: its sentences, by what they claim, and how it lays out a report."""

    name: str
    edema: str
    present: tuple[str, ...]
    cause: tuple[str, ...]
    possible: tuple[str, ...]
    denied: tuple[str, ...]
    whole: tuple[str, ...]
    changes: dict[str, tuple[str, ...]]
    layout: str
    capitals: bool = False


_CHANGES = {
    "decreased": (
        "Interval decrease in {edema} of the {place}{cause}.",
        "{Edema} of the {place} has decreased{cause}.",
    ),
    "unchanged": ("Unchanged {edema} in the {place}{cause}.", "Persistent {edema} of the {place}{cause}."),
    "increased": (
        "{Edema} of the {place} has increased{cause}.",
        "Interval increase in {edema} of the {place}{cause}.",
    ),
    "new": ("New {edema} in the {place}{cause}.",),
    "resolved": ("{Edema} of the {place} has resolved.", "Interval resolution of {edema} in the {place}."),
}

HANDS = (
    Hand(
        "template",
        "bone marrow edema",
        ("{Severity}{edema} in the {place}{cause}.", "There is {severity}{edema} in the {place}{cause}."),
        (", consistent with {cause}", ", compatible with {cause}"),
        ("Possible {edema} in the {place}.",),
        ("No {edema} in the {place}.",),
        ("No bone marrow edema.", "No marrow edema is seen."),
        _CHANGES,
        "EXAM: {title}\n\nINDICATION: {question}.\n\nCOMPARISON: {comparison}.\n\nFINDINGS:\n{bones}\n{rest}\n\n"
        "IMPRESSION:\n{impression}",
    ),
    Hand(
        "uk_prose",
        "marrow oedema",
        ("There is {severity}{edema} within the {place}{cause}.", "{Severity}{edema} is seen in the {place}{cause}."),
        (", in keeping with {cause}", ", consistent with {cause}"),
        ("There is possible {edema} in the {place}.",),
        ("There is no {edema} in the {place}.",),
        ("There is no marrow oedema.", "No bone marrow oedema is demonstrated."),
        _CHANGES,
        "{title}\n\nClinical details: {question}.\n\nFindings: {bones} {rest}\n\nConclusion: {impression}",
    ),
    Hand(
        "telegraphic",
        "marrow edema",
        ("{Severity}{edema} at the {place}{cause}.", "{Severity}{edema} of the {place}{cause}."),
        (", consistent with {cause}", ", compatible with {cause}"),
        ("Questionable {edema} in the {place}.",),
        ("No {edema} of the {place}.",),
        ("No marrow edema.",),
        _CHANGES,
        "{title}\nHx: {question}\n{bones}\n{rest}\nIMP: {impression}",
    ),
    Hand(
        "dictation",
        "marrow edema",
        (
            "there is {severity}{edema} involving the {place}{cause}.",
            "{severity}{edema} is noted in the {place}{cause}.",
        ),
        (", in keeping with {cause}", ", consistent with {cause}"),
        ("there is possible {edema} in the {place}.",),
        ("no {edema} in the {place}.",),
        ("no evidence of marrow edema.", "no bone marrow edema."),
        _CHANGES,
        "exam: {title}\n\nclinical history: {question}.\n\nfindings: {bones} {rest}\n\nimpression: {impression}",
        capitals=True,
    ),
    Hand(
        "academic",
        "bone marrow edema",
        ("{Severity}{edema} is present in the {place}{cause}.", "{Severity}{edema} within the {place}{cause}."),
        (", consistent with {cause}", ", in keeping with {cause}"),
        ("Findings are suspicious for {edema} in the {place}.",),
        ("No {edema} within the {place}.",),
        ("No bone marrow edema is identified.", "There is no bone marrow edema."),
        _CHANGES,
        "EXAMINATION: {title}\n\nCLINICAL HISTORY: {question}.\n\nCOMPARISON: {comparison}.\n\nFINDINGS:\n"
        "Bones: {bones}\nSoft tissues: {rest}\n\nIMPRESSION:\n1. {impression}",
    ),
)


def _first_up(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _write_claim(rng: random.Random, hand: Hand, patient: Patient, visit: Visit, claim: Claim) -> str:
    site, state, change = claim
    edema = {"edema": hand.edema, "contusion": rng.choice(("bone contusion", "osseous contusion", "bone bruise"))}[
        visit.name
    ]
    if visit.subchondral:
        edema = f"subchondral {edema}"
    if change:
        form = rng.choice(hand.changes[change])
    else:
        form = rng.choice({"present": hand.present, "possible": hand.possible, "absent": hand.denied}[state])
    cause = rng.choice(hand.cause).format(cause=visit.cause) if visit.cause else ""
    severity = f"{visit.severity} " if visit.severity else ""
    if change and visit.severity:
        form = f"{{Severity}}{{edema}} in the {{place}}{{cause}}, {change} since the prior exam."
    place = rng.choice(PLACES[site]).format(side=patient.side)
    if patient.side == "bilateral":
        form, place = form.replace("the {place}", "{place}"), f"both {PLURALS[site]}"
    return _first_up(
        form.format(
            edema=edema,
            Edema=_first_up(edema),
            severity=severity,
            Severity=severity,
            place=place,
            cause=cause,
        )
    )


def _write_report(rng: random.Random, hand: Hand, patient: Patient, visit: Visit, before: date | None) -> str:
    bones = [_write_claim(rng, hand, patient, visit, claim) for claim in visit.claims]
    if visit.whole:
        bones.append(_first_up(rng.choice(hand.whole)))
    rest = [*visit.beside, *rng.sample(REST[patient.part], rng.randint(1, len(REST[patient.part])))]
    impression = bones[0] if bones and rng.random() < 0.7 else "As above."
    comparison = f"MRI of {before.day} {before:%B %Y}" if before else "None"
    if visit.past:
        comparison = f"MRI of {2010 + rng.randint(0, 5)} showed {visit.past}"
    text = hand.layout.format(
        title=_title(patient),
        question=_first_up(visit.question or "follow-up"),
        comparison=comparison,
        bones=" ".join(bones) or "No fracture.",
        rest=" ".join(rest),
        impression=impression,
    )
    if visit.past and "{comparison}" not in hand.layout:
        text = text.replace("\n", f"\nComparison: {comparison}.\n", 1)
    return text.upper() if hand.capitals else text


def _title(patient: Patient) -> str:
    return TITLES[patient.part].format(SIDE=patient.side.upper())


def _follow_truth(patient: Patient, days: Sequence[date]) -> Iterable[dict[str, str]]:
    """Say of each site that is ever affirmed, or said to have resolved, what each report says of it."""
    sites = dict.fromkeys(
        site
        for visit in patient.visits
        for site, state, change in visit.claims
        if state != "absent" or change == "resolved"
    )
    for site in sites:
        told = [
            (day, "absent" if visit.whole else {s: state for s, state, _ in visit.claims}[site])
            for day, visit in zip(days, patient.visits, strict=True)
            if visit.whole or site in {s for s, _, _ in visit.claims}
        ]
        seen = [day for day, state in told if state != "absent"]
        gone = [day for day, state in told if state == "absent" and (not seen or day > seen[-1])]
        course = {
            "site": site,
            "states": " ".join(state for _, state in told),
            "first_seen": seen[0].isoformat() if seen else "",
            "last_seen": seen[-1].isoformat() if seen else "",
            "resolved_on": gone[0].isoformat() if gone else "",
            "disagreement": str(patient.disagrees).lower(),
        }
        for side in _sides(patient):
            yield {**course, "laterality": side}


def _sides(patient: Patient) -> tuple[str, ...]:
    return ("left", "right") if patient.side == "bilateral" else (patient.side,)


def generate(folder: Path) -> None:
    """Write the corpus into a folder."""
    rng = random.Random(SEED)
    patients = [make(rng) for make, count in KINDS for _ in range(count)]
    rng.shuffle(patients)
    reports: list[dict[str, object]] = []
    members: list[dict[str, str]] = []
    courses: list[dict[str, str]] = []
    for number, patient in enumerate(patients, start=1):
        who = f"P{number:03}"
        age, sex = rng.randint(18, 84), rng.choice("FM")
        day = date(2018, 1, 1) + timedelta(rng.randint(0, 1500))
        days: list[date] = []
        hand = rng.choice(HANDS)
        for visit in patient.visits:
            # A later report is often written by another hand.
            hand = rng.choice(HANDS) if rng.random() < 0.5 else hand
            day += timedelta(visit.days) if days else timedelta(0)
            days.append(day)
            reports.append(
                {
                    "report_id": f"{who}-{len(days)}",
                    "patient_id": who,
                    "study_date": day.isoformat(),
                    "age": age + (day - days[0]).days // 365,
                    "sex": sex,
                    "body_part": patient.part,
                    "hand": hand.name,
                    "exam": _title(patient),
                    "text": _write_report(rng, hand, patient, visit, days[-2] if len(days) > 1 else None),
                }
            )
        for cohort in sorted(patient.member):
            for side in ("",) if cohort in BY_PATIENT else _sides(patient):
                members.append({"cohort": cohort, "patient_id": who, "laterality": side})
        courses.extend({"patient_id": who, **course} for course in _follow_truth(patient, days))
    # What an export has too: a report whose text was lost, and one that lost its patient.
    for number, (who, text) in enumerate((("P003", ""), ("P004", " "), ("", HANDS[0].whole[0])), start=1):
        last = {**reports[-1], "report_id": f"X-{number}", "patient_id": who, "study_date": "2024-01-15", "text": text}
        reports.append(last)
    # An export is in order of date, not of patient.
    reports.sort(key=lambda report: (str(report["study_date"]), str(report["report_id"])))
    members.sort(key=lambda member: (member["cohort"], member["patient_id"]))
    courses.sort(key=lambda course: (course["patient_id"], course["site"]))
    for name, rows in (("reports", reports), ("members", members), ("courses", courses)):
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
