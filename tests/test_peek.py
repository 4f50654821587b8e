"""A look at an input before a run."""

from __future__ import annotations

from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from marrowtext.headers import OPTIONS, ColumnChoice
from marrowtext.peek import describe
from marrowtext.readers import open_reports

CSV = (
    "accession;exam;narrative;impression;side;modality;line_no\n"
    '007;MRI LEFT KNEE;"Edema.\nOf bone.";x;L;MR;1\n'
    "8;;;;;CT;2\n"
    "007;;b;;;;3\n"
)


def test_everything_is_told_by_lengths(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text(CSV, encoding="utf-8-sig")
    assert describe(open_reports(path, wording=OPTIONS)).splitlines() == [
        f"{path}",
        "  format            CSV",
        "  encoding          utf-8-sig",
        "  delimiter         ';'",
        "  quotes in cells   doubled",
        "  records           3",
        "columns",
        "  accession   id",
        "  exam        exam title",
        "  narrative   report text",
        "  impression  not read, and looks like report text",
        "  side        side",
        "  modality    modality",
        "  line_no     -",
        "first records",
        "  row 1: id 3 characters, text 15 characters in 2 lines, exam title 13 characters, side left, "
        "modality 2 characters",
        "  row 2: the text is empty",
        "  row 3: id 3 characters, text 1 characters in 1 lines",
        "problems",
        "  1 x the text is empty (first: row 2)",
        "  1 x the modality is not MRI (first: row 2)",
        "  1 x the id came before (first: row 3)",
        "  not read: 'impression'; to read all of the report give --text-column narrative --text-column impression",
        "  'line_no' looks like line numbers; if each row is one line of a report give --line-column line_no",
    ]


def test_text_is_quoted_where_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text('id,exam,text\n007,MRI,"Edema.\x1b[2J\nOf bone."\n')
    lines = describe(open_reports(path), text=True).splitlines()
    at = lines.index("first records")
    assert lines[at + 2 :] == [
        "    id: 007",
        "    exam title: MRI",
        "    | Edema.\N{REPLACEMENT CHARACTER}[2J",
        "    | Of bone.",
        "problems",
        "  none",
    ]


@pytest.mark.parametrize(
    ("limit", "count", "problems"), [(2, "3", "problems in the first 2 records"), (None, "3", "problems")]
)
def test_count_is_told_where_it_is_known(tmp_path: Path, limit: int | None, count: str, problems: str) -> None:
    parquet.write_table(pyarrow.table({"text": ["a", "b", "c"]}), tmp_path / "in.parquet")
    lines = describe(open_reports(tmp_path / "in.parquet"), limit=limit).splitlines()
    assert f"  records           {count}" in lines
    assert problems in lines


def test_count_is_not_told_where_that_means_reading_all(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text\na\nb\nc\n")
    lines = describe(open_reports(tmp_path / "in.csv"), limit=2, shown=0).splitlines()
    assert "  records           not counted; more than were looked at" in lines
    assert lines[lines.index("first records") + 1] == "problems in the first 2 records"


def test_reports_are_counted_where_lines_are_joined(tmp_path: Path) -> None:
    parquet.write_table(pyarrow.table({"id": [1, 1, 2], "n": [1, 2, 1], "text": ["a", "b", "c"]}), tmp_path / "in.pq")
    lines = describe(open_reports(tmp_path / "in.pq", ColumnChoice(line="n"))).splitlines()
    assert "  records           2" in lines
    assert "  n     line numbers" in lines
