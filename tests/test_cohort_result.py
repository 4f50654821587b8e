"""What came of a cohort, shown and written."""

from __future__ import annotations

import json
import os
from pathlib import Path

import duckdb
import pandas
import pytest
from clinic import HEAD, STEPS, VISITS, exclude, include, make_tables, run, visit

from marrowtext.cohort import Cohort
from marrowtext.errors import InputError


def test_a_notebook_shows_the_diagram_and_the_counts() -> None:
    shown = run(STEPS, *VISITS)._repr_html_()
    assert "<svg" in shown and "<th>left_out</th>" in shown
    assert "Sentence" not in shown


def test_a_notebook_shows_the_notes() -> None:
    shown = run(exclude('report = { sex = "<f>" }'), visit("A", "2020-01-01", HEAD, sex="F"))._repr_html_()
    assert "<p>Note: own.toml: line 6: step.1.report.sex: no report has &#x27;&lt;f&gt;&#x27;" in shown


def test_what_is_written(tmp_path: Path) -> None:
    result = run(STEPS, *VISITS)
    out = result.write(tmp_path / "out")
    assert sorted(file.name for file in out.iterdir()) == [
        "cohort.csv",
        "cohort.sql",
        "definition.toml",
        "evidence.csv",
        "excluded.csv",
        "flow.svg",
        "manifest.json",
        "steps.csv",
    ]
    assert (out / "cohort.csv").read_text() == (
        "unit,patient_id,laterality,report_id,row,index_report_id,index_row,index_date,reports,first_date,last_date\n"
        "1,A,,,,,,,1,2020-01-01,2020-01-01\n"
    )
    assert (out / "definition.toml").read_text() == result.source.text
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["definition"] == {"source": "own.toml", "sha256": result.source.sha256}
    assert manifest["members"] == 1
    assert manifest["sql"] == (out / "cohort.sql").read_text()
    assert len(manifest["tables"]["findings"]["sha256"]) == 64
    assert manifest["versions"]["duckdb"] == duckdb.__version__
    assert "Sentence" not in json.dumps(manifest)


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_tables_of_each_kind_hold_the_same(tmp_path: Path, kind: str) -> None:
    result = run(STEPS, *VISITS)
    out = result.write(tmp_path / "out", kind=kind)
    read = {"csv": pandas.read_csv, "jsonl": lambda p: pandas.read_json(p, lines=True), "parquet": pandas.read_parquet}
    assert read[kind](out / f"excluded.{kind}")["patient_id"].tolist() == ["B", "C"]


def test_an_empty_cohort_is_written_too(tmp_path: Path) -> None:
    out = run(include("finding = { site = 'talus' }"), *VISITS).write(tmp_path / "out", kind="parquet")
    assert pandas.read_parquet(out / "cohort.parquet").empty


def test_nothing_is_overwritten_without_force(tmp_path: Path) -> None:
    result = run(STEPS, *VISITS)
    out = result.write(tmp_path / "out")
    with pytest.raises(InputError, match="exists already; name another folder, or overwrite it with --force"):
        result.write(out)
    result.write(out, kind="jsonl", force=True)
    assert (out / "cohort.jsonl").is_file() and not (out / "cohort.csv").exists()
    assert [file.name for file in tmp_path.iterdir()] == ["out"]


def test_a_folder_of_other_things_is_never_overwritten(tmp_path: Path) -> None:
    result = run(STEPS, *VISITS)
    (tmp_path / "mine").mkdir()
    with pytest.raises(InputError, match="is no folder that a cohort was written to"):
        result.write(tmp_path / "mine", force=True)
    out = result.write(tmp_path / "out")
    (out / "letter.txt").write_text("kept")
    with pytest.raises(InputError, match=r"holds 'letter\.txt', which is none of the files of a cohort"):
        result.write(out, force=True)
    assert (out / "letter.txt").read_text() == "kept"


def test_a_failure_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(STEPS, *VISITS)
    out = result.write(tmp_path / "out")
    before = (out / "manifest.json").read_text()

    real = Path.rename

    def fail(self: Path, target: Path) -> Path:
        if self.name.endswith(".part"):
            raise OSError(28, os.strerror(28))
        return real(self, target)

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(InputError, match="No space left"):
        result.write(out, force=True)
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    assert (out / "manifest.json").read_text() == before


def test_terminal_shows_a_result_in_one_line() -> None:
    result = Cohort.from_toml("pivot_shift_contusion").run(make_tables(visit("A", "2021-01-01")))
    assert repr(result) == "<CohortResult: Pivot-shift contusion; 0 members of the unit patient-side>"
