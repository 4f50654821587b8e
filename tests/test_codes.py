"""Codes of values: those in the rules, and a mapping of the user's own."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from marrowtext.codes import OMOP, Code, load_codes
from marrowtext.errors import InputError, RuleError
from marrowtext.rules import load_rules, shipped_patterns

HEAD = "kind,value,system,code,display"
RULES = load_rules()


def write(folder: Path, *lines: str, head: str = HEAD) -> Path:
    path = folder / "mapping.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def test_rules_hold_radlex_alone() -> None:
    assert {code[2] for code in load_codes(RULES).table().rows()} == {"RadLex"}


def test_radlex_ids_of_values() -> None:
    codes = load_codes(RULES)
    told = {(kind, value): code for kind, value, _, code, _ in codes.table().rows() if kind != "site"}
    assert told == {
        ("assertion", "present"): "RID28472",
        ("assertion", "absent"): "RID28473",
        ("laterality", "left"): "RID5824",
        ("laterality", "right"): "RID5825",
        ("laterality", "bilateral"): "RID5771",
        ("change", "new"): "RID5720",
        ("change", "increased"): "RID36043",
        ("change", "decreased"): "RID36044",
        ("change", "unchanged"): "RID39268",
    }


def test_radlex_ids_of_sites_are_those_of_the_rules() -> None:
    codes = load_codes(RULES)
    assert codes.of("site", "femoral_head") == (Code("site", "femoral_head", "RadLex", "RID2664"),)
    assert codes.of("site", "femur") == ()
    listed = [row for row in codes.table().rows() if row[0] == "site"]
    assert len(listed) == sum(rule.radlex is not None for rule in RULES.sites.values()) == 26


def test_no_radlex_id_stands_twice() -> None:
    ids = [row[3] for row in load_codes(RULES).table().rows()]
    assert len(ids) == len(set(ids))


def test_mapping_adds_codes_and_takes_the_place_of_shipped_ones(tmp_path: Path) -> None:
    mapping = write(
        tmp_path,
        "site,femoral_head,SNOMED CT,123456,Head of femur",
        "concept,edema,omop,4321,",
        " Concept , edema , UMLS , C0948162 ,Bone marrow edema",
        "site,femoral_head,RadLex,RID1,other",
        "",
        "concept,edema,https://codes.example/bme,A 1,own",
    )
    codes = load_codes(RULES, mapping)
    assert codes.of("site", "femoral_head") == (
        Code("site", "femoral_head", "RadLex", "RID1", "other"),
        Code("site", "femoral_head", "SNOMED CT", "123456", "Head of femur"),
    )
    assert [(code.system, code.uri, code.code) for code in codes.of("concept", "edema")] == [
        ("OMOP", None, "4321"),
        ("UMLS", "http://terminology.hl7.org/CodeSystem/umls", "C0948162"),
        ("https://codes.example/bme", "https://codes.example/bme", "A 1"),
    ]
    assert (codes.number("concept", "edema", OMOP), codes.number("concept", "signal", OMOP)) == (4321, 0)


def test_table_of_codes_is_a_mapping(tmp_path: Path) -> None:
    table = load_codes(RULES, write(tmp_path, "concept,edema,OMOP,1,")).table()
    path = tmp_path / "again.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([[column.name for column in table.columns], *table.rows()])
    assert list(load_codes(RULES, path).table().rows()) == list(table.rows())


def test_mapping_of_excel_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mapping.csv"
    path.write_bytes(f"{HEAD}\r\nconcept,edema,OMOP,1,x\r\n".encode("utf-8-sig"))
    assert load_codes(RULES, path).number("concept", "edema", OMOP) == 1


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("bone,femur,OMOP,1,", "line 2: kind: 'bone' is no kind; use one of section, concept, assertion, change, "),
        ("site,femoral_hed,OMOP,1,", "line 2: value: 'femoral_hed' is no site; did you mean femoral_head, "),
        ("change,worse,OMOP,1,", "line 2: value: 'worse' is no change; see `marrowtext columns` for the values"),
        ("concept,edema,SNOWMED,1,", "line 2: system: 'SNOWMED' is none of RadLex, SNOMED CT, UMLS, OMOP, OMOP source"),
        ("concept,edema,OMOP,C12,", "line 2: code: 'C12' is no code of OMOP; it is a concept id, digits alone"),
        ("concept,edema,SNOMED CT,12,", "line 2: code: '12' is no code of SNOMED CT; it is 6 to 18 digits"),
        ("concept,edema,UMLS,123,", "line 2: code: '123' is no code of UMLS; it is C and 7 digits"),
        ("concept,edema,OMOP,,", "line 2: code: '' is no code of OMOP"),
        ("concept,edema,OMOP,1", "line 2: has 4 cells and not 5; check its commas and quotes"),
        ("concept,edema,OMOP,1,\nconcept,edema,OMOP,2,", "line 3: concept edema has a code of OMOP already"),
        ('concept,edema,OMOP,1,"x', "is not CSV"),
    ],
)
def test_wrong_line_is_told(tmp_path: Path, line: str, problem: str) -> None:
    path = write(tmp_path, line)
    with pytest.raises(InputError) as raised:
        load_codes(RULES, path)
    assert str(raised.value).startswith(f"{path}: {problem}")


@pytest.mark.parametrize(
    "head", ["kind,value,system", "kind,value,system,code,name", "kind,value,system,code,code", ""]
)
def test_wrong_columns_are_told(tmp_path: Path, head: str) -> None:
    path = write(tmp_path, head=head)
    with pytest.raises(InputError, match="line 1: the columns must be kind,value,system,code,display"):
        load_codes(RULES, path)


def test_mapping_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv: cannot be read \(No such file or directory\)"):
        load_codes(RULES, tmp_path / "none.csv")
    (tmp_path / "odd.csv").write_bytes(b"kind,\xff")
    with pytest.raises(InputError, match=r"odd\.csv: is not UTF-8; save the file as UTF-8"):
        load_codes(RULES, tmp_path / "odd.csv")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[radlex.laterality]\nleft = "5824"', r"own\.toml: radlex: laterality\.left: String should match"),
        ('[radlex.laterality]\nmiddle = "RID1"', r"own\.toml: radlex: laterality\.middle"),
        ('[radlex.bone]\nfemur = "RID1"', r"own\.toml: radlex: bone: Extra inputs are not permitted"),
    ],
)
def test_wrong_radlex_table_is_told(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(RuleError, match=problem):
        load_rules(shipped_patterns(), tmp_path)


def test_radlex_ids_of_ones_own_are_added(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[radlex.severity]\nmild = "RID12345"\n[radlex.laterality]\nleft = "RID1"\n')
    codes = load_codes(load_rules(shipped_patterns(), tmp_path))
    assert [codes.of(*value)[0].code for value in (("severity", "mild"), ("laterality", "left"))] == [
        "RID12345",
        "RID1",
    ]
    assert codes.of("laterality", "right")[0].code == "RID5825"
