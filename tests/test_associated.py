"""Reports and their associated rows: what a report says beside the edema, in the styles that radiologists write."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas
import pytest

from marrowtext import associated, extract_associated
from marrowtext.batch import extract_tables
from marrowtext.columns import ASSOCIATED_TABLE
from marrowtext.errors import InputError, RuleError
from marrowtext.model import AssociatedFinding, Report
from marrowtext.pipeline import Pipeline
from marrowtext.pool import Pool
from marrowtext.readers import ReportRow, open_reports
from marrowtext.rules import load_rules, shipped_patterns


def tell(finding: AssociatedFinding) -> str:
    """Write out what a row says, without what it leaves open."""
    said = (
        finding.concept,
        finding.assertion,
        finding.site,
        finding.level,
        finding.laterality,
        finding.change,
        finding.grade_system,
        finding.grade,
    )
    return " ".join(str(value) for value in said if value)


_ACADEMIC = [
    (
        "EXAM: MRI of the left hip without contrast.\nFINDINGS:\nOsseous structures: There is a serpentine area of "
        "osteonecrosis in the anterosuperior left femoral head, ARCO stage 2, without subchondral collapse. No acute "
        "fracture or dislocation.\nJoint: Moderate left hip joint effusion. Mild synovitis.\nLabrum: There is a "
        "tear of "
        "the anterosuperior labrum.\nIMPRESSION:\n1. Osteonecrosis of the left femoral head.",
        [
            "osteonecrosis present femoral_head left ARCO 2",
            "subchondral_collapse absent femoral_head left",
            "fracture absent left",
            "dislocation absent left",
            "effusion present hip_joint left",
            "synovitis present left",
            "labral_tear present left",
            "osteonecrosis present femoral_head left",
        ],
    ),
    (
        "FINDINGS: Menisci: Complex tear of the posterior horn of the medial meniscus. The lateral meniscus is "
        "intact.\n"
        "Ligaments: Complete tear of the anterior cruciate ligament. Grade 2 sprain of the MCL. The PCL and LCL are "
        "intact.\nCartilage: Full-thickness cartilage loss of the medial femoral condyle, Outerbridge grade IV.\n"
        "Joint fluid: Large joint effusion.",
        [
            "meniscal_tear present",
            "ligament_tear present",
            "ligament_tear present 2",
            "cartilage_loss present medial_femoral_condyle Outerbridge IV",
            "effusion present",
        ],
    ),
    (
        "IMPRESSION:\n1. Subchondral insufficiency fracture of the right medial femoral condyle with early articular "
        "surface collapse.\n2. No evidence of osteomyelitis or suspicious osseous lesion.",
        [
            "insufficiency_fracture present medial_femoral_condyle right",
            "subchondral_collapse present medial_femoral_condyle right",
            "infection absent",
            "mass absent",
        ],
    ),
    (
        "FINDINGS: High-grade partial-thickness tear of the supraspinatus tendon measuring 14 mm in AP dimension. The "
        "infraspinatus, subscapularis and teres minor tendons are intact. SLAP type II tear. Subacromial-subdeltoid "
        "bursitis. Subcortical cysts of the greater tuberosity.",
        [
            "tendon_tear present",
            "labral_tear present SLAP II",
            "bursitis present",
            "subchondral_cyst present greater_tuberosity",
        ],
    ),
    (
        "INDICATION: Evaluate for stress fracture of the left tibia.\nFINDINGS: Tibial shaft marrow edema without "
        "fracture line, Fredericson grade 2. No stress fracture.\nIMPRESSION: Stress reaction, no fracture.",
        [
            "stress_fracture hypothetical tibia left",
            "fracture_line absent tibial_shaft left",
            "stress_fracture absent",
            "fracture absent",
        ],
    ),
]

_BRITISH = [
    (
        "Clinical details: ?AVN.\nReport: There is no evidence of avascular necrosis. There is a small joint effusion. "
        "Labral tear is noted anteriorly. No fracture. Degenerative subchondral cysts are present within the "
        "acetabular roof.",
        [
            "osteonecrosis hypothetical",
            "osteonecrosis absent",
            "effusion present",
            "labral_tear present",
            "fracture absent",
            "subchondral_cyst present acetabular_roof",
        ],
    ),
    (
        "MRI sacroiliac joints. Erosions are seen at both sacroiliac joints with subchondral sclerosis and fatty "
        "change "
        "of the adjacent ilium. No ankylosis. No enthesitis.",
        [
            "erosion present sacroiliac_joint bilateral",
            "sclerosis present sacroiliac_iliac_side bilateral",
            "fatty_change present sacroiliac_iliac_side bilateral",
            "ankylosis absent",
            "enthesitis absent",
        ],
    ),
    (
        "The previously noted fracture of the right sacral ala has healed. New insufficiency fracture of the left "
        "sacral "
        "ala. The joint effusion has resolved.",
        [
            "fracture absent sacral_ala right resolved",
            "insufficiency_fracture present sacral_ala left new",
            "effusion absent resolved",
        ],
    ),
    (
        "Right total hip replacement in situ. There is no periprosthetic fracture. A large soft tissue collection "
        "is in "
        "keeping with an abscess. Infection cannot be excluded.",
        [
            "hardware present hip_joint right",
            "fracture absent",
            "infection present",
            "infection possible",
        ],
    ),
    (
        "Scaphoid waist fracture with cystic change. The proximal pole is sclerotic, suspicious for avascular "
        "necrosis. "
        "The scapholunate ligament is torn.",
        [
            "fracture present scaphoid",
            "subchondral_cyst present scaphoid",
            "sclerosis present scaphoid",
            "osteonecrosis possible scaphoid",
            "ligament_tear present",
        ],
    ),
]

_INDIAN = [
    (
        "MRI RT KNEE. Grade III signal noted in posterior horn of medial meniscus - s/o tear. ACL shows complete "
        "tear. PCL, "
        "MCL and LCL appear normal. Mild joint effusion noted. Chondromalacia patella grade II. No e/o fracture.",
        [
            "meniscal_tear possible right",
            "ligament_tear present right",
            "effusion present right",
            "cartilage_loss present patella right II",
            "fracture absent right",
        ],
    ),
    (
        "Both hips: AVN of bilateral femoral heads - Ficat and Arlet stage III on right and stage II on left. Minimal "
        "joint effusion on right side. No collapse on left side.",
        [
            "osteonecrosis present femoral_head right Ficat III",
            "osteonecrosis present femoral_head left Ficat II",
            "effusion present hip_joint right",
            "subchondral_collapse absent femoral_head left",
        ],
    ),
    (
        "Wedge compression fracture of D12 vertebral body noted with approx 40% height loss. No e/o retropulsion. "
        "Modic type "
        "II endplate changes at L4-L5. No paraspinal abscess.",
        [
            "fracture present vertebral_body T12",
            "fatty_change present vertebral_endplate L4-L5 Modic II",
            "infection absent",
        ],
    ),
    (
        "Imp: - Features s/o tuberculous spondylodiscitis at L3-4 level with paraspinal abscess.\n- Partial "
        "collapse of L3 "
        "vertebral body.",
        [
            "infection possible vertebra L3-L4",
            "infection present vertebra L3-L4",
            "fracture present vertebral_body L3",
        ],
    ),
    (
        "ATFL - partial tear. CFL - intact. Deltoid ligament - normal. Tendons: no tear. Minimal ankle joint effusion.",
        ["ligament_tear present", "tendon_tear absent", "effusion present ankle_joint"],
    ),
]

_TEMPLATE = [
    (
        "FRACTURE: None.\nDISLOCATION: None.\nEFFUSION: Small.\nLABRUM: Degenerative tear, anterior.\nHARDWARE: None.\n"
        "MASS: None.",
        [
            "fracture absent",
            "dislocation absent",
            "effusion present",
            "labral_tear present",
            "hardware absent",
            "mass absent",
        ],
    ),
    (
        "MEDIAL COMPARTMENT\nMeniscus: Horizontal tear of the body.\nCartilage: Grade 3 chondral loss of the medial "
        "tibial plateau.\nLATERAL COMPARTMENT\nMeniscus: No tear.\nCartilage: No defect.",
        [
            "meniscal_tear present",
            "cartilage_loss present medial_tibial_plateau 3",
            "meniscal_tear absent",
        ],
    ),
    (
        "RIGHT SHOULDER\nROTATOR CUFF: Full-thickness tear of the supraspinatus, 2.1 cm. No subscapularis "
        "tear.\nBICEPS: No "
        "tear.\nLABRUM: No tear.\nBONES: Hill-Sachs deformity of the humeral head. No bony Bankart.",
        [
            "tendon_tear present right",
            "tendon_tear absent right",
            "tendon_tear absent right",
            "labral_tear absent right",
            "fracture present humeral_head right",
            "fracture absent shoulder_joint right",
        ],
    ),
    (
        "Joint effusion: no\nSynovitis: absent\nErosions: present, second metacarpal head",
        [
            "effusion absent",
            "synovitis absent",
            "erosion present metacarpal_2",
        ],
    ),
    (
        "LEFT HIP:\nFracture: negative.\nOsteonecrosis: negative.\nRIGHT HIP:\nFracture: negative.\nOsteonecrosis: "
        "femoral head, ARCO stage IIIA.",
        [
            "fracture absent hip_joint left",
            "osteonecrosis absent hip_joint left",
            "fracture absent hip_joint right",
            "osteonecrosis present femoral_head right ARCO IIIA",
        ],
    ),
]

_TELEGRAPHIC = [
    ("fx distal radius, no dislocation", ["fracture present distal_radius", "dislocation absent distal_radius"]),
    ("R knee. ACL rupture, lat meniscal tear, small effusion, no fx", [
        "ligament_tear present right",
        "meniscal_tear present right",
        "effusion present knee_joint right",
        "fracture absent knee_joint right",
    ]),
    ("L hip AVN stage II, no collapse, sm effusion", [
        "osteonecrosis present hip_joint left II",
        "subchondral_collapse absent hip_joint left",
        "effusion present hip_joint left",
    ]),
    ("stress fx 2nd MT shaft, no displacement", ["stress_fracture present metatarsal_2"]),
    ("tib plateau fx, nondisplaced; lipohemarthrosis", ["fracture present tibial_plateau", "effusion present"]),
]  # fmt: skip

_HARD = [
    (
        "No fracture line within the edema of the talus.",
        ["fracture_line absent talus"],
    ),
    (
        "Marrow edema of the femoral head; nondisplaced fracture cannot be excluded.",
        ["fracture possible femoral_head"],
    ),
    (
        "Differential includes avascular necrosis versus insufficiency fracture of the femoral head.",
        ["osteonecrosis possible femoral_head", "insufficiency_fracture possible femoral_head"],
    ),
    (
        "Tear of the rectus femoris muscle. Annular tear at L4-5. Ruptured Baker's cyst. Fracture clinic follow-up.",
        [],
    ),
    (
        "Unchanged sclerosis of the iliac side of both sacroiliac joints. Erosions have increased on the left.",
        ["sclerosis present sacroiliac_iliac_side bilateral unchanged", "erosion present left increased"],
    ),
    (
        "COMPARISON: MRI of 2020 showed a stress fracture of the left femoral neck.\nFINDINGS: No stress fracture. "
        "No mass "
        "effect.",
        ["stress_fracture historical femoral_neck left", "stress_fracture absent"],
    ),
    (
        "Modified Outerbridge grade 3 chondromalacia of the patella and grade 2 sprain of the MCL.",
        ["cartilage_loss present patella Outerbridge 3", "ligament_tear present 2"],
    ),
    (
        "Osteonecrosis of the right femoral head, 2019 revised ARCO stage 3A. Steinberg stage IVB on the left.",
        ["osteonecrosis present femoral_head right ARCO 3A"],
    ),
    (
        "No meniscal, ligament or tendon tear.",
        ["meniscal_tear absent", "ligament_tear absent", "tendon_tear absent"],
    ),
    (
        "There is neither fracture nor dislocation, but a moderate effusion is present.",
        ["fracture absent", "dislocation absent", "effusion present"],
    ),
    (
        "Subluxation of the long head of the biceps tendon. Lateral subluxation of the patella.",
        ["dislocation present patella"],
    ),
    (
        "Nidus in the lateral femoral neck consistent with osteoid osteoma. No enchondroma.",
        ["mass present femoral_neck", "mass present femoral_neck", "mass absent"],
    ),
    (
        "Old healed fracture of the distal fibula. Healing stress fracture of the third metatarsal.",
        ["fracture present distal_fibula", "stress_fracture present metatarsal_3 decreased"],
    ),
    (
        "Achilles enthesitis with erosion of the calcaneus and retrocalcaneal bursitis.",
        ["enthesitis present calcaneus", "erosion present calcaneus", "bursitis present"],
    ),
    (
        "Bilateral sacroiliitis with SPARCC score 12. Backfill in the left sacroiliac joint. Pedicle screws at L4 "
        "and L5.",
        [
            "fatty_change present sacroiliac_joint left",
            "hardware present vertebra L4",
            "hardware present vertebra L5",
        ],
    ),
]

_STYLES = {
    "academic": _ACADEMIC,
    "british": _BRITISH,
    "indian": _INDIAN,
    "template": _TEMPLATE,
    "telegraphic": _TELEGRAPHIC,
    "hard": _HARD,
}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        pytest.param(text, rows, id=f"{style}-{number}")
        for style, cases in _STYLES.items()
        for number, (text, rows) in enumerate(cases, start=1)
    ],
)
def test_report(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert [tell(finding) for finding in pipeline.associated(Report("1", text))] == rows


@pytest.mark.parametrize(
    ("text", "structures"),
    [
        ("ACL and MCL are torn.", ["ACL", "MCL"]),
        ("No ACL, PCL or meniscal tear.", ["ACL", "PCL", "meniscal"]),
        ("Full-thickness supraspinatus tendon tear.", ["supraspinatus tendon"]),
        ("Tear of the posterior horn of the medial meniscus.", ["posterior horn of the medial meniscus"]),
        ("The tear involves the anterior fibers of the infraspinatus.", ["infraspinatus"]),
        ("SUPRASPINATUS: Full-thickness tear of the anterior fibers.", ["SUPRASPINATUS"]),
        ("Fracture of the talus.", [None]),
    ],
)
def test_structure(pipeline: Pipeline, text: str, structures: list[str | None]) -> None:
    assert [finding.structure for finding in pipeline.associated(Report("1", text))] == structures


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("12 x 8 mm subchondral cyst of the talus.", 12.0),
        ("Full-thickness supraspinatus tear measuring 1.4 cm AP.", 14.0),
        ("Achilles tendon rupture with a 3 cm gap.", None),
        ("Medial meniscal root tear with 5 mm extrusion.", None),
        ("Supraspinatus tear retracted 2 cm.", None),
        ("No 5 mm cyst of the talus.", None),
    ],
)
def test_size(pipeline: Pipeline, text: str, size: float | None) -> None:
    (row,) = pipeline.associated(Report("1", text))
    assert row.size_mm == size


def test_row_holds_its_evidence(pipeline: Pipeline) -> None:
    text = "HISTORY: Fall.\nFINDINGS: Normal marrow. Small joint effusion of the left hip."
    (row,) = pipeline.associated(Report("7", text))
    assert (row.report_id, row.associated, row.section) == ("7", 1, "findings")
    assert text[row.start : row.end] == row.mention == "Small joint effusion"
    assert row.sentence == "Small joint effusion of the left hip."
    assert (row.laterality, row.laterality_source) == ("left", "mention")
    assert row.rules == ("associated.effusion", "site.hip_joint", "side.left", "heading.findings")


def test_findings_do_not_depend_on_the_pass(pipeline: Pipeline) -> None:
    report = Report(
        "1", "Stress fracture of the left talus with marrow edema and effusion. No marrow edema of the cuboid."
    )
    before = pipeline.findings(report)
    pipeline.associated(report)
    assert pipeline.findings(report) == before


def test_one_text() -> None:
    (row,) = associated("Tear of the ACL.", id="3", title="MRI LEFT KNEE")
    assert (row.report_id, row.concept, row.laterality) == ("3", "ligament_tear", "left")


def test_one_text_is_a_text() -> None:
    with pytest.raises(TypeError, match="text is to be one report"):
        associated(["Tear of the ACL."])  # type: ignore[arg-type]


def test_frame() -> None:
    frame = pandas.DataFrame(
        {"text": ["Small effusion.", "Intact menisci.", "No fracture."], "id": ["a", "b", "c"], "sex": ["F", "M", "F"]}
    )
    table = extract_associated(frame, carry="sex")
    assert list(table.columns) == [*(column.name for column in ASSOCIATED_TABLE), "sex"]
    told = table[["report_id", "row", "concept", "assertion", "sex"]].astype(object).values.tolist()
    assert told == [["a", 1, "effusion", "present", "F"], ["c", 3, "fracture", "absent", "F"]]
    assert [str(table[name].dtype) for name in ("concept", "size_mm", "site")] == ["category", "Float64", "string"]
    assert extract_associated([]).empty


@pytest.mark.usefixtures("inline")
def test_table_beside_the_others(tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("id,text\n1,Small effusion.\n2,\n3,Torn ACL.\n")
    manifest = extract_tables(open_reports(source), out, associated=True)
    with (tmp_path / "out.associated.csv").open(newline="") as file:
        rows = [(row["report_id"], row["row"], row["concept"]) for row in csv.DictReader(file)]
    assert rows == [("1", "1", "effusion"), ("3", "3", "ligament_tear")]
    assert sorted(manifest.tables) == ["associated", "findings", "reports", "sites"]
    assert manifest.options["associated"] is True


@pytest.mark.usefixtures("inline")
def test_table_is_written_on_request_alone(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("id,text\n1,Small effusion.\n")
    extract_tables(open_reports(source), tmp_path / "out.csv")
    assert not (tmp_path / "out.associated.csv").exists()


@pytest.mark.usefixtures("inline")
def test_table_that_is_there_is_kept(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("id,text\n1,Small effusion.\n")
    (tmp_path / "out.associated.csv").write_text("mine")
    with pytest.raises(InputError, match=r"its associated table out\.associated\.csv exists already"):
        extract_tables(open_reports(source), tmp_path / "out.csv", associated=True)
    assert (tmp_path / "out.associated.csv").read_text() == "mine"


def test_worker_gives_both() -> None:
    with Pool((shipped_patterns(),), 1, associated=True) as pool:
        reader = [ReportRow(1, Report("1", "Small effusion with marrow edema of the talus."), None, False)]
        ((_, (answer,)),) = pool.read([reader])
    assert [row["concept"] for row in answer.associated] == ["effusion"]
    assert [row["concept"] for row in answer.findings] == ["edema"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('of = { meniscuss = "meniscal_tear" }', "of: unknown name 'meniscuss'"),
        ('at = { moon = "none" }', "at: unknown name 'moon'"),
        ('concept = "tear"', "concept"),
        ("neutral = true", "neutral"),
        ('site = "moon"', "site: unknown site 'moon'"),
    ],
)
def test_wrong_rule_is_refused(tmp_path: Path, line: str, message: str) -> None:
    rule = f'[[associated]]\nid = "associated.own"\n{line}\nterms = ["x"]\nfinds = ["X."]\nskips = ["Y."]\n'
    (tmp_path / "own.toml").write_text(rule)
    with pytest.raises(RuleError, match=message) as told:
        load_rules(shipped_patterns(), tmp_path)
    assert "own.toml: rule associated.own" in str(told.value)
