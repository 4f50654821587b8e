"""Short reports and their rows: one family of phrasing each."""

from __future__ import annotations

import unicodedata

import pytest

from marrowtext.model import Finding, Report
from marrowtext.pipeline import Pipeline


def tell(finding: Finding) -> str:
    """Write out what a row says, without what it leaves open."""
    pattern = None if finding.pattern == "unspecified" else finding.pattern
    said = (finding.assertion, finding.site, finding.level, finding.laterality, finding.change, pattern)
    return " ".join(str(value) for value in said if value)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("HISTORY: Known marrow edema of the talus.", ["historical talus"]),
        ("CLINICAL HISTORY: ? marrow oedema.\nFINDINGS: Normal study.", ["hypothetical"]),
        (
            "COMPARISON: MRI showed marrow edema of the talus.\nFINDINGS: No marrow edema of the talus.",
            ["historical talus", "absent talus"],
        ),
        ("TALUS: Marrow edema. CALCANEUS: No marrow edema.", ["present talus", "absent calcaneus"]),
        ("Bones: Mild edema in the navicular.\nTendons: Edema around the peroneal tendons.", ["present navicular"]),
        ("TECHNIQUE: STIR images for marrow edema.\nFINDINGS: Normal.", ["hypothetical"]),
    ],
)
def test_sections(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert [tell(finding) for finding in pipeline.findings(Report("1", text))] == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Marrow edema of the talus measures 3.5 cm. The cuboid is normal.", ["present talus"]),
        ("No fracture.Marrow edema of the talus.", ["present talus"]),
        ("There is marrow\nedema of the talus", ["present talus"]),
        ("- Marrow edema of the talus\n- No marrow edema of the cuboid", ["present talus", "absent cuboid"]),
        ("Dr. Lee noted marrow edema of the talus.", ["present talus"]),
    ],
)
def test_sentences(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert [tell(finding) for finding in pipeline.findings(Report("1", text))] == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            "Marrow edema of the talus, calcaneus and navicular.",
            ["present talus", "present calcaneus", "present navicular"],
        ),
        ("L4 and L5 show marrow edema.", ["present vertebra L4", "present vertebra L5"]),
        ("T11, T12 and L1 without marrow edema.", ["absent vertebra T11", "absent vertebra T12", "absent vertebra L1"]),
        (
            "Marrow edema in the medial femoral condyle and adjacent tibial plateau.",
            ["present medial_femoral_condyle", "present medial_tibial_plateau"],
        ),
        ("Marrow edema of the second and third metatarsal heads.", ["present metatarsal_2", "present metatarsal_3"]),
        ("Marrow edema in the bilateral femoral heads.", ["present femoral_head bilateral"]),
        (
            "Marrow edema in the femoral head extending into the femoral neck.",
            ["present femoral_head", "present femoral_neck"],
        ),
        (
            "The left hip, sacrum and ischium show normal marrow signal.",
            ["absent hip_joint left", "absent sacrum", "absent ischium left"],
        ),
    ],
)
def test_lists(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert [tell(finding) for finding in pipeline.findings(Report("1", text))] == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Increased STIR signal in the talus, consistent with marrow edema.", ["present talus"]),
        ("Contusion (bone marrow edema) of the talus.", ["present talus traumatic"]),
        (
            "Bone contusions of the talus and calcaneus (kissing contusions).",
            ["present talus traumatic", "present calcaneus traumatic"],
        ),
        ("Stress reaction or contusion of the talus.", ["present talus stress_reaction", "present talus traumatic"]),
        (
            "Mild endplate edema at the L5-S1 level (Modic type I changes).",
            ["present vertebral_endplate L5-S1 degenerative"],
        ),
        (
            "High STIR signal in the femoral neck with extension to the lesser trochanter, s/o marrow edema.",
            ["possible femoral_neck", "possible lesser_trochanter"],
        ),
        ("The talus shows marrow edema, appearing hypointense on T1 and hyperintense on STIR.", ["present talus"]),
    ],
)
def test_names(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert [tell(finding) for finding in pipeline.findings(Report("1", text))] == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Edema in the soleus muscle.", []),
        ("Edema of the talus.", ["present talus"]),
        (
            "Flattening of the femoral heads. Areas of abnormal signal, likely avascular necrosis.",
            ["possible femoral_head bilateral osteonecrosis"],
        ),
        ("Subcutaneous edema over the greater trochanter.", []),
        ("Fracture of the navicular. Surrounding edema.", ["present navicular traumatic"]),
        (
            "Marrow edema of the femoral head. The edema extends into the femoral neck.",
            ["present femoral_head", "present femoral_neck"],
        ),
        (
            "Stress fracture of the femoral head. Surrounding edema extends into the femoral neck.",
            ["present femoral_head stress_fracture", "present femoral_neck stress_fracture"],
        ),
        (
            "Marrow edema of the femoral neck. No edema on the tensile side.",
            ["present femoral_neck", "absent femoral_neck"],
        ),
    ],
)
def test_hosts(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert [tell(finding) for finding in pipeline.findings(Report("1", text))] == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            "No marrow edema in the femoral neck, but marrow edema in the femoral head.",
            ["absent femoral_neck", "present femoral_head"],
        ),
        ("No fracture, with marrow edema of the talus.", ["present talus"]),
        ("No fracture or marrow edema of the talus or cuboid.", ["absent talus", "absent cuboid"]),
        ("No marrow edema except in the talus.", ["absent", "present talus"]),
        ("Marrow edema of the talus without fracture.", ["present talus"]),
        ("Possible marrow edema of the talus; none in the cuboid.", ["possible talus", "absent cuboid"]),
    ],
)
def test_clauses(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert [tell(finding) for finding in pipeline.findings(Report("1", text))] == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("MRI LEFT KNEE\nFINDINGS: Marrow edema in the patella.", ["present patella left"]),
        ("MRI LEFT KNEE\nFINDINGS: Marrow edema in the right patella.", ["present patella right"]),
        ("INDICATION: Right knee pain.\nFINDINGS: Marrow edema in the patella.", ["present patella right"]),
        (
            "RIGHT HIP: Marrow edema in the femoral head. LEFT HIP: No marrow edema in the femoral head.",
            ["present femoral_head right", "absent femoral_head left"],
        ),
        ("MRI LEFT HIP\nFINDINGS: Marrow edema of the sacrum.", ["present sacrum"]),
        ("Marrow edema of the left more than right femoral head.", ["present femoral_head bilateral"]),
        (
            "Bilateral femoral head osteonecrosis. On the right there is extensive marrow edema.",
            ["present femoral_head right osteonecrosis"],
        ),
    ],
)
def test_sides(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert [tell(finding) for finding in pipeline.findings(Report("1", text))] == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Marrow edema of the talus has decreased.", ["present talus decreased"]),
        ("Marrow edema of the talus has resolved.", ["absent talus resolved"]),
        ("New marrow edema of the talus.", ["present talus new"]),
        ("Previously seen marrow edema of the talus.", ["historical talus"]),
    ],
)
def test_change(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert [tell(finding) for finding in pipeline.findings(Report("1", text))] == rows


# What is written in two ways in Unicode


def test_accent_behind_its_letter_reads_as_one_in_it(pipeline: Pipeline) -> None:
    text = "Marrow edéma-like signal of the lunate, Kienböck disease. Édema of the talus."
    (apart,) = {unicodedata.normalize("NFD", text)} - {text}
    composed, decomposed = (pipeline.findings(Report("1", one)) for one in (text, apart))
    assert [(f.mention, f.site, f.pattern_evidence) for f in composed] == [
        ("Marrow edéma-like signal", "lunate", "Kienböck disease"),
        ("Édema", "talus", None),
    ]
    assert [(unicodedata.normalize("NFC", f.mention), f.site) for f in decomposed] == [
        ("Marrow edéma-like signal", "lunate"),
        ("Édema", "talus"),
    ]
    assert [apart[f.start : f.end] == f.mention for f in decomposed] == [True, True]
    assert decomposed[0].pattern_evidence == unicodedata.normalize("NFD", "Kienböck disease")


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("MRI LEFT HIP\nPubic rami fractures with marrow edema.", ["present pubic_ramus left traumatic"]),
        (
            "MRI LEFT HIP\nMarrow edema in superior and inferior pubic rami.",
            ["present superior_pubic_ramus left", "present inferior_pubic_ramus left"],
        ),
        ("MRI PELVIS\nLEFT HIP: Marrow edema in pubic rami.", ["present pubic_ramus left"]),
        ("MRI PELVIS\nMarrow edema in pubic rami.", ["present pubic_ramus bilateral"]),
        ("MRI PELVIS AND LEFT HIP\nMarrow edema in pubic rami.", ["present pubic_ramus bilateral"]),
        ("MRI LEFT HIP\nNo marrow edema in the pubic rami.", ["absent pubic_ramus bilateral"]),
        ("MRI LEFT HIP\nMarrow edema in both pubic rami.", ["present pubic_ramus bilateral"]),
        ("MRI LEFT HIP\nMarrow edema in inferior pubic rami.", ["present inferior_pubic_ramus bilateral"]),
        ("MRI LEFT HIP\nMarrow edema in the femoral heads.", ["present femoral_head bilateral"]),
    ],
)
def test_plural_of_parts_names_no_second_side(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert [tell(finding) for finding in pipeline.findings(Report("1", text))] == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Undisplaced left NOF fracture with marrow oedema.", ["present femoral_neck left traumatic"]),
        ("No marrow oedema of the right and left NOF.", ["absent femoral_neck bilateral"]),
        ("MRI RIGHT HIP\nMarrow oedema of the NOF.", ["present femoral_neck right"]),
        ("MRI RIGHT KNEE\nMarrow oedema about the NOF in the distal femur.", ["present distal_femur right"]),
        ("MRI RIGHT KNEE\nIncidental NOF. Marrow oedema.", ["present right"]),
    ],
)
def test_nof_is_the_neck_of_femur_but_a_fibroma_in_a_bone(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert [tell(finding) for finding in pipeline.findings(Report("1", text))] == rows
