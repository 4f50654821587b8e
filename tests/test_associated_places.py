"""Where and when associated findings are: in the bone told of before, old ones, and those of an endplate."""

from __future__ import annotations

import pytest
from test_associated import tell

from marrowtext.model import Report
from marrowtext.pipeline import Pipeline


def read(pipeline: Pipeline, text: str) -> list[str]:
    return [tell(finding) for finding in pipeline.associated(Report("1", text))]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Old compression fracture of L1.", ["fracture present vertebra L1"]),
        ("Remote ACL tear.", ["ligament_tear present"]),
        ("Healed fracture of the distal fibula.", ["fracture present distal_fibula"]),
        ("Old Hill-Sachs defect of the humeral head.", ["fracture present humeral_head"]),
        ("Prior fracture of the distal fibula.", ["fracture historical distal_fibula"]),
        ("Old osteomyelitis of the talus.", ["infection historical talus"]),
        ("INDICATION: Old fracture of the talus.", ["fracture historical talus"]),
        ("COMPARISON: Old fracture of the talus.", ["fracture historical talus"]),
    ],
)
def test_what_leaves_a_scar_is_there_when_it_is_old(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert read(pipeline, text) == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            "Osteonecrosis of the left femoral head. No subchondral collapse.",
            ["osteonecrosis present femoral_head left", "subchondral_collapse absent femoral_head left"],
        ),
        (
            "LEFT HIP\nOsseous: The femoral head has a geographic lesion. There is collapse.",
            ["subchondral_collapse present femoral_head left"],
        ),
        (
            "Marrow edema of the tibial shaft. The cortex is thick. A fracture line is seen.",
            ["fracture_line present tibial_shaft"],
        ),
        (
            "Osteonecrosis of the femoral head. Collapse of the talar dome.",
            ["osteonecrosis present femoral_head", "subchondral_collapse present talar_dome"],
        ),
        ("Marrow edema of the talus. No fracture.", ["fracture absent"]),
    ],
)
def test_a_finding_that_goes_on_is_in_the_bone_before_it(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert read(pipeline, text) == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Modic 2 changes at L5-S1.", ["fatty_change present vertebral_endplate L5-S1 Modic 2"]),
        ("L4-5: Modic type 3 change.", ["sclerosis present vertebral_endplate L4-L5 Modic 3"]),
        ("Modic II changes.", ["fatty_change present vertebral_endplate Modic II"]),
    ],
)
def test_a_modic_change_is_in_the_endplate(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert read(pipeline, text) == rows


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Synovium: Mild thickening.", "synovitis"),
        ("The synovium is markedly thickened.", "synovitis"),
        ("SASD bursa: Moderate fluid.", "bursitis"),
        ("The retrocalcaneal bursa is distended.", "bursitis"),
        ("Trace of joint fluid.", "effusion"),
    ],
)
def test_a_finding_told_by_its_signs(pipeline: Pipeline, text: str, concept: str) -> None:
    assert read(pipeline, text) == [f"{concept} present"]


def test_a_subtalar_effusion_is_not_of_the_ankle(pipeline: Pipeline) -> None:
    assert read(pipeline, "Ankle: Small subtalar joint effusion.") == ["effusion present hindfoot"]


@pytest.mark.parametrize(
    "lead", ["Differential: ", "Differential considerations are ", "DDx: ", "Differential diagnosis includes "]
)
def test_a_differential_is_possible(pipeline: Pipeline, lead: str) -> None:
    assert read(pipeline, f"{lead}transient osteoporosis or early AVN.") == ["osteonecrosis possible"]


@pytest.mark.parametrize("verb", ["has resolved", "has decreased", "is not seen"])
def test_what_an_edema_is_around_has_not_gone_with_it(pipeline: Pipeline, verb: str) -> None:
    assert read(pipeline, f"Marrow edema around the fracture of the talus {verb}.") == ["fracture present talus"]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Undisplaced left NOF fracture.", ["fracture present femoral_neck left"]),
        ("Undisplaced # left NOF with marrow oedema.", ["fracture present femoral_neck left"]),
        ("INDICATION: ?occult NOF #.", ["fracture hypothetical femoral_neck"]),
        ("MRI LEFT HIP\n#NOF.", ["fracture present femoral_neck left"]),
        ("No fracture of the right and left NOF.", ["fracture absent femoral_neck bilateral"]),
        ("MRI RIGHT KNEE\nIncidental NOF. Fracture of the patella.", ["fracture present patella right"]),
    ],
)
def test_nof_is_the_neck_of_femur(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert read(pipeline, text) == rows


def test_fractures_of_the_rami_of_one_hip_are_of_its_side(pipeline: Pipeline) -> None:
    assert read(pipeline, "MRI LEFT HIP\nPubic rami fractures.") == ["fracture present pubic_ramus left"]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            "Patellar dislocation with bone bruises of the inferomedial patella and anterolateral femoral condyle.",
            ["dislocation present patella"],
        ),
        (
            "Undisplaced intertrochanteric fracture of the left proximal femur with surrounding marrow oedema.",
            ["fracture present intertrochanteric_femur left"],
        ),
        (
            "Fracture of the femoral head and proximal femur.",
            ["fracture present femoral_head", "fracture present proximal_femur"],
        ),
        ("Fracture with marrow oedema in the femoral neck.", ["fracture present femoral_neck"]),
    ],
)
def test_one_finding_has_no_second_row_at_a_site_of_another(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert read(pipeline, text) == rows


def test_a_bone_named_again_behind_the_edema_gives_no_zone(pipeline: Pipeline) -> None:
    text = "Patellar dislocation with bone bruises of the inferomedial patella."
    assert [row.zone for row in pipeline.associated(Report("1", text))] == [None]


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("Crescent sign and 2 mm articular surface depression of the femoral head.", [None, 2.0]),
        ("Subchondral fracture 5 mm and effusion.", [5.0, None]),
        ("Loose body measuring 4 mm and a 6 mm subchondral cyst.", [4.0, 6.0]),
        ("Talar dome osteochondral lesion 8 mm, 3 mm subchondral cyst.", [8.0, 3.0]),
    ],
)
def test_size_of_a_neighbour_is_no_size_of_a_finding(pipeline: Pipeline, text: str, sizes: list[float | None]) -> None:
    assert [row.size_mm for row in pipeline.associated(Report("1", text))] == sizes
