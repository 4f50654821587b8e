"""Of which side, site, structure and finding a grade is; what several grades of one finding make."""

from __future__ import annotations

from pathlib import Path

import pytest

from marrowtext.model import AssociatedFinding, Report
from marrowtext.pipeline import Pipeline
from marrowtext.rules import load_rules
from marrowtext.schema import GradeRule

SYSTEMS = Path(__file__).parents[1] / "docs" / "grades.md"


def read(pipeline: Pipeline, text: str) -> list[AssociatedFinding]:
    return pipeline.associated(Report("1", text))


def tell(row: AssociatedFinding) -> str:
    said = (row.concept, row.structure, row.site, row.level, row.laterality, row.grade_system, row.grade)
    return " ".join(str(value) for value in said if value)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("AVN of both femoral heads, ARCO II right, ARCO III left.", [("right", "II"), ("left", "III")]),
        ("AVN of both hips, stage II on the right and stage III on the left.", [("right", "II"), ("left", "III")]),
        ("Bilateral AVN (Ficat III on the left, II on the right).", [("left", "III"), ("right", "II")]),
        ("AVN bilateral femoral heads: R - Ficat II, L - Ficat III.", [("right", "II"), ("left", "III")]),
        ("AVN of the right (ARCO II) and left (ARCO III) femoral heads.", [("right", "II"), ("left", "III")]),
        ("Bilateral AVN of femoral heads (Rt - Grade II; Lt - Grade III).", [("right", "II"), ("left", "III")]),
        (
            "Bilateral AVN, ARCO stages II and III on the right and left respectively.",
            [("right", "II"), ("left", "III")],
        ),
        ("1 AVN B/L fem hds, ARCO 2 R, 3 L", [("right", "2"), ("left", "3")]),
        ("AVN both hips. Right: ARCO II. Left: ARCO III.", [("right", "II"), ("left", "III")]),
        ("AVN both femoral heads\nRight - Stage II\nLeft - Stage III", [("right", "II"), ("left", "III")]),
        (
            "AVN of both femoral heads. On the right this is ARCO II and on the left ARCO III.",
            [("right", "II"), ("left", "III")],
        ),
        (
            "Bilateral AVN. Right: Ficat III with collapse. Left: Ficat II, no collapse.",
            [("right", "III"), ("left", "II")],
        ),
        (
            "AVN of both heads, greater on the left (stage IV) than the right (stage II).",
            [("left", "IV"), ("right", "II")],
        ),
        ("Grade III AVN right and grade II left femoral head.", [("right", "III"), ("left", "II")]),
        ("AVN femoral heads (right grade 4, left grade 2) with joint effusion.", [("right", "4"), ("left", "2")]),
        ("Stage 2 AVN of the right hip and stage 3 AVN of the left hip.", [("right", "2"), ("left", "3")]),
        ("AVN of both femoral heads, ARCO II bilaterally.", [("bilateral", "II")]),
        ("AVN of both femoral heads, ARCO III, R>L.", [("bilateral", "III")]),
    ],
)
def test_each_side_has_its_own_grade(pipeline: Pipeline, text: str, rows: list[tuple[str, str]]) -> None:
    found = [row for row in read(pipeline, text) if row.concept == "osteonecrosis"]
    assert [(row.laterality, row.grade) for row in found] == rows


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("AVN of both femoral heads, ARCO II right, ARCO III left.", ["ARCO II", "ARCO III"]),
        ("Bilateral AVN, Ficat stage II on right and stage III on left.", ["Ficat stage II", "stage III"]),
        ("Bilateral AVN (Ficat III on the left, II on the right).", ["Ficat III", "II"]),
        ("Grades II and III chondromalacia patellae.", ["Grades II", "III"]),
        ("MCL: low-grade (grade 1) sprain.", ["grade 1"]),
    ],
)
def test_words_are_those_of_the_grade_of_the_row(pipeline: Pipeline, text: str, words: list[str]) -> None:
    assert [row.grade_words for row in read(pipeline, text)] == words


@pytest.mark.parametrize(
    "text",
    [
        "Bilateral AVN, Ficat stage II on right and stage III on left.",
        "Bilateral AVN, stage II on the right and stage III on the left (Ficat and Arlet).",
    ],
)
def test_system_is_that_of_all_its_grades(pipeline: Pipeline, text: str) -> None:
    assert [row.grade_system for row in read(pipeline, text)] == ["Ficat", "Ficat"]


@pytest.mark.parametrize(
    "text",
    [
        "Bilateral AVN, more advanced on the left (Ficat III).",
        "AVN of both femoral heads, worse on the left, Ficat III.",
        "AVN of both femoral heads, more severe on the left where it is Ficat III.",
        "Bilateral femoral head AVN, left greater than right (Ficat III on the left).",
        "Bilateral AVN; left is stage III.",
        "Bilateral AVN, left hip worse, stage III.",
    ],
)
def test_other_side_stays_without_a_grade(pipeline: Pipeline, text: str) -> None:
    assert [(row.laterality, row.grade) for row in read(pipeline, text)] == [("left", "III"), ("right", None)]


def test_compared_sides_share_a_grade(pipeline: Pipeline) -> None:
    (row,) = read(pipeline, "Bilateral AVN, right worse than left, Ficat III.")
    assert (row.laterality, row.grade) == ("bilateral", "III")


def test_side_of_another_finding_is_not_that_of_the_grade(pipeline: Pipeline) -> None:
    rows = read(pipeline, "Bilateral AVN with effusion on the right, ARCO III.")
    assert [tell(row) for row in rows] == ["osteonecrosis bilateral ARCO III", "effusion right"]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            "Modic II and III changes at L4-5.",
            ["fatty_change vertebral_endplate L4-L5 Modic II", "sclerosis vertebral_endplate L4-L5 Modic III"],
        ),
        (
            "Modic 2/3 at L4-5.",
            ["fatty_change vertebral_endplate L4-L5 Modic 2/3", "sclerosis vertebral_endplate L4-L5 Modic 2/3"],
        ),
        ("Modic 1 and 2 changes at L5-S1.", ["fatty_change vertebral_endplate L5-S1 Modic 2"]),
        ("Mixed Modic type 1/2 change at L5-S1.", ["fatty_change vertebral_endplate L5-S1 Modic 1/2"]),
        (
            "Modic type II changes at L3-4 and type III changes at L5-S1.",
            ["fatty_change vertebral_endplate L3-L4 Modic II", "sclerosis vertebral_endplate L5-S1 Modic III"],
        ),
        ("Grade 2 and 3 chondromalacia of the patella.", ["cartilage_loss patella 2", "cartilage_loss patella 3"]),
        ("Grade II, III and IV chondral loss.", ["cartilage_loss II", "cartilage_loss III", "cartilage_loss IV"]),
        ("Outerbridge grades 3 and 4 chondral loss.", ["cartilage_loss Outerbridge 3", "cartilage_loss Outerbridge 4"]),
        ("Osteonecrosis, ARCO II, Ficat IIa.", ["osteonecrosis ARCO II", "osteonecrosis Ficat IIa"]),
        ("Grades 2-3 chondromalacia of the patella.", ["cartilage_loss patella 2-3"]),
        ("Chondromalacia of the patella, grade 3 to grade 4.", ["cartilage_loss patella 3-4"]),
        ("Grade 1 or 2 sprain of the MCL.", ["ligament_tear MCL 1-2"]),
        ("ARCO stage II/III osteonecrosis.", ["osteonecrosis ARCO II/III"]),
        ("Grade 2 chondromalacia, 3 loose bodies.", ["cartilage_loss 2", "loose_body"]),
        ("Grade 2 and 3 cm chondral defect.", ["cartilage_loss 2"]),
        ("Osteonecrosis, ARCO III, was ARCO II on the prior exam.", ["osteonecrosis ARCO III"]),
        ("Osteonecrosis progressed from ARCO II to ARCO III.", ["osteonecrosis ARCO III"]),
        (
            "Grade III tear of the ACL and grade II sprain of the MCL with grade 3 signal in the medial meniscus.",
            ["ligament_tear ACL III", "ligament_tear MCL II"],
        ),
        ("Chondral loss of the patella, Kellgren-Lawrence grade 3.", ["cartilage_loss patella"]),
    ],
)
def test_no_grade_of_a_list_is_lost(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert [tell(row) for row in read(pipeline, text)] == rows


_PLACES = [
    (
        "Grade II and grade IV chondrosis of the medial and lateral femoral condyles respectively.",
        ["cartilage_loss medial_femoral_condyle II", "cartilage_loss lateral_femoral_condyle IV"],
    ),
    (
        "Grade 2 chondromalacia of the patella and grade 3 of the tibial plateau.",
        ["cartilage_loss patella 2", "cartilage_loss tibial_plateau 3"],
    ),
    (
        "Chondral loss: patella grade 2, medial femoral condyle grade 4.",
        ["cartilage_loss patella 2", "cartilage_loss medial_femoral_condyle 4"],
    ),
    (
        "Chondral loss of the patella (grade 3) and medial femoral condyle (grade 4) of the knee.",
        ["cartilage_loss patella 3", "cartilage_loss medial_femoral_condyle 4"],
    ),
    ("Grade 1 and 2 sprains of the ATFL and CFL respectively.", ["ligament_tear ATFL 1", "ligament_tear CFL 2"]),
    ("Grade 2 sprain of the ATFL and grade 3 of the CFL.", ["ligament_tear ATFL 2", "ligament_tear CFL 3"]),
    ("ATFL sprain grade 2, CFL sprain grade 1.", ["ligament_tear ATFL 2", "ligament_tear CFL 1"]),
    (
        "Chondromalacia of the patella grade 2, chondral thinning of the tibial plateau grade 3.",
        ["cartilage_loss patella 2", "cartilage_loss tibial_plateau 3"],
    ),
]


@pytest.mark.parametrize(("text", "rows"), _PLACES)
def test_each_place_and_structure_has_its_own_grade(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    found = [tell(row) for row in read(pipeline, text) if row.grade]
    assert found == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Cartilage: Grade 4 loss of the medial femoral condyle.", ["cartilage_loss medial_femoral_condyle 4"]),
        ("Cartilage: ICRS grade 4 defect, lateral patellar facet.", ["cartilage_loss lateral_patellar_facet ICRS 4"]),
        (
            "Patellofemoral cartilage: Outerbridge grade 2 changes of the patella.",
            ["cartilage_loss patella Outerbridge 2"],
        ),
        ("Outerbridge grade 2 to 3 changes of the patella.", ["cartilage_loss patella Outerbridge 2-3"]),
        (
            "CARTILAGE: Patella grade 2, trochlea grade 3.",
            ["cartilage_loss patella 2", "cartilage_loss femoral_trochlea 3"],
        ),
        (
            "Cartilage: Patella - ICRS grade 2. MFC - ICRS 3.",
            ["cartilage_loss patella ICRS 2", "cartilage_loss medial_femoral_condyle ICRS 3"],
        ),
        ("Cartilage:\nPatella: Grade 3 fissuring.\nTibia: normal.", ["cartilage_loss patella 3"]),
        ("MCL: grade III.", ["ligament_tear MCL III"]),
        ("MCL: Grade 2 injury with surrounding edema.", ["ligament_tear MCL 2"]),
        ("LIGAMENTS: ACL intact. MCL gr 2, edema around.", ["ligament_tear MCL 2"]),
        ("MCL: grade 2 sprain.", ["ligament_tear MCL 2"]),
        ("Grade I sprain of the ATFL.", ["ligament_tear ATFL I"]),
        ("Chondral thinning of the patella, Outerbridge grade 2.", ["cartilage_loss patella Outerbridge 2"]),
        ("Chondromalacia of the patella. Grade 3.", ["cartilage_loss patella 3"]),
        ("Cartilage: Outerbridge grade 0.", []),
        ("Medial meniscus: Grade 2 signal in the posterior horn.", []),
        ("Ligaments: intact. Grade 1 anterolisthesis of L5.", []),
        ("Grade 2 strain of the hamstring.", []),
        ("Pfirrmann grade 4 disc degeneration. Cartilage intact.", []),
    ],
)
def test_grade_alone_names_what_it_is_of(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert [tell(row) for row in read(pipeline, text)] == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("RAMRIS synovitis 2, erosion 3, osteitis 1 at the 2nd MCP.", ["synovitis RAMRIS 2", "erosion RAMRIS 3"]),
        ("RAMRIS: synovitis 2, erosion 3.", ["synovitis RAMRIS 2", "erosion RAMRIS 3"]),
        ("RAMRIS synovitis score 2, erosion score: 4.", ["synovitis RAMRIS 2", "erosion RAMRIS 4"]),
        ("RAMRIS: erosion 2/10, synovitis 1/3.", ["erosion RAMRIS 2", "synovitis RAMRIS 1"]),
        ("MOAKS effusion grade 2.", ["effusion MOAKS 2"]),
        ("Erosion of the lunate, RAMRIS erosion score 3.", ["erosion lunate RAMRIS 3"]),
        ("Synovitis, erosion 3 mm.", ["synovitis", "erosion"]),
    ],
)
def test_score_of_each_finding_behind_its_name(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert [tell(row) for row in read(pipeline, text)] == rows


@pytest.mark.parametrize(
    ("text", "system", "grade"),
    [
        ("Garden III fracture of the femoral neck.", "Garden", "III"),
        ("Undisplaced fracture neck of femur (Garden I).", "Garden", "I"),
        ("Weber B ankle fracture.", "Weber", "B"),
        ("Distal fibular fracture (Danis-Weber type C).", "Weber", "C"),
        ("SH II fracture of the distal tibia.", "Salter-Harris", "II"),
        ("Growth plate fracture distal femur - Salter Harris IV.", "Salter-Harris", "IV"),
        ("Tibial plateau fracture (Schatzker type VI).", "Schatzker", "VI"),
        ("Mason II radial head fracture.", "Mason", "II"),
        ("Neer two-part proximal humerus fracture.", "Neer", "two-part"),
        ("Talar neck fracture, Hawkins type 2.", "Hawkins", "2"),
        ("Osteochondral fracture of the talus, Berndt and Harty stage III.", "Berndt-Harty", "III"),
        ("Osteochondral fracture of the talus, Hepple stage 2a.", "Hepple", "2a"),
        ("Distal radius fracture AO 23-C2.", "AO/OTA", "23-C2"),
        ("T12 burst fracture, AO Spine A4.", "AO/OTA", "A4"),
        ("Fredericson grade 3 stress fracture of the tibia.", "Fredericson", "3"),
        ("Fracture of the talus, Hawkins sign absent.", None, None),
        ("Fracture of the clavicle, Neer sign 2 of 3.", None, None),
        ("Fracture of the fibula, seen by Dr Weber.", None, None),
    ],
)
def test_classification_of_a_fracture(pipeline: Pipeline, text: str, system: str | None, grade: str | None) -> None:
    (row,) = read(pipeline, text)
    assert (row.grade_system, row.grade) == (system, grade)


def test_two_classifications_have_a_row_each(pipeline: Pipeline) -> None:
    rows = read(pipeline, "Femoral neck fracture, Garden type III, Pauwels II.")
    assert [tell(row) for row in rows] == ["fracture femoral_neck Garden III", "fracture femoral_neck Pauwels II"]


@pytest.mark.parametrize(
    ("text", "findings", "associated"),
    [
        ("INDICATION: AVN? fracture?", [], ["hypothetical", "hypothetical"]),
        ("INDICATION: Bone bruise? fracture?", ["hypothetical"], ["hypothetical"]),
        (
            "Clinical details: knee injury. bone bruise? fracture? meniscal tear?",
            ["hypothetical"],
            ["hypothetical"] * 2,
        ),
        ("INDICATION: Fall on hip, fracture? bone bruise? AVN?", ["hypothetical"], ["hypothetical"] * 2),
        ("INDICATION: stress reaction? stress fracture? Runner.", ["hypothetical"], ["hypothetical"]),
        ("INDICATION: Known bone bruise. fracture?", ["historical"], ["hypothetical"]),
        ("INDICATION: Bone bruise ?fracture", ["historical"], ["hypothetical"]),
    ],
)
def test_questions_in_a_row_are_all_asked(
    pipeline: Pipeline, text: str, findings: list[str], associated: list[str]
) -> None:
    assert [row.assertion for row in pipeline.findings(Report("1", text))] == findings
    assert [row.assertion for row in read(pipeline, text)] == associated


def test_docs_list_each_system_with_its_source() -> None:
    lines = SYSTEMS.read_text(encoding="utf-8").splitlines()
    listed = {cells[1].strip(): cells[4].strip() for line in lines if len(cells := line.split("|")) == 6}
    systems = {rule.system for rule in load_rules().of(GradeRule) if rule.system}
    assert systems == {name for name, source in listed.items() if source} - {"system", "---"}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Osteonecrosis of the head, ARCO stage 2 previously, now stage 3A.", ["ARCO 3A"]),
        ("Previously ARCO stage II AVN of the left femoral head has progressed to stage IIIA.", ["ARCO IIIA"]),
        ("Right femoral head osteonecrosis, previously ARCO 2, now ARCO 3.", ["ARCO 3"]),
        ("The AVN of the left femoral head was ARCO 2 in 2019 and is now ARCO 3A.", ["ARCO 3A"]),
        ("The AVN of the left femoral head has progressed from ARCO stage 2 to stage 3A.", ["ARCO 3A"]),
        ("AVN of the left femoral head, from stage 2 to 3A.", ["3A"]),
        ("AVN of the left femoral head, upgraded to ARCO 3A from ARCO 2.", ["ARCO 3A"]),
        ("AVN of the left femoral head, ARCO 3A (previously ARCO 2).", ["ARCO 3A"]),
        ("AVN of the left femoral head, ARCO 3A (stage 2 in 2019).", ["ARCO 3A"]),
        ("AVN of the left femoral head, ARCO 2, now 3A.", ["ARCO 3A"]),
        ("Initially ARCO 2, now ARCO 3A osteonecrosis of the femoral head.", ["ARCO 3A"]),
        ("AVN of the left femoral head. Previously ARCO 2, now ARCO 3.", ["ARCO 3"]),
        ("AVN of the left femoral head, previously ARCO 2.", [""]),
        ("AVN of both femoral heads, ARCO 2 on the right and now ARCO 3 on the left.", ["ARCO 2", "ARCO 3"]),
        ("Chondromalacia of the patella ranging from grade 2 to grade 3.", ["2-3"]),
        ("Osteonecrosis (ARCO 2019 revision, stage 2) of the femoral head.", ["ARCO 2"]),
    ],
)
def test_grade_of_then_is_none(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    found = read(pipeline, text)
    assert [" ".join(filter(None, (row.grade_system, row.grade))) for row in found] == rows


def test_grade_of_then_is_none_of_the_edema(pipeline: Pipeline) -> None:
    text = "Stress reaction of the tibial shaft, now Fredericson grade 2, previously Fredericson grade 3."
    assert [row.grade for row in pipeline.findings(Report("1", text))] == ["2"]
    text = "Stress reaction of the tibial shaft, previously Fredericson grade 3."
    assert [row.grade for row in pipeline.findings(Report("1", text))] == [None]
