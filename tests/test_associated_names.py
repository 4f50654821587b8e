"""The words of the associated table: what is torn, by which words, and where what an eponym or a heading says is."""

from __future__ import annotations

from pathlib import Path

import pytest

from marrowtext.errors import RuleError
from marrowtext.model import Report
from marrowtext.pipeline import Pipeline
from marrowtext.rules import load_rules, shipped_patterns

_STRUCTURES = [
    # knee
    ("Complete tear of the anterior cruciate ligament.", "ligament_tear", "anterior cruciate ligament"),
    (
        "Tears of the anterior and posterior cruciate ligaments.",
        "ligament_tear",
        "anterior and posterior cruciate ligaments",
    ),
    ("Grade 2 sprain of the medial collateral ligament.", "ligament_tear", "medial collateral ligament"),
    ("The lateral collateral ligament is torn.", "ligament_tear", "lateral collateral ligament"),
    ("ANTERIOR CRUCIATE LIGAMENT: Torn.", "ligament_tear", "ANTERIOR CRUCIATE LIGAMENT"),
    ("The medial patellofemoral ligament is torn.", "ligament_tear", "medial patellofemoral ligament"),
    ("Patellar tendon tear.", "tendon_tear", "Patellar tendon"),
    ("Complete rupture of the quadriceps.", "tendon_tear", "quadriceps"),
    (
        "Radial tear of the posterior root of the medial meniscus.",
        "meniscal_tear",
        "posterior root of the medial meniscus",
    ),
    ("Medial meniscal posterior horn tear.", "meniscal_tear", "Medial meniscal posterior horn"),
    ("PHMM tear.", "meniscal_tear", "PHMM"),
    (
        "Tear of the posterior horn and body of the medial meniscus.",
        "meniscal_tear",
        "posterior horn and body of the medial meniscus",
    ),
    ("Ramp lesion of the medial meniscus.", "meniscal_tear", "medial meniscus"),
    ("Medial meniscal ramp lesion.", "meniscal_tear", None),
    # hip
    ("Gluteus medius tendon tear.", "tendon_tear", "Gluteus medius tendon"),
    ("Tear of the common hamstring origin.", "tendon_tear", "common hamstring origin"),
    ("Partial tear of the adductor longus origin.", "tendon_tear", "adductor longus origin"),
    ("Tear of the anterosuperior labrum.", "labral_tear", "anterosuperior labrum"),
    ("Anterosuperior labral tear.", "labral_tear", "Anterosuperior labral"),
    # shoulder and elbow
    ("SLAP tear of the superior labrum.", "labral_tear", "superior labrum"),
    ("Tear of the biceps anchor.", "tendon_tear", "biceps anchor"),
    ("Long head of biceps tendon is ruptured.", "tendon_tear", "Long head of biceps tendon"),
    ("Tear of the inferior glenohumeral ligament.", "ligament_tear", "inferior glenohumeral ligament"),
    ("Teres minor tendon tear.", "tendon_tear", "Teres minor tendon"),
    ("Lateral ulnar collateral ligament tear.", "ligament_tear", "Lateral ulnar collateral ligament"),
    ("Distal biceps tendon rupture.", "tendon_tear", "Distal biceps tendon"),
    # wrist and hand
    ("Tear of the triangular fibrocartilage complex.", "ligament_tear", "triangular fibrocartilage complex"),
    ("The scapholunate interosseous ligament is torn.", "ligament_tear", "scapholunate interosseous ligament"),
    ("Volar plate avulsion.", "ligament_tear", "Volar plate"),
    ("A2 pulley rupture.", "tendon_tear", "A2 pulley"),
    ("Flexor digitorum profundus tendon rupture.", "tendon_tear", "Flexor digitorum profundus tendon"),
    # ankle and foot
    (
        "Tear of the anterior inferior tibiofibular ligament.",
        "ligament_tear",
        "anterior inferior tibiofibular ligament",
    ),
    ("Spring ligament tear.", "ligament_tear", "Spring ligament"),
    ("Complete tear of the interosseous Lisfranc ligament.", "ligament_tear", "interosseous Lisfranc ligament"),
    ("2nd MTP plantar plate tear.", "ligament_tear", "2nd MTP plantar plate"),
    ("Longitudinal split tear of the peroneus brevis tendon.", "tendon_tear", "peroneus brevis tendon"),
    ("Partial tear of the plantar fascia.", "ligament_tear", "plantar fascia"),
    ("EXAM: MRI ankle\nFINDINGS: Deltoid: sprain.", "ligament_tear", "Deltoid"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "concept", "structure"), _STRUCTURES)
def test_structure_is_told_in_full(pipeline: Pipeline, text: str, concept: str, structure: str | None) -> None:
    (row,) = pipeline.associated(Report("1", text))
    assert (row.concept, row.structure, row.assertion) == (concept, structure, "present")


def test_structure_comes_from_a_heading(pipeline: Pipeline) -> None:
    (row,) = pipeline.associated(Report("1", "PLANTAR FASCIA:\nSmall partial tear at the origin."))
    assert row.structure == "PLANTAR FASCIA"


def test_what_ails_a_tendon_is_no_part_of_its_name(pipeline: Pipeline) -> None:
    (row,) = pipeline.associated(Report("1", "ECU tendinosis with tenosynovitis."))
    assert (row.concept, row.structure) == ("tenosynovitis", "ECU")


def test_deltoid_of_the_shoulder_is_a_muscle(pipeline: Pipeline) -> None:
    assert pipeline.associated(Report("1", "EXAM: MRI shoulder\nFINDINGS: Tear of the deltoid.")) == []


def test_tear_has_the_side_before_its_structure(pipeline: Pipeline) -> None:
    (row,) = pipeline.associated(Report("1", "EXAM: MRI pelvis\nFINDINGS: Tear of the right adductor longus origin."))
    assert (row.laterality, row.laterality_source) == ("right", "mention")


def said(pipeline: Pipeline, text: str) -> list[str]:
    """Give the rows of a text as concept, assertion, structure, site, level, zone and side, without what is empty."""
    return [
        " ".join(str(value) for value in values if value)
        for row in pipeline.associated(Report("1", text))
        for values in [
            (row.concept, row.assertion, row.structure, row.site, row.level, row.zone, row.laterality, row.change)
        ]
    ]


_WORDS = [
    ("The ACL is completely disrupted.", ["ligament_tear present ACL"]),
    ("The ACL is deficient.", ["ligament_tear present ACL"]),
    ("The ACL is attenuated with discontinuity.", ["ligament_tear present ACL"]),
    ("Disrupted anterior talofibular ligament.", ["ligament_tear present anterior talofibular ligament"]),
    ("MCL: complete disruption.", ["ligament_tear present MCL"]),
    ("The posterior labrum is detached.", ["labral_tear present posterior labrum"]),
    ("The ACL is not seen.", ["ligament_tear possible ACL"]),
    ("ACL: not visualised.", ["ligament_tear possible ACL"]),
    ("The native ACL is absent.", ["ligament_tear possible ACL"]),
    ("Non-visualisation of the ACL.", ["ligament_tear possible ACL"]),
    ("No fibres of the ACL are identified.", ["ligament_tear possible ACL"]),
    ("A tear of the ACL is not seen.", ["ligament_tear absent ACL"]),
    ("ACL tear: not seen.", ["ligament_tear absent ACL"]),
    ("The popliteofibular ligament is not well seen.", []),
    ("The cortex is disrupted beside the ACL.", []),
    ("The ACL is intact. Cortical discontinuity of the tibia.", []),
    ("The medial meniscus is macerated.", ["meniscal_tear present medial meniscus"]),
    ("Maceration of the body of the lateral meniscus.", ["meniscal_tear present body of the lateral meniscus"]),
    ("Bucket-handle configuration of the medial meniscus.", ["meniscal_tear present medial meniscus"]),
    ("The medial meniscus is extruded by 4 mm.", []),
    ("Central perforation of the TFCC.", ["ligament_tear present TFCC"]),
    ("The lunotriquetral ligament is perforated.", ["ligament_tear present lunotriquetral ligament"]),
    ("Hairline crack in the scaphoid waist.", ["fracture present scaphoid waist"]),
    ("Crack of the patellar cartilage.", ["cartilage_loss present patellar cartilage patella"]),
    ("The patellar cartilage is denuded.", ["cartilage_loss present patellar cartilage patella"]),
    ("Trochlear cartilage: full-thickness fissure.", ["cartilage_loss present Trochlear cartilage femoral_trochlea"]),
    (
        "Fibrillation of the medial condyle; the trochlear cartilage has a fissure.",
        ["cartilage_loss present trochlear cartilage femoral_trochlea"],
    ),
    (
        "Patellar cartilage fissure at the medial facet of the patella.",
        ["cartilage_loss present Patellar cartilage medial_patellar_facet"],
    ),
    ("Annular fissure at L4-5.", []),
    ("No plantar fascia tear.", ["ligament_tear absent plantar fascia"]),
    ("HISTORY: Rupture of the Achilles tendon in 2019.", ["tendon_tear historical Achilles tendon"]),
    ("INDICATION: ?ACL rupture.", ["ligament_tear hypothetical ACL"]),
    ("No HAGL lesion.", ["ligament_tear absent"]),
    ("ATFL and CFL tears.", ["ligament_tear present ATFL", "ligament_tear present CFL"]),
    ("Tear of the ACL, PCL and MCL intact.", ["ligament_tear present ACL"]),
    ("Tear of the ACL, PCL and MCL.", [f"ligament_tear present {name}" for name in ("ACL", "PCL", "MCL")]),
    ("Bucket-handle tear, medial meniscus.", ["meniscal_tear present medial meniscus"]),
    ("Bucket-handle tear, medial meniscus intact otherwise.", ["meniscal_tear present"]),
    ("Hamstring: tendinosis without tear.", ["tendon_tear absent Hamstring"]),
]  # fmt: skip

_CONCEPTS = [
    ("Osteochondral lesion of the lateral talar dome.", ["osteochondral_lesion present lateral_talar_dome"]),
    ("OCD of the medial femoral condyle.", ["osteochondral_lesion present medial_femoral_condyle"]),
    ("OLT of the medial talar dome, stable.", ["osteochondral_lesion present medial_talar_dome"]),
    ("Unchanged OLT of the medial talar dome.", ["osteochondral_lesion present medial_talar_dome unchanged"]),
    ("No OCD.", ["osteochondral_lesion absent"]),
    ("PMH: OCD, depression.", []),
    ("INDICATION: ?OCD capitellum.", ["osteochondral_lesion hypothetical capitellum"]),
    ("Osteochondral fracture of the patella.", ["fracture present patella"]),
    ("Peroneal tenosynovitis.", ["tenosynovitis present Peroneal"]),
    ("Tenosynovitis of the FHL.", ["tenosynovitis present FHL"]),
    ("De Quervain's tenosynovitis.", ["tenosynovitis present"]),
    ("No tenosynovitis.", ["tenosynovitis absent"]),
    ("Multiple loose bodies in the elbow joint.", ["loose_body present elbow_joint"]),
    ("Loose bodies: none.", ["loose_body absent"]),
    (
        "Osteochondral lesion of the talus with a loose body.",
        ["osteochondral_lesion present talus", "loose_body present"],
    ),
    ("Bony ankylosis of the left sacroiliac joint.", ["ankylosis present sacroiliac_joint left"]),
    ("The SI joints are fused.", ["ankylosis present sacroiliac_joint bilateral"]),
    ("No erosion or ankylosis.", ["erosion absent", "ankylosis absent"]),
    ("Growth plates are fused.", []),
    ("Status post lumbar fusion.", []),
]  # fmt: skip

_PLACES = [
    # levels
    ("L4-L5: Disc bulge. No abscess.", ["infection absent"]),
    ("L4-L5: No abscess.", ["infection absent vertebra L4-L5"]),
    ("L4-L5: Disc bulge. Epidural abscess.", ["infection present vertebra L4-L5"]),
    ("L4-5: Disc protrusion. No hardware. No mass.", ["hardware absent", "mass absent"]),
    ("L4-5: Disc protrusion. No erosion.", ["erosion absent vertebra L4-L5"]),
    # a tear lies not where the finding behind it is
    ("Complete ACL tear with contusion of the lateral femoral condyle.", ["ligament_tear present ACL"]),
    ("TFCC perforation and lunate edema.", ["ligament_tear present TFCC"]),
    ("Gluteus medius tear at the greater trochanter.", ["tendon_tear present Gluteus medius greater_trochanter"]),
    # dislocations
    ("Transient lateral patellar dislocation.", ["dislocation present patella"]),
    ("Lateral subluxation of the patella.", ["dislocation present patella"]),
    ("Anterior shoulder dislocation.", ["dislocation present shoulder_joint"]),
    ("Subluxation at the base of the second metatarsal.", ["dislocation present metatarsal_2 base"]),
    # hardware
    ("ORIF plate and screws of the distal radius.", ["hardware present distal_radius"]),
    ("ORIF of the distal radius with volar plate and screws.", ["hardware present distal_radius"]),
    ("Total hip arthroplasty prosthesis.", ["hardware present hip_joint"]),
    ("Pedicle screws and an interbody cage at L4-5.", ["hardware present vertebra L4-L5"] * 2),
    ("Total hip arthroplasty with cerclage wires.", ["hardware present hip_joint"] * 2),
    ("Hip replacement with cemented femoral stem and acetabular cup.", ["hardware present hip_joint"]),
    # eponyms
    ("Kienböck disease.", ["osteonecrosis present lunate"]),
    ("KEINBOCK'S DISEASE OF THE RIGHT WRIST.", ["osteonecrosis present lunate right"]),
    ("No e/o Kienboeck disease.", ["osteonecrosis absent lunate"]),
    ("Freiberg infraction.", ["osteonecrosis present metatarsal_2 head"]),
    ("Freiberg's disease of the third metatarsal head.", ["osteonecrosis present metatarsal_3 head"]),
    ("Bilateral Köhler's disease.", ["osteonecrosis present navicular bilateral"]),
    ("Old Perthes disease, left hip.", ["osteonecrosis present femoral_head left"]),
    (
        "EXAM: MRI shoulder\nFINDINGS: Torn labrum, stripped sleeve (Perthes).",
        ["labral_tear present labrum", "labral_tear present"],
    ),
    ("Perthes lesion of the anterior labrum.", ["labral_tear present anterior labrum"]),
    ("Panner disease.", ["osteonecrosis present capitellum"]),
    ("Preiser's disease.", ["osteonecrosis present scaphoid"]),
    ("Kümmell disease of L1.", ["osteonecrosis present vertebral_body L1"]),
    ("Osgood-Schlatter disease. Sever's disease. Scheuermann disease.", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rows"), [*_WORDS, *_CONCEPTS, *_PLACES])
def test_rows(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert said(pipeline, text) == rows


def test_eponym_leaves_the_site_of_edema_alone(pipeline: Pipeline) -> None:
    (row,) = pipeline.findings(Report("1", "Kienböck disease. Marrow edema of the capitate."))
    assert row.site == "capitate"


@pytest.mark.parametrize(
    ("line", "message"),
    [('site = "moon"', "site: unknown site 'moon'"), ('regions = ["moon"]', "regions: unknown name 'moon'; known are")],
)
def test_wrong_structure_is_refused(tmp_path: Path, line: str, message: str) -> None:
    head = '[[structure]]\nid = "structure.ligament.own"\napart = true\n'
    rule = f'{head}{line}\nterms = ["x"]\nfinds = ["X."]\nskips = ["Y."]\n'
    (tmp_path / "own.toml").write_text(rule)
    with pytest.raises(RuleError, match=message) as told:
        load_rules(shipped_patterns(), tmp_path)
    assert "own.toml: rule structure.ligament.own" in str(told.value)


def test_folder_of_ones_own_adds_a_structure(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        '[[structure]]\nid = "structure.ligament.own"\napart = true\nterms = ["zeta band"]\n'
        'finds = ["[Tear|concept=ligament_tear|structure=zeta band] of the zeta band."]\nskips = ["Edema."]\n'
    )
    (row,) = Pipeline(load_rules(shipped_patterns(), tmp_path)).associated(Report("1", "Tear of the zeta band."))
    assert (row.concept, row.structure) == ("ligament_tear", "zeta band")
