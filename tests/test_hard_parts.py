"""The hard parts of reading a report, as the rows of short reports: what is denied, doubted, asked, past, and where."""

from __future__ import annotations

import pytest

from marrowtext.model import Finding, Report
from marrowtext.pipeline import Pipeline


def tell(finding: Finding) -> str:
    """Write out what a row says, without what it leaves open."""
    pattern = None if finding.pattern == "unspecified" else finding.pattern
    said = (finding.assertion, finding.site, finding.level, finding.laterality, finding.change, pattern)
    return " ".join(str(value) for value in said if value)


def read(pipeline: Pipeline, text: str) -> list[str]:
    return [tell(finding) for finding in pipeline.findings(Report("1", text))]


NEGATION = [
    ("No fracture, contusion or marrow edema of the talus.", ["absent talus", "absent talus"]),
    ("No fracture, but marrow edema in the talus.", ["present talus"]),
    ("No marrow edema except in the cuboid.", ["absent", "present cuboid"]),
    ("Aside from the cuboid, there is no marrow edema.", ["absent"]),
    ("No marrow edema other than in the navicular.", ["absent", "present navicular"]),
    ("Marrow edema of the talus is not seen.", ["absent talus"]),
    ("The marrow edema of the talus has resolved.", ["absent talus resolved"]),
    ("Bone bruising is absent in the calcaneus.", ["absent calcaneus"]),
    ("Neither the talus nor the calcaneus shows marrow edema.", ["absent talus", "absent calcaneus"]),
    ("No change in the marrow edema of the talus.", ["present talus unchanged"]),
    ("No increase in the marrow edema of the talus.", ["present talus"]),
    ("Not only the talus but also the cuboid shows marrow edema.", ["present talus", "present cuboid"]),
    ("Marrow edema in the talus. No other marrow edema.", ["present talus", "absent"]),
    ("No new marrow edema in the talus.", ["absent talus"]),
    ("MARROW: Normal", ["absent"]),
    ("Marrow edema: none", ["absent"]),
    ("Marrow edema: absent bilaterally.", ["absent bilateral"]),
    ("Marrow edema: nil on either side.", ["absent bilateral"]),
    ("Marrow edema: no features.", ["absent"]),
    ("Bright red marrow of the talus, not a contusion.", ["absent talus"]),
    ("A bright band of the talus, more likely than not a contusion.", ["possible talus traumatic"]),
    (
        "Marrow edema in the iliac side of the left sacroiliac joint, none on the sacral side.",
        ["present sacroiliac_iliac_side left", "absent sacroiliac_sacral_side left"],
    ),
    ("The fracture line is not associated with marrow edema.", ["absent"]),
    ("No marrow signal abnormality, except for a few sclerotic foci in the ilium.", ["absent"]),
    ("I dont see any marrow edema of the talus.", ["absent talus"]),
    ("There is nothing in the way of edema in the talus.", ["absent talus"]),
    ("A channel in the talus should not be mistaken for marrow edema.", ["absent talus"]),
    ("The femoral head is non edematous.", ["absent femoral_head"]),
    (
        "Marrow edema in the femoral neck. It does not reach the femoral head.",
        ["present femoral_neck", "absent femoral_head"],
    ),
    ("The scaphoid is healed, not edematous.", ["absent scaphoid"]),
]

DOUBT = [
    (
        "Marrow edema of the tibial shaft, likely stress reaction.",
        ["present tibial_shaft stress_reaction", "possible tibial_shaft stress_reaction"],
    ),
    ("Marrow edema of the talus; nondisplaced fracture cannot be excluded.", ["present talus"]),
    ("Possible marrow edema of the talus.", ["possible talus"]),
    ("Marrow edema of the talus cannot be excluded.", ["possible talus"]),
    (
        "Contusion versus stress reaction of the calcaneus.",
        ["present calcaneus traumatic", "present calcaneus stress_reaction"],
    ),
    ("High STIR signal in the femoral neck, red marrow versus edema.", ["possible femoral_neck"]),
    ("High STIR signal in the talus may represent a subtle contusion.", ["possible talus traumatic"]),
    ("Bright STIR focus at the sacral ala, which may be a vessel.", ["possible sacral_ala"]),
    ("Marrow edema of the talus is unlikely.", ["absent talus"]),
    ("Equivocal marrow edema in the lunate.", ["possible lunate"]),
    ("MRI LEFT TALUS. Cannot excl. faint marrow edema of the talus.", ["possible talus left"]),
    ("A bright STIR dot in the talus is either a vessel or a tiny focus of edema.", ["possible talus"]),
    (
        "Edema of the talus. High STIR signal in the cuboid is probably the start of the same process.",
        ["present talus", "present cuboid"],
    ),
    ("Bright signal in the talus, early edema can not be excluded.", ["possible talus"]),
    (
        "High STIR signal in the fibular head close to the ligament attachment is equivocal for a bruise.",
        ["possible fibular_head traumatic"],
    ),
    ("High STIR signal in the talus without any fracture line, likely bone contusion.", ["possible talus traumatic"]),
    ("High STIR signal of the iliac crest is suspected enthesitis.", ["present iliac_crest inflammatory"]),
    ("HISTORY: Rule out bone contusion, xrays neg.", ["hypothetical"]),
    ("There is questionable edema in the talus.", ["possible talus"]),
    ("Possible adjacent edema in the talus.", ["possible talus"]),
    ("Possible fracture with adjacent edema in the talus.", ["present talus traumatic"]),
    ("A scan is advised if clinical suspicion of stress reaction of the talus.", ["hypothetical talus"]),
    ("Were repeat imaging to show marrow edema, a biopsy would follow.", ["hypothetical"]),
    ("An outside MRI reportedly demonstrated marrow edema of the talus.", ["historical talus"]),
    ("Marrow edema of the femoral neck, early osteomyelitis can not be excluded.", ["present femoral_neck"]),
    ("High STIR signal in the talus, may be susceptibility.", ["possible talus"]),
    ("Clin/ ?bone bruise\nFindings/ Menisci intact.", ["hypothetical"]),
    ("Hx 27F runner, ?stress reaction\nFINDINGS: Menisci intact.", ["hypothetical"]),
    ("Clinical details: Twisting injury.\nBone bruise?\n\nThe menisci are intact.", ["hypothetical"]),
]

PAST_AND_ASKED = [
    ("INDICATION: Rule out bone bruise.\nFINDINGS: Menisci intact.", ["hypothetical"]),
    ("Should marrow edema persist, a bone density scan is advised.", ["hypothetical"]),
    ("MR of this knee from 2022 showed contusions of the patella.", ["historical patella"]),
    ("Wrist MR 2019: contusion of the triquetrum.", ["historical triquetrum"]),
    ("INDICATION: Has the marrow edema settled?\nFINDINGS: Menisci intact.", ["hypothetical"]),
    ("COMPARISON: Prior MRI showed marrow edema of the talus.\nFINDINGS: Menisci intact.", ["historical talus"]),
    ("If marrow edema is seen, repeat the exam.", ["hypothetical"]),
    ("Repeat MRI is advised to confirm resolution of the marrow edema.", ["hypothetical"]),
    ("History of bone bruise of the talus.", ["historical talus"]),
    ("Marrow edema of the talus seen previously has decreased.", ["present talus decreased"]),
    ("The examination revealed marrow edema of the talus.", ["present talus"]),
    (
        "The talus, which was edematous in March, is back to normal marrow signal.",
        ["historical talus", "absent talus resolved"],
    ),
    ("IMPRESSION: Meniscal tear.\nADDENDUM 07:55: There is marrow edema of the patella.", ["present patella"]),
]

CHANGE = [
    ("Marrow edema of the talus, not present previously.", ["present talus new"]),
    ("Marrow edema of the talus that was not there in March.", ["present talus new"]),
    ("Marrow edema of the talus has worsened.", ["present talus increased"]),
    ("Residual marrow edema of the talus.", ["present talus decreased"]),
    ("Marrow edema of the talus has nearly resolved.", ["present talus decreased"]),
    ("Marrow edema of the talus is stationary.", ["present talus unchanged"]),
    ("There is no marrow edema of the talus any longer.", ["absent talus resolved"]),
    ("Most of the edema in the talus has cleared.", ["present talus decreased"]),
    ("I can find nothing left of the cuboid bruise.", ["absent cuboid resolved"]),
    (
        "The edema that surrounded the necrotic segment of the femoral head has resolved.",
        ["absent femoral_head resolved"],
    ),
    (
        "Marrow edema in the SI joints has increased on the right and is unchanged on the left.",
        ["present sacroiliac_joint right increased", "present sacroiliac_joint left unchanged"],
    ),
    ("A new finding is mild edema in the talus.", ["present talus new"]),
    ("Much reduced marrow edema of the talus.", ["present talus decreased"]),
    ("The stress injury of the tibial shaft has healed.", ["absent tibial_shaft resolved"]),
    ("Marrow edema in the talus, less conspicuous than on the outside examination.", ["present talus decreased"]),
]

BARE_WORDS = [
    (
        "Greater trochanter with high STIR signal, likely edema from the gluteus.",
        ["possible greater_trochanter"],
    ),
    ("Edema in the femoral head and in the gluteus medius muscle.", ["present femoral_head"]),
    ("Contusion of the vastus lateralis muscle.", []),
    ("Effusion and edema.", []),
    ("Hoffa's fat pad is edematous and the patella is high.", []),
    ("Extensive bone marrow and surrounding soft tissue edema of the calcaneus.", ["present calcaneus"]),
    ("Fracture of the pubis with adjacent marrow and obturator externus edema.", ["present pubis traumatic"]),
    ("High signal in the posterior horn of the medial meniscus.", []),
    ("Cord edema at T6. Marrow edema of the T6 vertebral body.", ["present vertebral_body T6"]),
]

SIGNAL = [
    ("Increased T2 signal in the talus.", ["present talus"]),
    ("High STIR signal in the talus, consistent with marrow edema.", ["present talus"]),
    ("The talus is dark on T1 and bright on STIR, in keeping with edema.", ["present talus"]),
    ("Edema-like marrow signal in the lunate.", ["present lunate"]),
    ("Decreased T1 signal in the iliac bones.", []),
    ("Red marrow reconversion of the femoral shafts.", []),
    ("Marrow replacement of the L3 vertebral body.", []),
    ("Modic type 1 change at L4-L5.", ["present vertebral_endplate L4-L5 degenerative"]),
    ("Modic type 2 change at L4-L5.", []),
    ("Subchondral cyst of the acetabulum.", []),
    ("The marrow of the acetabulum is preserved in signal.", ["absent acetabulum"]),
    ("Abnormal marrow signal in the sacrum.", ["possible sacrum"]),
    ("Faint STIR marrow signal is present in the cuboid.", ["present cuboid"]),
    ("STIR marrow signal of the cuboid is normal.", ["absent cuboid"]),
    ("A cyst lies in the talus; the cuboid shows normal signal.", ["absent cuboid"]),
    ("High signal intensity in the marrow at the symphysis pubis.", ["present pubic_symphysis"]),
    ("The marrow and cortex of the tibia are normal in signal.", ["absent tibia"]),
    ("Marrow signal is normal in the femoral heads.", ["absent femoral_head bilateral"]),
    ("Marrow edema in the talus appreciated as STIR hyperintensity.", ["present talus"]),
]

SITES = [
    (
        "The edema has cleared from the femoral neck; a thin rim persists in the femoral head.",
        ["absent femoral_neck resolved", "present femoral_head"],
    ),
    ("MRI LEFT KNEE. The ACL graft is intact and there is no tibial tunnel edema.", ["absent proximal_tibia left"]),
    (
        "Marrow edema of the medial and lateral tibial plateaus.",
        ["present medial_tibial_plateau", "present lateral_tibial_plateau"],
    ),
    (
        "MRI knee. Contusions of the posterolateral tibia and femoral condyle.",
        ["present lateral_tibial_plateau traumatic", "present lateral_femoral_condyle traumatic"],
    ),
    (
        "Marrow edema of the second to fourth metatarsals.",
        ["present metatarsal_2", "present metatarsal_3", "present metatarsal_4"],
    ),
    ("Marrow edema on both sides of the sacroiliac joint.", ["present sacroiliac_joint"]),
    ("Marrow edema of the femoral head extending into the neck.", ["present femoral_head", "present femoral_neck"]),
    ("Marrow edema of L2 and L4.", ["present vertebra L2", "present vertebra L4"]),
    ("Edema at the anteroinferior corner of L5.", ["present vertebral_corner L5"]),
    (
        "Marrow edema in the femoral head. Similar changes on the acetabular side.",
        ["present femoral_head", "present acetabulum"],
    ),
    (
        "Contusion of the patella and a smaller one in the lateral femoral condyle.",
        ["present patella traumatic", "present lateral_femoral_condyle traumatic"],
    ),
    (
        "The femoral head is of normal marrow signal, as are the sacrum and the ilium.",
        ["absent femoral_head", "absent sacrum", "absent ilium"],
    ),
    ("PATELLA: Marrow edema.", ["present patella"]),
    ("Fracture of the navicular. Surrounding marrow edema.", ["present navicular traumatic"]),
    ("Tear of the tibial collateral ligament with edema in the femoral condyle.", ["present femoral_condyle reactive"]),
    ("Marrow edema surrounding the fracture of the talar neck.", ["present talar_neck traumatic"]),
    (
        "The marrow edema in the neck is stable, while that in the femoral head has cleared.",
        ["present femoral_neck unchanged", "absent femoral_head resolved"],
    ),
    ("Collapse of L1. The vertebral body shows marrow edema.", ["present vertebral_body L1"]),
    ("R hip - BME femoral head/neck.", ["present femoral_head right", "present femoral_neck right"]),
    (
        "Contusions of the lateral femoral condyle and both tibial plateaus.",
        [
            "present lateral_femoral_condyle traumatic",
            "present medial_tibial_plateau traumatic",
            "present lateral_tibial_plateau traumatic",
        ],
    ),
    ("Hum. head with marrow edema.", ["present humeral_head"]),
    ("TIBIA: Mid shaft marrow edema.", ["present tibial_shaft"]),
    ("The base of the second metatarsal shows edema with no T1 fracture line.", ["present metatarsal_2"]),
    ("The superior pubic ramus close to the symphysis shows marrow edema.", ["present superior_pubic_ramus"]),
    (
        "A lesion of the femoral head. Marrow edema is seen surrounding the lesion and extending to the neck.",
        ["present femoral_head", "present femoral_neck"],
    ),
    (
        "High STIR signal of the femoral head and neck, c/w marrow edema, it is reaching upto intertrochanteric line.",
        ["present femoral_head", "present femoral_neck", "present intertrochanteric_femur"],
    ),
    ("Trochanteric bone bruise.", ["present greater_trochanter traumatic"]),
    ("The talus has edema. Similar though fainter change in the cuboid.", ["present talus", "present cuboid"]),
    ("Marrow edema in the femoral head. It extends into the neck.", ["present femoral_head", "present femoral_neck"]),
    ("A tear with marrow edema in the femoral head. It extends into the neck.", ["present femoral_head"]),
    ("Sacral insufficiency fractures with marrow edema.", ["present sacrum insufficiency_fracture"]),
    ("Tibial periostitis without marrow edema.", ["absent tibia"]),
    (
        "Patchy contusion or stress reaction of the cuboid.",
        ["present cuboid traumatic", "present cuboid stress_reaction"],
    ),
    (
        "Marrow edema of the talar dome and the cuboid c/w impaction contusion.",
        ["present talar_dome traumatic", "present cuboid traumatic"],
    ),
    (
        "High STIR signal in the pubis which may be a contusion, the cortex of the ramus is intact.",
        ["possible pubis traumatic"],
    ),
    ("A double line with an inner T2 bright line in the femoral head.", []),
    (
        "Marrow of the head and of the neck of the left femur is normal.",
        ["absent femoral_head left", "absent femoral_neck left"],
    ),
    (
        "Marrow edema of the pubic bodies, going into the left inferior ramus.",
        ["present pubic_body bilateral", "present inferior_pubic_ramus left"],
    ),
    (
        "Stress reaction at the third metatarsal base and lateral cuneiform.",
        ["present metatarsal_3 stress_reaction", "present lateral_cuneiform stress_reaction"],
    ),
    (
        "Marrow edema of the fifth metatarsal head and base of the fifth proximal phalanx.",
        ["present metatarsal_5", "present toe_phalanx 5"],
    ),
    ("Edema deep to the articular surface of the femoral head.", ["present femoral_head"]),
    ("Edema around a small focus at the femoral head-neck junction.", ["present femoral_head_neck_junction"]),
    ("Skin over the tibial tubercle is contused.", []),
    (
        "Marrow edema in the femoral head has progressed and is now extending along the neck.",
        ["present femoral_head increased", "present femoral_neck increased"],
    ),
    ("Corner edema in L4.", ["present vertebral_corner L4"]),
    (
        "The defect of the humeral head at the level of the coracoid has underlying marrow edema.",
        ["present humeral_head"],
    ),
    (
        "Marrow edema in the second, third and fourth metatarsals.",
        ["present metatarsal_2", "present metatarsal_3", "present metatarsal_4"],
    ),
    ("Marrow edema and cortical irregularity are evident at the iliac crest.", ["present iliac_crest"]),
    ("MRI KNEE\nMEDIAL COMPARTMENT: Marrow edema of the tibial plateau.", ["present medial_tibial_plateau"]),
    (
        "Medial compartment arthrosis with marrow edema of the tibial plateau.",
        ["present medial_tibial_plateau degenerative"],
    ),
    ("High STIR signal of the superior pubic ramus in its parasymphyseal portion.", ["present superior_pubic_ramus"]),
    (
        "Bruising of the medial patellar facet and over the anterior surface of the lateral femoral condyle.",
        ["present medial_patellar_facet traumatic", "present lateral_femoral_condyle traumatic"],
    ),
    (
        "Neither tibial plateau shows marrow edema, and nor does the fibular head.",
        ["absent medial_tibial_plateau", "absent lateral_tibial_plateau", "absent fibular_head"],
    ),
    ("Repeat MRI of the left hip is advised to document resolution of the marrow edema.", ["hypothetical left"]),
    (
        "A lesion of the femoral head. Collapse of 3 mm is present. Marrow edema is seen surrounding the lesion.",
        ["present femoral_head"],
    ),
    ("Subchondral edema and small cysts at the lunate.", ["present lunate"]),
    (
        "Fracture of the superior pubic ramus with marrow and obturator externus muscle edema.",
        ["present superior_pubic_ramus traumatic"],
    ),
    ("L1 body old wedge without marrow edema.", ["absent vertebral_body L1"]),
]

SIDES = [
    (
        "Marrow edema of the right femoral head. Nothing on the left.",
        ["present femoral_head right", "absent femoral_head left"],
    ),
    (
        "Marrow edema of the left femoral head; none on the right.",
        ["present femoral_head left", "absent femoral_head right"],
    ),
    (
        "Sacral ala edema has regressed on the right side; on the left side it is unchanged.",
        ["present sacral_ala right decreased", "present sacral_ala left unchanged"],
    ),
    ("MRI RIGHT ANKLE\nMarrow edema of the talus.", ["present talus right"]),
    (
        "MRI BOTH HIPS\nRT HIP\nMarrow edema of the femoral head.\nLT HIP\nNo marrow edema of the femoral head.",
        ["present femoral_head right", "absent femoral_head left"],
    ),
    ("MRI LEFT KNEE\nTear of the right kidney. Marrow edema of the patella.", ["present patella left"]),
    (
        "Marrow edema of the sacral alae, intense on the left and mild on the right.",
        ["present sacral_ala left", "present sacral_ala right"],
    ),
    ("Marrow edema at the pubic symphysis, greater on the right.", ["present pubic_symphysis bilateral"]),
    ("MRI LEFT HIP\nThe opposite hip shows no marrow edema.", ["absent hip_joint right"]),
    ("MRI RIGHT HIP\nFaint marrow edema is left in the femoral head.", ["present femoral_head right decreased"]),
    ("Neither femoral neck shows marrow edema.", ["absent femoral_neck bilateral"]),
    ("Marrow edema of the L4 body. A collection is seen on the right.", ["present vertebral_body L4"]),
    ("Marrow edema of both the talus and the cuboid.", ["present talus", "present cuboid"]),
    ("Left-sided Modic type 1 change at the L4-L5 endplates.", ["present vertebral_endplate L4-L5 left degenerative"]),
    (
        "Marrow edema of both tibial shafts, mild and moderate on the right and left respectively.",
        ["present tibial_shaft right", "present tibial_shaft left"],
    ),
    (
        "Bilateral tibial stress injury, Fredericson grade 2 right and grade 3 left.",
        ["present tibia right stress_reaction", "present tibia left stress_reaction"],
    ),
    (
        "Marrow edema on the iliac and sacral sides of each joint.",
        ["present sacroiliac_iliac_side bilateral", "present sacroiliac_sacral_side bilateral"],
    ),
    (
        "Marrow edema in the right pubic body, with a milder degree of the same on the left.",
        ["present pubic_body right", "present pubic_body left"],
    ),
    (
        "AVN of both femoral heads - Rt with perilesional marrow edema, Lt stage II.",
        ["present femoral_head right osteonecrosis"],
    ),
    (
        "No marrow edema in either proximal femur, hip joint fluid physiologic, right gluteal tendinosis.",
        ["absent proximal_femur bilateral"],
    ),
    (
        "Marrow edema of both pubic bodies, of moderate intensity on the right and mild on the left.",
        ["present pubic_body right", "present pubic_body left"],
    ),
    (
        "MRI KNEES\nFINDINGS:\nRIGHT\nMarrow edema of the patella.\nLEFT\nMarrow edema of the fibular head.",
        ["present patella right", "present fibular_head left"],
    ),
    ("Cannot bear weight on the right, known marrow edema of L4.", ["historical vertebra L4"]),
    (
        "AVN of the femoral heads, Lt is advanced with marrow edema of the head.",
        ["present femoral_head left osteonecrosis"],
    ),
    ("Marrow edema of the pubic bodies, right slightly more than left.", ["present pubic_body bilateral"]),
]

PATTERNS = [
    ("Post-traumatic edema of the talus and inflammation.", ["present talus traumatic"]),
    (
        "FINDINGS: Marrow edema of both pubic bodies.\nIMPRESSION: Osteitis pubis.",
        ["present pubic_body bilateral inflammatory"],
    ),
    ("Subchondral marrow edema of the patella with overlying cartilage loss.", ["present patella degenerative"]),
    ("Marrow edema of the femoral head, without fracture.", ["present femoral_head"]),
    ("Marrow edema of the calcaneus. This is reactive to the plantar fasciitis.", ["present calcaneus reactive"]),
    ("Old fracture of the talus with marrow edema.", ["present talus"]),
]

NOISE = [
    ("MARROW OEDEMA LT FEM HEAD", ["present femoral_head left"]),
    ("BME MFC c/w SIFK", ["present medial_femoral_condyle insufficiency_fracture"]),
    ("no # / BME rt talus", ["absent talus right"]),
    ("There is marrow\n   oedema of the tal\u0075s", ["present talus"]),
    ("1.Marrow edema of the talus.2.Normal cuboid.", ["present talus"]),
    ("Marrow\u00a0edema of the talus (series 4, image 12).", ["present talus"]),
    ("Bone marow odema in rt acetabulm // no AVN", ["present acetabulum right"]),
    ("B/L fem hds - no BME, no AVN", ["absent femoral_head bilateral"]),
    (
        "MRI RIGHT KNEE\nFINDINGS: INTACT. THERE IS EXTENSIVE AND VERY INTENSE BONE\nMARROW EDEMA OF THE PATELLA.",
        ["present patella right"],
    ),
    (
        "MRI HIPS\nRt hip\n- labrum frayed, no paralabral cyst. cartilage ok where seen\nLt hip\n- head: marrow edema",
        ["present femoral_head left"],
    ),
]


@pytest.mark.parametrize(("text", "rows"), NEGATION)
def test_negation(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert read(pipeline, text) == rows


@pytest.mark.parametrize(("text", "rows"), DOUBT)
def test_doubt(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert read(pipeline, text) == rows


@pytest.mark.parametrize(("text", "rows"), PAST_AND_ASKED)
def test_past_and_asked(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert read(pipeline, text) == rows


@pytest.mark.parametrize(("text", "rows"), CHANGE)
def test_change(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert read(pipeline, text) == rows


@pytest.mark.parametrize(("text", "rows"), BARE_WORDS)
def test_bare_words(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert read(pipeline, text) == rows


@pytest.mark.parametrize(("text", "rows"), SIGNAL)
def test_signal(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert read(pipeline, text) == rows


@pytest.mark.parametrize(("text", "rows"), SITES)
def test_sites(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert read(pipeline, text) == rows


@pytest.mark.parametrize(("text", "rows"), SIDES)
def test_sides(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert read(pipeline, text) == rows


@pytest.mark.parametrize(("text", "rows"), PATTERNS)
def test_patterns(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert read(pipeline, text) == rows


@pytest.mark.parametrize(("text", "rows"), NOISE)
def test_surface_noise(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert read(pipeline, text) == rows


def test_a_row_told_without_its_name_names_the_rules_of_its_own_side(pipeline: Pipeline) -> None:
    findings = pipeline.findings(Report("1", "Right sacral ala contains marrow edema. Nothing on the left."))
    assert [finding.rules for finding in findings] == [
        ("edema.marrow", "site.sacral_ala", "side.right"),
        ("edema.marrow", "site.sacral_ala", "side.left"),
    ]


def test_what_is_left_of_resolved_edema_does_not_name_the_rule_that_resolved_it(pipeline: Pipeline) -> None:
    text = "The edema has cleared from the femoral neck; a thin rim persists in the femoral head."
    findings = pipeline.findings(Report("1", text))
    assert findings[1].rules == ("edema.bare", "site.femoral_head")


def test_grades_told_apart_by_side_stand_as_the_report_writes_them(pipeline: Pipeline) -> None:
    text = "AVN of both femoral heads with marrow edema, Ficat stage III right and stage II left."
    findings = pipeline.findings(Report("1", text))
    assert [(finding.laterality, finding.grade) for finding in findings] == [("right", "III"), ("left", "II")]


@pytest.mark.parametrize("told", ["on the left", "moderate on the left", "ARCO 2 on the left", "12 mm on the left"])
def test_a_denial_has_the_side_that_stands_behind_it(pipeline: Pipeline, told: str) -> None:
    text = f"Marrow edema of the femoral head, {told}; no edema on the right."
    findings = pipeline.findings(Report("1", text))
    assert [(finding.assertion, finding.laterality) for finding in findings] == [
        ("present", "left"),
        ("absent", "right"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Marrow edema of the talus measures 9 mm, previously 12 mm.", (None, 9.0)),
        ("Marrow edema of the talus measures 9 mm (formerly 12 mm).", (None, 9.0)),
        ("Marrow edema of the talus, previously moderate, is now mild.", ("mild", None)),
        ("Mild marrow edema of the talus (was severe).", ("mild", None)),
        ("Mild marrow edema of the talus, previously graded severe.", ("mild", None)),
        ("Marrow edema of the talus is now mild rather than severe.", ("mild", None)),
        ("Marrow edema of the talus is no longer severe.", (None, None)),
    ],
)
def test_what_an_edema_was_like_is_not_what_it_is_like(
    pipeline: Pipeline, text: str, told: tuple[str | None, float | None]
) -> None:
    (finding,) = pipeline.findings(Report("1", text))
    assert (finding.assertion, finding.severity, finding.size_mm) == ("present", *told)


@pytest.mark.parametrize(
    "denied",
    [
        "without extension to the neck", ", not extending into the neck", "with no involvement of the neck",
        ", which does not extend into the neck", "without crossing into the neck", "and no spread to the neck",
    ],
)  # fmt: skip
def test_where_an_edema_does_not_reach_it_is_not(pipeline: Pipeline, denied: str) -> None:
    assert read(pipeline, f"Marrow edema of the femoral head {denied}.") == ["present femoral_head"]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("Compared with the right side, there is marrow edema in the patella.", ["present patella left"]),
        ("Marrow edema in the patella, similar to that seen on the right.", ["present patella left unchanged"]),
        ("No marrow edema, unlike the right knee in 2018.", ["absent left"]),
        ("Marrow edema in the patella as compared to the right.", ["present patella left"]),
        ("Right more than left patellar marrow edema.", ["present patella bilateral"]),
    ],
)
def test_a_side_that_is_only_compared_with_is_none(pipeline: Pipeline, text: str, rows: list[str]) -> None:
    assert read(pipeline, f"MRI LEFT KNEE\n{text}") == rows


@pytest.mark.parametrize("side", ["on the left side", "on the left", "noted on left side", "is seen on the left"])
def test_what_is_told_of_one_side_behind_both_is_on_that_side(pipeline: Pipeline, side: str) -> None:
    assert read(pipeline, f"Both femoral heads: marrow edema {side}.") == ["present femoral_head left"]


def test_initials_are_no_side(pipeline: Pipeline) -> None:
    assert read(pipeline, "M.R.I. LEFT KNEE\nMarrow edema of the patella.") == ["present patella left"]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("Marrow edema surrounding the fracture of the talus has resolved.", "absent talus resolved"),
        ("Marrow edema around the lesion in the talus has increased.", "present talus increased"),
        ("Marrow edema about the cyst in the talus is not seen.", "absent talus"),
        ("Marrow edema around a fracture of the talus that has healed.", "present talus traumatic"),
        ("Marrow edema of the talus around a cyst, which has resolved.", "present talus"),
    ],
)
def test_a_verb_speaks_of_the_edema_not_of_what_it_is_around(pipeline: Pipeline, text: str, row: str) -> None:
    assert read(pipeline, text) == [row]


@pytest.mark.parametrize(
    ("before", "rows"),
    [
        ("Osteonecrosis of the left femoral head.", ["absent femoral_head left resolved"]),
        ("Soft tissue swelling of the left ankle.", []),
        ("Muscle edema of the left calf.", []),
    ],
)
def test_edema_told_alone_is_in_the_bone_before_it(pipeline: Pipeline, before: str, rows: list[str]) -> None:
    assert read(pipeline, f"{before} Edema has resolved.") == rows


def test_what_was_spared_before_is_new(pipeline: Pipeline) -> None:
    text = "Marrow edema now involves the acetabulum, which was spared on the prior exam."
    assert read(pipeline, text) == ["present acetabulum new"]


@pytest.mark.parametrize(
    ("label", "rows"),
    [
        ("Left femoral head", ["absent"]),
        ("Left patella", ["absent"]),
        ("Left hip", ["absent hip_joint left"]),
        ("LEFT", ["absent left"]),
    ],
)
def test_a_label_of_one_bone_stands_over_its_own_line_alone(pipeline: Pipeline, label: str, rows: list[str]) -> None:
    assert read(pipeline, f"{label}: Normal.\nMarrow edema: None.") == rows
