"""A finished run in the shape of other tools, each read back by somebody else's code."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pandas
import psycopg
import pytest
from builders import InlinePool, invent_id
from fhir.resources.R4B.diagnosticreport import DiagnosticReport
from fhir.resources.R4B.observation import Observation
from pyarrow import parquet

from marrowtext import batch
from marrowtext.batch import extract_tables
from marrowtext.columns import list_tables
from marrowtext.errors import InputError
from marrowtext.export import Export, export_tables
from marrowtext.headers import ColumnChoice
from marrowtext.manifest import load_manifest
from marrowtext.model import Assertion, Change, Laterality
from marrowtext.omop import NOTE_NLP_COLUMNS
from marrowtext.readers import open_reports
from marrowtext.results import load_results
from marrowtext.targets import TargetOptions, find_target, manifest_path, table_path

TEXTS = {
    "12": 'FINDINGS: Mild subchondral marrow edema of the left femoral head, 12 mm, "new" 🦴.\r\n'
    "No bone contusion in the talus.\r\nIMPRESSION: Marrow edema of the left femoral head, likely stress reaction.",
    "A/7": "INDICATION: Evaluate for marrow edema of the talus.\nFINDINGS: Possible marrow edema of the calcaneus.",
    "007": "Intact menisci.",
    "": "",
    "13": "COMPARISON: Prior MRI showed marrow edema of the talus.\nFINDINGS: Edema of the talus has resolved.",
}
PATIENTS = ("p1", "p1", "p2", "p3", "p2")
DATES = ("2024-02-29", "20240301", "soon", "", "2024-03-02 08:30:00")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reports of the runs."""
    path = tmp_path_factory.mktemp("source") / "in.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "text", "patient_id", "study_date", "who", "when"])
        for (id, text), who, when in zip(TEXTS.items(), PATIENTS, DATES, strict=True):
            rows.writerow([id, text, who, when, who, when])
        rows.writerow(["12", "Marrow edema of the patella.", "p4", "2024-03-03", "=p4", "2024-03-03"])
    return path


Make = Callable[..., Path]


@pytest.fixture(scope="module")
def make(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Make a finished run, whose tables are of a kind."""

    def make(extension: str = "parquet", **options: bool) -> Path:
        out = tmp_path_factory.mktemp("run") / f"run.{extension}"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(batch, "Pool", InlinePool)
            reader = open_reports(source, ColumnChoice(carry=["who", "when=day"]))
            extract_tables(reader, find_target(out, TargetOptions(**options)))
        return out

    return make


@pytest.fixture(scope="module")
def run(make: Make) -> Path:
    """A finished run."""
    return make()


def rows_of(path: Path, table: str = "findings") -> list[dict[str, Any]]:
    return parquet.read_table(table_path(path, table)).to_pylist()


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# The tables as they are.


@pytest.mark.parametrize("extension", ["csv", "jsonl", "parquet", "xlsx", "duckdb", "sqlite", "db"])
def test_tables_are_read_back_from_every_kind_of_file(make: Make, run: Path, extension: str) -> None:
    results = load_results(make(extension))
    for table in list_tables(associated=False):
        assert list(results.records(table)) == rows_of(run, table)
    assert results.carried == ("who", "day")


@pytest.mark.parametrize("extension", ["xlsx", "duckdb", "sqlite"])
def test_run_in_a_workbook_or_a_database_is_exported(make: Make, run: Path, tmp_path: Path, extension: str) -> None:
    export_tables(make(extension), tmp_path / "run.parquet")
    for table in list_tables(associated=False):
        assert rows_of(tmp_path / "run.parquet", table) == rows_of(run, table)
    export_tables(make(extension), tmp_path / "note_nlp.csv", "omop")
    export_tables(run, tmp_path / "expected.csv", "omop")
    assert [row["snippet"] for row in read_csv(tmp_path / "note_nlp.csv")] == [
        row["snippet"] for row in read_csv(tmp_path / "expected.csv")
    ]


@pytest.mark.parametrize("extension", ["duckdb", "sqlite"])
def test_one_of_several_runs_of_a_database_is_exported(make: Make, tmp_path: Path, extension: str) -> None:
    out = tmp_path / f"runs.{extension}"
    runs = [make(), make()]
    for finished in runs:
        export_tables(finished, find_target(out, TargetOptions(append=True)))
    first, second = (manifest for path in runs if (manifest := load_manifest(manifest_path(path))))
    with pytest.raises(InputError) as raised:
        load_results(out)
    told = "; ".join(sorted(f"{one.run} of in.csv, begun {one.started}" for one in (first, second)))
    assert sorted(str(raised.value).partition("The runs are: ")[2].split("; ")) == sorted(told.split("; "))
    assert str(raised.value).startswith(f"{out}: holds several runs; say which with --run. The runs are: ")
    results = load_results(out, second.run)
    assert results.manifest.run == second.run
    assert list(results.records("findings")) == rows_of(runs[1])
    with pytest.raises(InputError, match="holds no such run"):
        load_results(out, "other")


def test_sheet_that_goes_on_is_read_whole(make: Make, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marrowtext.workbook.MOST_ROWS", 3)
    assert list(load_results(make("xlsx")).records("reports")) == rows_of(run, "reports")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lost.duckdb", "no such file; it belongs to the tables that `marrowtext extract` writes"),
        ("other.sqlite", "no such table: runs; check the query"),
        (
            "run.txt",
            "is no findings table; give the .csv, .jsonl, .parquet, .xlsx, .duckdb, .sqlite, .sqlite3, .db file of a "
            "finished run",
        ),
    ],
)
def test_what_holds_no_run_is_refused(tmp_path: Path, name: str, message: str) -> None:
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as database:
        database.execute("CREATE TABLE other (x)")
    with pytest.raises(InputError) as raised:
        load_results(tmp_path / name)
    assert str(raised.value) == f"{tmp_path / name}: {message}"


def test_spreadsheet_safe_tables_are_read_back_as_they_were(make: Make, run: Path) -> None:
    safe = make("csv", spreadsheet_safe=True)
    assert "'=p4" in safe.read_text(encoding="utf-8")
    assert list(load_results(safe).records("findings")) == rows_of(run)


@pytest.mark.parametrize("extension", ["csv", "jsonl", "parquet"])
def test_exported_tables_are_those_of_a_run_of_that_kind(make: Make, run: Path, tmp_path: Path, extension: str) -> None:
    direct, out = make(extension), tmp_path / f"run.{extension}"
    done = export_tables(run, out)
    for table in list_tables(associated=False):
        if extension == "parquet":
            assert parquet.read_table(table_path(out, table)) == parquet.read_table(table_path(direct, table))
        else:
            assert table_path(out, table).read_bytes() == table_path(direct, table).read_bytes()
    assert done.written == tuple(str(tmp_path / name) for name in (
        f"run.{extension}", f"run.reports.{extension}", f"run.sites.{extension}", f"run.{extension}.manifest.json"
    ))  # fmt: skip
    before, after = load_manifest(manifest_path(run)), load_manifest(manifest_path(out))
    assert before and after
    assert (after.run, after.counts, after.options) == (before.run, before.counts, before.options)
    # What was exported can be exported again.
    export_tables(out, tmp_path / "again.parquet")
    assert parquet.read_table(tmp_path / "again.parquet") == parquet.read_table(run)


def test_tables_are_exported_to_a_workbook(run: Path, tmp_path: Path) -> None:
    export_tables(run, tmp_path / "out.xlsx")
    assert names(tmp_path) == ["out.xlsx", "out.xlsx.manifest.json"]
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx")["findings"]
    head, *rows = sheet.iter_rows(values_only=True)
    assert [row[head.index("mention")] for row in rows] == [row["mention"] for row in rows_of(run)]
    assert [row[head.index("who")] for row in rows] == [row["who"] for row in rows_of(run)]


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "postgresql"])
def test_tables_are_exported_to_a_database(
    run: Path, tmp_path: Path, request: pytest.FixtureRequest, kind: str
) -> None:
    place = request.getfixturevalue("postgres_url") if kind == "postgresql" else str(tmp_path / f"out.{kind}")
    export_tables(run, place)
    connect: dict[str, Any] = {"sqlite": sqlite3.connect, "duckdb": duckdb.connect, "postgresql": psycopg.connect}
    with closing(connect[kind](place)) as connection:
        for table in list_tables(associated=False):
            expected = [tuple(row.values()) for row in rows_of(run, table)]
            found = connection.execute(f"SELECT * FROM {table}").fetchall()
            assert [row[1:] for row in found] == expected
            assert len({row[0] for row in found}) == 1
        assert connection.execute("SELECT count(*) FROM runs").fetchall() == [(1,)]
    with pytest.raises(InputError, match="has tables of these names already"):
        export_tables(run, place)
    append = find_target(place, TargetOptions(append=True))
    with pytest.raises(InputError, match="is in its tables already; to have it twice give --force too"):
        export_tables(run, append)


def test_export_overwrites_nothing_without_force(run: Path, tmp_path: Path) -> None:
    for shape, out in (("tables", "out.csv"), ("omop", "note_nlp.csv"), ("fhir", "out.ndjson"), ("redcap", "r.csv")):
        (tmp_path / out).write_text("old")
        with pytest.raises(InputError, match=f"{out}: exists already; name another file, or overwrite it with --force"):
            export_tables(run, tmp_path / out, shape)
        assert (tmp_path / out).read_text() == "old"
        assert names(tmp_path) == [out]
        export_tables(run, tmp_path / out, shape, force=True)
        assert (tmp_path / out).read_text() != "old"
        for path in tmp_path.iterdir():
            path.unlink()


def test_run_is_not_its_own_export(run: Path) -> None:
    with pytest.raises(InputError, match="is the input; name another file"):
        export_tables(run, run, force=True)


@pytest.mark.parametrize("missing", ["run.reports.csv", "run.sites.csv", "run.csv.manifest.json", "run.csv"])
def test_missing_table_is_told(make: Make, tmp_path: Path, missing: str) -> None:
    path = make("csv")
    (path.parent / missing).unlink()
    with pytest.raises(InputError, match=rf"{missing}: no such file; it belongs to the tables that"):
        export_tables(path, tmp_path / "out.csv", "omop")
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("extension", "change", "problem"),
    [
        ("csv", lambda text: text.replace("present", "precent", 1), "row 1: assertion: must be one of present, absent"),
        ("csv", lambda text: text.replace("mention,", "Mention,", 1), "has other columns than its manifest says"),
        ("csv", lambda text: text + "x,y\n", r"row \d+: has 2 cells and not 31"),
        ("jsonl", lambda text: text[:-20], r"is damaged \(JSONDecodeError\); write the tables again"),
    ],
)
def test_damaged_table_is_told_and_nothing_written(
    make: Make, tmp_path: Path, extension: str, change: Callable[[str], str], problem: str
) -> None:
    path = make(extension)
    path.write_bytes(change(path.read_bytes().decode()).encode())
    for shape, out in (("omop", "out.csv"), ("redcap", "out.csv"), ("fhir", "out.ndjson"), ("tables", "out.xlsx")):
        with pytest.raises(InputError, match=problem):
            export_tables(path, tmp_path / out, shape)
        assert names(tmp_path) == []


def test_damaged_parquet_is_told(make: Make, tmp_path: Path) -> None:
    path = make()
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(InputError, match=r"run\.parquet: is damaged \(ArrowInvalid\)"):
        export_tables(path, tmp_path / "out.csv", "omop")
    assert names(tmp_path) == []


def test_tables_of_two_runs_are_told(make: Make, tmp_path: Path) -> None:
    path = make("jsonl")
    reports = table_path(path, "reports")
    reports.write_text("".join(reports.read_text().splitlines(keepends=True)[1:]))
    for shape, out in (("fhir", "out.ndjson"), ("redcap", "out.csv")):
        with pytest.raises(InputError, match="table has row 1 and the reports table has none"):
            export_tables(path, tmp_path / out, shape)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("shape", "options", "problem"),
    [
        ("omop", {"record": "who"}, "record: is of the shape redcap, and not of omop; leave it out"),
        ("redcap", {"mapping": "x.csv"}, "mapping: is of the shape omop and fhir, and not of redcap"),
        ("tables", {"first_id": 2}, "first_id: is of the shape omop, and not of tables"),
        ("redcap", {"record": "sex"}, "the reports table has no column 'sex'; the run needs --carry sex"),
        ("redcap", {}, r"out\.ndjson: unknown kind of output"),
        ("omop", {"first_id": 2**31 - 3}, "does not fit an integer; give a smaller one"),
    ],
)
def test_wrong_option_is_told(run: Path, tmp_path: Path, shape: str, options: dict[str, Any], problem: str) -> None:
    out = tmp_path / ("out.ndjson" if shape in ("fhir", "redcap") and not options.get("record") else "out.csv")
    with pytest.raises(InputError, match=problem):
        export_tables(run, out, shape, **options)
    assert names(tmp_path) == []


@pytest.mark.parametrize(("shape", "out"), [("fhir", "out.csv"), ("redcap", "out.xlsx")])
def test_wrong_kind_of_file_is_told(run: Path, tmp_path: Path, shape: str, out: str) -> None:
    with pytest.raises(
        InputError, match=r"out\.(csv|xlsx): (FHIR resources are written as NDJSON|a REDCap import is C)"
    ):
        export_tables(run, tmp_path / out, shape)


# OMOP.

MAPPING = """\
kind,value,system,code,display
concept,edema,OMOP,4001,Bone marrow edema
concept,edema,OMOP source,2000000001,
section,findings,OMOP,4002,Findings
site,femoral_head,SNOMED CT,123456,Head
"""


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    """Codes of the user's own."""
    path = tmp_path / "mapping.csv"
    path.write_text(MAPPING)
    return path


def test_note_nlp(source: Path, run: Path, mapping: Path, tmp_path: Path) -> None:
    done = export_tables(run, tmp_path / "note_nlp.parquet", "omop", mapping=mapping, first_id=100)
    rows = parquet.read_table(tmp_path / "note_nlp.parquet").to_pylist()
    manifest = load_manifest(manifest_path(run))
    assert manifest and manifest.finished
    time = datetime.fromisoformat(manifest.finished).replace(tzinfo=None)
    found = rows_of(run)
    assert list(rows[0]) == [column.name for column in NOTE_NLP_COLUMNS]
    assert rows[0] == {
        "note_nlp_id": 100,
        "note_id": 12,
        "section_concept_id": 4002,
        "snippet": found[0]["sentence"],
        "offset": str(found[0]["start"]),
        "lexical_variant": "subchondral marrow edema",
        "note_nlp_concept_id": 4001,
        "note_nlp_source_concept_id": 2000000001,
        "nlp_system": f"marrowtext {manifest.versions['marrowtext']}, rules {manifest.rules}",
        "nlp_date": time.date(),
        "nlp_datetime": time,
        "term_exists": "Y",
        "term_temporal": "present",
        "term_modifiers": "concept=edema,assertion=present,site=femoral_head,laterality=left,subchondral=true,"
        "pattern=stress_reaction,pattern_assertion=possible,severity=mild,size_mm=12.0",
    }
    assert [row["note_nlp_id"] for row in rows] == list(range(100, 100 + len(found)))
    exists = {
        "present": ("Y", "present"),
        "possible": ("Y", "present"),
        "absent": ("N", "present"),
        "historical": ("Y", "past"),
        "hypothetical": ("N", None),
    }
    assert {row["assertion"] for row in found} == set(exists)
    assert [(row["term_exists"], row["term_temporal"]) for row in rows] == [exists[row["assertion"]] for row in found]
    assert done.notes == (
        "reports whose id is no integer of OMOP: 3; the table note_ids has the numbers that stand for them",
    )
    # 12 and 13 stay; A/7, 007 and what the report without an id got are no integers.
    assert {(row["row"], note["note_id"]) for row, note in zip(found, rows, strict=True)} == {
        (1, 12),
        (2, 14),
        (5, 13),
        (6, 12),
    }
    assert parquet.read_table(tmp_path / "note_nlp.note_ids.parquet").to_pylist() == [
        {"note_id": 14, "report_id": "A/7", "row": 2},
        {"note_id": 15, "report_id": "007", "row": 3},
        {"note_id": 16, "report_id": invent_id(4, source), "row": 4},
    ]


def test_note_nlp_without_a_mapping_has_concept_zero(run: Path, tmp_path: Path) -> None:
    export_tables(run, tmp_path / "n.csv", "omop")
    rows = read_csv(tmp_path / "n.csv")
    assert {(r["section_concept_id"], r["note_nlp_concept_id"], r["note_nlp_source_concept_id"]) for r in rows} == {
        ("0", "0", "0")
    }


def test_note_nlp_with_integers_alone_needs_no_mapping_of_ids(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n5,Marrow edema of the talus.\n2147483647,Marrow edema of the talus.\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "Pool", InlinePool)
        extract_tables(open_reports(tmp_path / "in.csv"), tmp_path / "run.csv")
    done = export_tables(tmp_path / "run.csv", tmp_path / "n.csv", "omop")
    assert done == Export((str(tmp_path / "n.csv"),), ())
    assert [row["note_id"] for row in read_csv(tmp_path / "n.csv")] == ["5", "2147483647"]


def test_note_nlp_is_added_to_the_table_of_the_data_model(run: Path, postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA cdm")
        # As the data model declares it for PostgreSQL.
        connection.execute(
            "CREATE TABLE cdm.note_nlp (note_nlp_id integer NOT NULL, note_id integer NOT NULL, "
            'section_concept_id integer NULL, snippet varchar(250) NULL, "offset" varchar(50) NULL, '
            "lexical_variant varchar(250) NOT NULL, note_nlp_concept_id integer NULL, "
            "note_nlp_source_concept_id integer NULL, nlp_system varchar(250) NULL, nlp_date date NOT NULL, "
            "nlp_datetime timestamp NULL, term_exists varchar(1) NULL, term_temporal varchar(50) NULL, "
            "term_modifiers varchar(2000) NULL)"
        )
    export_tables(run, find_target(postgres_url, TargetOptions(append=True, schema="cdm")), "omop")
    with psycopg.connect(postgres_url) as connection:
        found = connection.execute(
            'SELECT note_id, "offset", lexical_variant FROM cdm.note_nlp ORDER BY 1, 2'
        ).fetchall()
        assert len(found) == len(rows_of(run))
        assert connection.execute("SELECT count(*) FROM cdm.note_ids").fetchone() == (3,)


def test_long_texts_fit_the_columns_of_note_nlp(tmp_path: Path) -> None:
    words = "lorem " * 100
    (tmp_path / "in.csv").write_text(f"id,text\n1,{words}there is marrow edema of the talus {words}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "Pool", InlinePool)
        extract_tables(open_reports(tmp_path / "in.csv"), tmp_path / "run.csv")
    export_tables(tmp_path / "run.csv", tmp_path / "n.csv", "omop")
    (row,) = read_csv(tmp_path / "n.csv")
    assert (len(row["snippet"]), "there is marrow edema of the talus" in row["snippet"]) == (250, True)


# FHIR.


def resources(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def components(observation: dict[str, Any]) -> dict[str, Any]:
    """Give the value of each component, of coded ones the text."""
    told = {}
    for component in observation["component"]:
        (value,) = (component[key] for key in component if key.startswith("value"))
        coded = isinstance(value, dict) and "text" in value
        told[component["code"]["coding"][0]["code"]] = value["text"] if coded else value
    return told


def test_fhir_observations(run: Path, mapping: Path, tmp_path: Path) -> None:
    done = export_tables(run, tmp_path / "o.ndjson", "fhir", mapping=mapping)
    made = resources(tmp_path / "o.ndjson")
    found = [row for row in rows_of(run) if row["assertion"] in ("present", "possible", "absent")]
    for resource in made:
        read = Observation.model_validate(resource)
        assert json.loads(read.model_dump_json()).keys() == resource.keys()
        assert read.status == "preliminary"
    assert len({resource["id"] for resource in made}) == len(made) == len(found)
    assert [resource["valueCodeableConcept"]["text"] for resource in made] == [row["assertion"] for row in found]
    signs = {"present": "POS", "possible": "IND", "absent": "NEG"}
    assert [r["interpretation"][0]["coding"][0]["code"] for r in made] == [signs[row["assertion"]] for row in found]
    first = made[0]
    assert first["code"] == {
        # OMOP's concept ids are no codes of FHIR.
        "coding": [{"system": "urn:marrowtext:concept", "code": "edema"}],
        "text": "Bone marrow edema",
    }
    assert first["bodySite"] == {
        "coding": [
            {"system": "urn:marrowtext:site", "code": "femoral_head"},
            {"system": "http://radlex.org", "code": "RID2664"},
            {"system": "http://snomed.info/sct", "code": "123456", "display": "Head"},
        ],
        "text": "femoral head",
    }
    assert first["valueCodeableConcept"]["coding"] == [
        {"system": "urn:marrowtext:assertion", "code": "present"},
        {"system": "http://radlex.org", "code": "RID28472"},
    ]
    laterality = next(c for c in first["component"] if c["code"]["text"] == "laterality")
    assert laterality["valueCodeableConcept"]["coding"] == [
        {"system": "urn:marrowtext:laterality", "code": "left"},
        {"system": "http://radlex.org", "code": "RID5824"},
    ]
    assert components(first) == {
        "laterality": "left",
        "severity": "mild",
        "pattern": "stress reaction",
        "pattern_assertion": "possible",
        "subchondral": True,
        "size_mm": {"value": 12.0, "unit": "mm", "system": "http://unitsofmeasure.org", "code": "mm"},
        "mention": "subchondral marrow edema",
    }
    assert first["note"] == [{"text": found[0]["sentence"]}]
    assert first["subject"] == {"type": "Patient", "identifier": {"value": "p1"}}
    assert first["derivedFrom"] == [{"type": "DocumentReference", "identifier": {"value": "12"}}]
    days = {row["row"]: row["day"] for row in found}
    assert days == {1: "2024-02-29", 2: "20240301", 5: "2024-03-02 08:30:00", 6: "2024-03-03"}
    told_days = {row["row"]: resource["effectiveDateTime"] for row, resource in zip(found, made, strict=True)}
    assert told_days == {1: "2024-02-29", 2: "2024-03-01", 5: "2024-03-02", 6: "2024-03-03"}
    assert done.notes == (
        "findings that are hypothetical or historical, so no observations of this exam, and left out: "
        f"{len(rows_of(run)) - len(found)}",
    )


def test_fhir_reports_list_their_observations(run: Path, tmp_path: Path) -> None:
    export_tables(run, tmp_path / "o.ndjson", "fhir")
    made = resources(tmp_path / "o.reports.ndjson")
    for resource in made:
        read = DiagnosticReport.model_validate(resource)
        assert json.loads(read.model_dump_json()).keys() == resource.keys()
    assert [resource["identifier"][0]["value"] for resource in made] == ["12", "A/7", "007", "13", "12"]
    assert len({resource["id"] for resource in made}) == 5
    listed = [result["reference"] for resource in made for result in resource.get("result", [])]
    assert listed == [f"Observation/{resource['id']}" for resource in resources(tmp_path / "o.ndjson")]
    assert ["effectiveDateTime" in resource for resource in made] == [True, True, False, True, True]
    assert made[2]["conclusion"] == "Bone marrow edema: not mentioned"
    assert "result" not in made[2]


def test_fhir_ids_are_the_same_in_every_export(run: Path, make: Make, tmp_path: Path) -> None:
    for path, out in ((run, "a.ndjson"), (make("csv"), "b.ndjson")):
        export_tables(path, tmp_path / out, "fhir")
    one, two = ([resource["id"] for resource in resources(tmp_path / out)] for out in ("a.ndjson", "b.ndjson"))
    assert one == two


def test_fhir_text_has_no_control_characters(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(
        json.dumps({"id": "a\x07b", "text": "There is \x0bmarrow edema\x00 of the talus.\nx"}) + "\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "Pool", InlinePool)
        extract_tables(open_reports(tmp_path / "in.jsonl"), tmp_path / "run.jsonl")
    export_tables(tmp_path / "run.jsonl", tmp_path / "o.ndjson", "fhir")
    made = (tmp_path / "o.ndjson").read_text(encoding="utf-8") + (tmp_path / "o.reports.ndjson").read_text()
    assert '"a\ufffdb"' in made
    assert not {"\\u0007", "\\u000b", "\\u0000"} & {made[place : place + 6] for place in range(len(made))}


# REDCap.


def dictionary_of(path: Path) -> list[dict[str, str]]:
    return read_csv(path.with_name(f"{path.stem}.dictionary.csv"))


def check_against_dictionary(path: Path) -> None:
    """Hold an import against its dictionary, as REDCap does."""
    fields = {row["Variable / Field Name"]: row for row in dictionary_of(path)}
    forms = {row["Form Name"] for row in fields.values()}
    for row in read_csv(path):
        form = row["redcap_repeat_instrument"]
        assert form in forms
        for name, value in row.items():
            if name in ("redcap_repeat_instrument", "redcap_repeat_instance", "record_id") or not value:
                continue
            if name.endswith("_complete"):
                assert (name, value) == (f"{form}_complete", "1")
                continue
            field = fields[name]
            assert field["Form Name"] == form
            choices = field["Choices, Calculations, OR Slider Labels"]
            match field["Field Type"]:
                case "dropdown":
                    assert value in [choice.partition(",")[0] for choice in choices.split(" | ")]
                case "truefalse":
                    assert value in ("0", "1")
                case "text" if field["Text Validation Type OR Show Slider Number"] == "integer":
                    int(value)
                case "text" if field["Text Validation Type OR Show Slider Number"] == "number":
                    float(value)


def test_redcap_import_fits_its_dictionary(source: Path, run: Path, tmp_path: Path) -> None:
    out = tmp_path / "r.csv"
    done = export_tables(run, out, "redcap")
    check_against_dictionary(out)
    rows = read_csv(out)
    counts = {form: sum(r["redcap_repeat_instrument"] == form for r in rows) for form in ("report", "finding", "site")}
    assert counts == {"report": 6, "finding": len(rows_of(run)), "site": len(rows_of(run, "sites"))}
    keys = [(r["record_id"], r["redcap_repeat_instrument"], r["redcap_repeat_instance"]) for r in rows]
    assert len(set(keys)) == len(keys)
    # The second report with the id 12 is the second instance of its record; no other repeats.
    assert [
        (r["record_id"], r["redcap_repeat_instance"]) for r in rows if r["redcap_repeat_instrument"] == "report"
    ] == [
        ("12", "1"),
        ("A/7", "1"),
        ("007", "1"),
        (invent_id(4, source), "1"),
        ("13", "1"),
        ("12", "2"),
    ]
    first = next(row for row in rows if row["redcap_repeat_instrument"] == "finding")
    assert first["finding_sentence"] == rows_of(run)[0]["sentence"]
    assert (first["finding_number"], first["finding_subchondral"], first["finding_size_mm"]) == ("1", "1", "12.0")
    assert done.notes == ()


def test_redcap_dictionary_has_every_column_of_redcap(run: Path, tmp_path: Path) -> None:
    export_tables(run, tmp_path / "r.csv", "redcap")
    rows = dictionary_of(tmp_path / "r.csv")
    assert list(rows[0]) == [
        "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
        "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
        "Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)",
        "Required Field?", "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name",
        "Matrix Ranking?", "Field Annotation",
    ]  # fmt: skip
    fields = {row["Variable / Field Name"]: row for row in rows}
    assert len(fields) == len(rows)
    assert rows[0]["Variable / Field Name"] == "record_id"
    assert fields["finding_laterality"]["Choices, Calculations, OR Slider Labels"] == " | ".join(
        f"{side}, {side}" for side in Laterality
    )
    assert [fields[name]["Choices, Calculations, OR Slider Labels"].count("|") for name in (
        "finding_assertion", "site_change"
    )] == [len(Assertion) - 1, len(Change) - 1]  # fmt: skip
    assert "femoral_head, femoral head" in fields["site_site"]["Choices, Calculations, OR Slider Labels"]
    identifying = {name for name, row in fields.items() if row["Identifier?"] == "y"}
    assert {"report_id", "report_patient_id", "report_study_date"} < identifying
    assert {"finding_mention", "finding_sentence", "finding_pattern_evidence"} < identifying
    assert fields["report_who"]["Field Type"] == "text"
    assert all(row["Variable / Field Name"].replace("_", "a").isalnum() for row in rows)


def test_redcap_record_may_be_the_patient(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="row 6: the record, 'who', is no record of REDCap: 100 characters at most"):
        export_tables(run, tmp_path / "r.csv", "redcap", record="who")
    with pytest.raises(InputError, match="row 4: the record, 'day', is empty; every report needs one"):
        export_tables(run, tmp_path / "r.csv", "redcap", record="day")
    assert names(tmp_path) == []
    (tmp_path / "in.csv").write_text("id,text,mrn\n1,Marrow edema of the talus.,p1\n2,No marrow edema.,p1\n3,x,p2\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "Pool", InlinePool)
        extract_tables(open_reports(tmp_path / "in.csv"), tmp_path / "run.csv")
    export_tables(tmp_path / "run.csv", tmp_path / "r.csv", "redcap", record="patient_id")
    told = [(r["record_id"], r["redcap_repeat_instrument"], r["redcap_repeat_instance"], r["report_id"])
            for r in read_csv(tmp_path / "r.csv")]  # fmt: skip
    assert told == [
        ("p1", "report", "1", "1"),
        ("p1", "finding", "1", ""),
        ("p1", "site", "1", ""),
        ("p1", "report", "2", "2"),
        ("p1", "finding", "2", ""),
        ("p2", "report", "1", "3"),
    ]
    check_against_dictionary(tmp_path / "r.csv")


def test_redcap_takes_no_id_that_is_no_record(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(
        'id,text\n"a,""b",Marrow edema of the talus.\n' + "x" * 101 + ",No marrow edema.\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "Pool", InlinePool)
        extract_tables(open_reports(tmp_path / "in.csv"), tmp_path / "run.csv")
    done = export_tables(tmp_path / "run.csv", tmp_path / "r.csv", "redcap")
    rows = read_csv(tmp_path / "r.csv")
    assert [(r["record_id"], r["report_id"]) for r in rows if r["redcap_repeat_instrument"] == "report"] == [
        ("row-1", 'a,"b'),
        ("row-2", "x" * 101),
    ]
    assert [note.partition(";")[0] for note in done.notes] == ["reports whose id REDCap takes for no record: 2"]


def test_redcap_names_of_carried_columns_are_its_own(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text,Größe,Gro-ße,Status X\n1,Marrow edema.,a,b,c\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "Pool", InlinePool)
        reader = open_reports(tmp_path / "in.csv", ColumnChoice(carry=["Größe", "Gro-ße", "Status X"]))
        extract_tables(reader, tmp_path / "run.csv")
    export_tables(tmp_path / "run.csv", tmp_path / "r.csv", "redcap")
    (report, *_) = read_csv(tmp_path / "r.csv")
    assert (report["report_gr_e"], report["report_gro_e"], report["report_status_x"]) == ("a", "b", "c")


# Of nothing.


def test_run_without_findings_is_exported(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n1,Intact menisci.\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "Pool", InlinePool)
        for kind in ("csv", "jsonl", "parquet"):
            extract_tables(open_reports(tmp_path / "in.csv"), tmp_path / f"run.{kind}")
    for kind in ("csv", "jsonl", "parquet"):
        path = tmp_path / f"run.{kind}"
        export_tables(path, tmp_path / "n.csv", "omop", force=True)
        assert read_csv(tmp_path / "n.csv") == []
        export_tables(path, tmp_path / "o.ndjson", "fhir", force=True)
        assert (tmp_path / "o.ndjson").read_text() == ""
        export_tables(path, tmp_path / "r.csv", "redcap", force=True)
        assert [row["redcap_repeat_instrument"] for row in read_csv(tmp_path / "r.csv")] == ["report"]
        export_tables(path, tmp_path / "x.xlsx", force=True)
        assert pandas.read_excel(tmp_path / "x.xlsx", sheet_name=None)["findings"].empty


def test_associated_table_is_exported_where_the_run_has_it(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(
        "id,text\n1,Marrow edema of the talus. There is a fracture line. Joint effusion.\n"
    )
    for out in ("run.parquet", "direct.sqlite"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(batch, "Pool", InlinePool)
            extract_tables(open_reports(tmp_path / "in.csv"), tmp_path / out, associated=True)
    expected = [tuple(row.values()) for row in rows_of(tmp_path / "run.parquet", "associated")]
    assert len(expected) == 2
    export_tables(tmp_path / "run.parquet", tmp_path / "out.duckdb")
    export_tables(tmp_path / "run.parquet", tmp_path / "out.xlsx")
    with closing(duckdb.connect(tmp_path / "out.duckdb")) as connection:
        assert [row[1:] for row in connection.execute("SELECT * FROM associated").fetchall()] == expected
    with closing(sqlite3.connect(tmp_path / "direct.sqlite")) as connection:
        rows = connection.execute("SELECT concept, mention FROM associated").fetchall()
        assert rows == [(row["concept"], row["mention"]) for row in rows_of(tmp_path / "run.parquet", "associated")]
    assert openpyxl.load_workbook(tmp_path / "out.xlsx").sheetnames == ["findings", "reports", "sites", "associated"]
