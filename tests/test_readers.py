"""Reports in: what comes out of each kind of file, and of what is wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pyarrow
import pytest
from builders import invent_id
from pyarrow import parquet

from marrowtext.errors import InputError
from marrowtext.headers import Columns
from marrowtext.readers import ColumnChoice, ReportRow, open_reports

TEXT = "There is marrow edema in the talus."


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path, columns: ColumnChoice = ColumnChoice(), **options: int) -> list[ReportRow]:  # noqa: B008
    return list(open_reports(path, columns, **options))


def ids_and_texts(path: Path) -> list[tuple[str, str]]:
    return [(row.report.id, row.report.text) for row in read(path)]


def reasons(path: Path) -> list[str | None]:
    return [row.reason for row in read(path)]


def test_csv(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", f'id,exam,text\n007,MRI ANKLE,"{TEXT}"\n8,,"Two, lines\nand ""quotes"""\n')
    first, second = read(path)
    assert (first.row, first.report.id, first.report.title, first.report.text) == (
        1,
        "007",
        "MRI ANKLE",
        TEXT,
    )
    assert (second.row, second.report.id, second.report.title) == (2, "8", None)
    assert second.report.text == 'Two, lines\nand "quotes"'


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_delimiter_is_read_from_the_header(tmp_path: Path, delimiter: str) -> None:
    path = write(tmp_path / "in.csv", delimiter.join(["id", "text"]) + "\n" + delimiter.join(["1", TEXT]) + "\n")
    assert ids_and_texts(path) == [("1", TEXT)]


def test_tsv(tmp_path: Path) -> None:
    path = write(tmp_path / "in.tsv", f"accession\tnarrative\n01\tEdema, {TEXT}\n")
    assert ids_and_texts(path) == [("01", f"Edema, {TEXT}")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_csv_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path / "in.csv", "id,text\n1,Œdème du talus\n".encode(encoding))
    assert ids_and_texts(path) == [("1", "Œdème du talus")]


def test_line_ends_inside_a_cell_are_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", 'id,text\r\n1,"one\r\ntwo\rthree\n"\r\n')
    assert ids_and_texts(path) == [("1", "one\r\ntwo\rthree\n")]


def test_empty_lines_are_no_reports(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", f"\nid,text\n\n1,{TEXT}\n\n")
    assert [(row.row, row.report.id) for row in read(path)] == [(1, "1")]


def test_header_alone_holds_no_reports(tmp_path: Path) -> None:
    assert read(write(tmp_path / "in.csv", "id,text\n")) == []


def test_jsonl_with_other_fields(tmp_path: Path) -> None:
    lines = [{"id": 7, "text": TEXT, "findings": [{"start": 1}]}, {"text": "b", "id": "007", "more": None}]
    path = write(tmp_path / "in.jsonl", "\n\n".join(map(json.dumps, lines)))
    assert ids_and_texts(path) == [("7", TEXT), ("007", "b")]


def test_jsonl_columns_are_those_of_the_first_lines_together(tmp_path: Path) -> None:
    path = write(tmp_path / "in.jsonl", '{"id": 1}\n{"text": "a"}\n')
    assert reasons(path) == ["the text is missing", None]


def test_parquet(tmp_path: Path) -> None:
    table = pyarrow.table(
        {"id": [1, None], "text": [TEXT, None], "exam": ["MRI", None], "when": [date(2024, 5, 1)] * 2}
    )
    parquet.write_table(table, tmp_path / "in.parquet")
    first, second = read(tmp_path / "in.parquet", ColumnChoice(carry=("when",)))
    assert (first.report.id, first.report.text, first.report.title) == ("1", TEXT, "MRI")
    assert first.report.carried == {"when": "2024-05-01"}
    assert (second.report.id, second.reason) == (invent_id(2, tmp_path / "in.parquet"), "the text is missing")


def test_parquet_of_many_row_groups(tmp_path: Path) -> None:
    table = pyarrow.table({"text": [f"report {number}" for number in range(700)]})
    parquet.write_table(table, tmp_path / "in.parquet", row_group_size=300)
    rows = read(tmp_path / "in.parquet")
    assert [row.report.text for row in rows] == table["text"].to_pylist()
    assert [row.row for row in rows] == list(range(1, 701))


def test_parquet_without_rows(tmp_path: Path) -> None:
    parquet.write_table(pyarrow.table({"text": pyarrow.array([], pyarrow.string())}), tmp_path / "in.parquet")
    assert read(tmp_path / "in.parquet") == []


def test_folder_of_text_files(tmp_path: Path) -> None:
    (tmp_path / "2024").mkdir()
    write(tmp_path / "b.txt", TEXT)
    write(tmp_path / "a.TXT", "é".encode("cp1252"))
    write(tmp_path / "2024" / "007.txt", "x\r\ny")
    write(tmp_path / "notes.md", "not a report")
    write(tmp_path / "._b.txt", "not a report")
    assert ids_and_texts(tmp_path) == [("2024/007", "x\r\ny"), ("a", "é"), ("b", TEXT)]


def test_single_text_file(tmp_path: Path) -> None:
    assert ids_and_texts(write(tmp_path / "007.txt", TEXT)) == [("007", TEXT)]


def test_what_was_taken_for_what_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", "Accession,Report Text,Exam,Sex\n".encode("utf-8-sig"))
    reader = open_reports(path, ColumnChoice(carry=("sex",)))
    assert reader.columns == Columns(("Report Text",), "Accession", "Exam", {"Sex": "Sex"})
    assert reader.encoding == "utf-8-sig"


def test_fraction_tells_how_much_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "in.jsonl", '{"text": "a"}\n{"text": "b"}\n')
    reader = open_reports(path)
    list(reader)
    assert reader.fraction == 1


def test_carried_values_are_text_and_empty_ones_none(tmp_path: Path) -> None:
    lines = [{"text": "a", "n": 1.5, "flag": True, "list": ["é"], "none": ""}]
    path = write(tmp_path / "in.jsonl", "\n".join(map(json.dumps, lines)))
    (row,) = read(path, ColumnChoice(carry=("n", "flag", "list", "none")))
    assert row.report.carried == {"n": "1.5", "flag": "true", "list": '["é"]', "none": None}


def test_missing_id_is_made_of_the_row_and_the_hash_of_the_file(tmp_path: Path) -> None:
    content = "id,text\na,x\n,y\n ,z\n"
    digest = hashlib.sha256(content.encode()).hexdigest()[:12]
    path = write(tmp_path / "in.csv", content)
    assert ids_and_texts(path) == [("a", "x"), (f"row-2-{digest}", "y"), (f"row-3-{digest}", "z")]


def test_number_that_is_the_row_of_a_record_without_id_is_no_duplicate(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", "id,text\n,x\n1,y\n")
    assert [(row.report.text, row.duplicate) for row in read(path)] == [("x", False), ("y", False)]


def test_missing_ids_of_other_files_are_others(tmp_path: Path) -> None:
    one, other = (write(tmp_path / name, f"text\n{name}\n") for name in ("a.csv", "b.csv"))
    assert ids_and_texts(one)[0][0] != ids_and_texts(other)[0][0]


def test_whole_numbers_with_gaps_are_whole_ids(tmp_path: Path) -> None:
    path = write(tmp_path / "in.jsonl", '{"id": 7.0, "text": "a"}\n')
    assert ids_and_texts(path) == [("7", "a")]


def test_duplicate_ids_are_read_and_marked(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", "id,text\na,x\nb,y\na,z\n")
    assert [(row.report.id, row.report.text, row.duplicate) for row in read(path)] == [
        ("a", "x", False),
        ("b", "y", False),
        ("a", "z", True),
    ]


@pytest.mark.parametrize("text", ["", "  ", "\n\t"])
def test_empty_text_is_an_error_row(tmp_path: Path, text: str) -> None:
    (row,) = read(write(tmp_path / "in.jsonl", json.dumps({"id": "a", "text": text})))
    assert (row.report.id, row.report.text, row.reason) == ("a", "", "the text is empty")


@pytest.mark.parametrize("value", ["null", "NaN", '"nan"', '"NULL"', '"N/A"'])
def test_missing_text_is_an_error_row(tmp_path: Path, value: str) -> None:
    assert reasons(write(tmp_path / "in.jsonl", f'{{"text": {value}}}')) == ["the text is missing"]


@pytest.mark.parametrize(("value", "kind"), [("5", "int"), ("2.5", "float"), ("true", "bool"), ('["a"]', "list")])
def test_other_than_text_is_an_error_row(tmp_path: Path, value: str, kind: str) -> None:
    assert reasons(write(tmp_path / "in.jsonl", f'{{"text": {value}}}')) == [f"the text is not text but {kind}"]


def test_mixed_encodings_are_noted(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(
        b"id,text\n"
        + "1,talus \u2013 \u00e9\n".encode()
        + "2,M\u00fcller \u201cx\u201d \u00e0 \u00b0\u00b2\n3,\u00fc\u00e9\n".encode("cp1252")
    )
    reader = open_reports(path)
    note = "the text looks like UTF-8 that was read as cp1252; save the file in one encoding"
    assert reader.encoding == "cp1252"
    assert [row.note for row in reader] == [note, None, None]
    assert reader.notices == [f"{path}: in 1 reports {note}"]


def test_undecodable_bytes_are_an_error_row(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", "id,text\n1,é\n2,é".encode() + b"\xff\n3,b\n")
    assert reasons(path) == [
        None,
        "the text holds bytes that are not of its encoding; save the file as UTF-8",
        None,
    ]


def test_undecodable_bytes_in_a_text_file_are_an_error_row(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "éé".encode() + b"\xff")
    assert reasons(path) == ["the text holds bytes that are not of its encoding; save the file as UTF-8"]


def test_lone_surrogates_in_json_are_an_error_row(tmp_path: Path) -> None:
    path = write(tmp_path / "in.jsonl", '{"id": "\\ud83d", "text": "edema \\ud83d"}')
    (row,) = read(path)
    assert (row.report.id, row.report.text) == ("?", "")


def test_over_long_text_is_an_error_row(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", "text\n12345\n123456\n")
    assert [row.reason for row in read(path, max_length=5)] == [
        None,
        "the text has 6 characters, the limit is 5; raise the maximum length",
    ]


def test_report_of_a_million_characters_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", "text\n" + "x" * 1_000_000 + "\n")
    assert reasons(path) == [None]


def test_row_with_too_many_cells_is_an_error_row(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", "id,text\n1,No fracture, but edema\n2,b,\n")
    assert reasons(path) == [
        "the row has 3 cells and the header 2; quote the cells that hold the delimiter",
        None,
    ]


def test_row_with_too_few_cells_lacks_its_text(tmp_path: Path) -> None:
    assert reasons(write(tmp_path / "in.csv", "id,text\n1\n2,b\n")) == ["the text is missing", None]


def test_quote_that_is_never_closed_is_an_error_row(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", 'id,text\n1,a\n2,"b\n3,c\n4,d\n')
    assert reasons(path) == [
        None,
        "line 3 opens a quote that is never closed; 2 more lines are lost in it",
        "line 4 stands in a cell that begins in line 3; see whether that lacks a quote",
        "line 5 stands in a cell that begins in line 3; see whether that lacks a quote",
    ]


def test_broken_json_line_is_an_error_row(tmp_path: Path) -> None:
    path = write(tmp_path / "in.jsonl", '{"text": "a"}\n{"text": "b\n[1]\n{"text": "c"}\n')
    assert reasons(path) == [
        None,
        "line 2 is not valid JSON; write one object on each line",
        "line 3 is not a JSON object",
        None,
    ]


def test_json_nested_beyond_measure_is_an_error_row(tmp_path: Path) -> None:
    path = write(tmp_path / "in.jsonl", '{"text": "a"}\n' + "[" * 200_000 + "\n")
    assert reasons(path) == [None, "line 2 is not valid JSON; write one object on each line"]


def test_damaged_row_group_makes_error_rows_for_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    table = pyarrow.table({"text": [f"{number:08d}" * 50 for number in range(30)]})
    parquet.write_table(table, path, row_group_size=10, compression="none", use_dictionary=False)
    place = parquet.ParquetFile(path).metadata.row_group(1).column(0).data_page_offset
    content = bytearray(path.read_bytes())
    content[place : place + 200] = b"\xff" * 200
    path.write_bytes(content)
    damaged = "the Parquet row group 2 is damaged; write the file again"
    assert reasons(path) == [None] * 10 + [damaged] * 10 + [None] * 10


def test_parquet_text_that_is_not_utf_8_is_decoded_or_an_error_row(tmp_path: Path) -> None:
    stored = pyarrow.array([b"a", "é".encode("cp1252"), b"\x81"], pyarrow.binary())
    parquet.write_table(pyarrow.table({"text": stored.view(pyarrow.string())}), tmp_path / "in.parquet")
    rows = read(tmp_path / "in.parquet")
    assert [row.report.text for row in rows] == ["a", "é", ""]
    assert [row.reason is None for row in rows] == [True, True, False]


def test_every_row_comes_out_once(tmp_path: Path) -> None:
    texts = ["a", "", "NaN", "x" * 99, "b"]
    path = write(tmp_path / "in.csv", "text,id\n" + "".join(f'"{text}",1\n' for text in texts))
    assert [row.row for row in read(path, max_length=50)] == [1, 2, 3, 4, 5]


def make_nothing(path: Path) -> None:
    """Leave the path alone."""


def make(content: str | bytes) -> Callable[[Path], None]:
    return lambda path: (write(path, content), None)[1]


@pytest.mark.parametrize(
    ("name", "prepare", "message"),
    [
        pytest.param("in.csv", make_nothing, "no such file or folder; check the path", id="missing"),
        pytest.param("in.csv", make(""), "the file is empty; export the reports again", id="empty-csv"),
        pytest.param("in.csv", make("\n\n"), "the file is empty; export the reports again", id="blank-csv"),
        pytest.param("in.jsonl", make("\n"), "the file is empty; export the reports again", id="blank-jsonl"),
        pytest.param("in.parquet", make(""), "the file is empty; export the reports again", id="empty-parquet"),
        pytest.param("in.parquet", make("PAR1 no"), "not a readable Parquet file; write it again", id="no-parquet"),
        pytest.param(
            "in.jsonl",
            make('[{"text": "a"}]'),
            "no line is a JSON object; write one object with a text on each line",
            id="json-list",
        ),
        pytest.param(
            "in.docx",
            make("x"),
            "unknown kind of file; give a .csv, .tsv, .jsonl, .parquet, .xlsx, .hl7, .json, .txt, .rtf, .sqlite or "
            ".duckdb file, a folder, or the URL of a database",
            id="unknown-kind",
        ),
        pytest.param(
            "in",
            Path.mkdir,
            "no .txt, .rtf, .hl7 or .json file there; give a folder that holds some, or a file",
            id="empty-folder",
        ),
        pytest.param(
            "in.csv",
            make('id,"text\n1,a\n'),
            "the header cannot be read: line 1 opens a quote that is never closed; 1 more lines are lost in it",
            id="broken-header",
        ),
    ],
)
def test_file_that_cannot_be_read_is_told_at_once(
    tmp_path: Path, name: str, prepare: Callable[[Path], None], message: str
) -> None:
    path = tmp_path / name
    prepare(path)
    with pytest.raises(InputError) as raised:
        open_reports(path)
    assert str(raised.value) == f"{path}: {message}"


def join(path: Path) -> list[tuple[str, str | None]]:
    rows = read(path, ColumnChoice(text=["narrative", "impression"]))
    return [(row.report.text, row.reason) for row in rows]


def test_texts_of_several_columns_are_joined_under_their_names(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", "impression,narrative\nNo edema.,Edema.\n,Edema.\nNo edema.,NaN\n,\n")
    assert join(path) == [
        ("NARRATIVE:\nEdema.\n\nIMPRESSION:\nNo edema.", None),
        ("NARRATIVE:\nEdema.", None),
        ("IMPRESSION:\nNo edema.", None),
        ("", "the text is empty"),
    ]


def test_one_named_column_has_no_heading(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", "impression,narrative\nNo edema.,Edema.\n")
    assert [row.report.text for row in read(path, ColumnChoice(text=["impression"]))] == ["No edema."]


def test_joined_texts_come_from_parquet(tmp_path: Path) -> None:
    parquet.write_table(pyarrow.table({"narrative": ["Edema."], "impression": ["None."]}), tmp_path / "in.parquet")
    assert join(tmp_path / "in.parquet") == [("NARRATIVE:\nEdema.\n\nIMPRESSION:\nNone.", None)]


def test_column_that_cannot_be_read_makes_the_joined_report_unread(tmp_path: Path) -> None:
    path = write(tmp_path / "in.jsonl", '{"narrative": "Edema.", "impression": ["x"]}\n')
    assert join(path) == [("", "the text in column 'impression' is not text but list")]


def test_length_is_that_of_the_joined_text(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", "narrative,impression\n12345,12345\n")
    (row,) = read(path, ColumnChoice(text=["narrative", "impression"]), max_length=35)
    assert row.reason is None
    (row,) = read(path, ColumnChoice(text=["narrative", "impression"]), max_length=34)
    assert row.reason == "the text has 35 characters, the limit is 34; raise the maximum length"


def test_jsonl_column_of_lists_is_no_unread_text(tmp_path: Path) -> None:
    path = write(tmp_path / "in.jsonl", '{"text": "a", "findings": [], "impression": "b"}\n')
    assert open_reports(path).columns.unread == ("impression",)


def test_parquet_column_of_lists_is_no_unread_text(tmp_path: Path) -> None:
    table = pyarrow.table({"text": ["a"], "findings": [["x"]], "impression": ["b"]})
    parquet.write_table(table, tmp_path / "in.parquet")
    assert open_reports(tmp_path / "in.parquet").columns.unread == ("impression",)


def test_disk_that_fails_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "in.parquet"
    parquet.write_table(pyarrow.table({"text": [TEXT]}), path)
    reader = open_reports(path)

    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(reader.source, "_file", SimpleNamespace(
        metadata=reader.source._file.metadata, num_row_groups=1, iter_batches=fail
    ))  # fmt: skip
    with pytest.raises(InputError, match=r"in\.parquet: reading failed \(Input/output error\); check the disk"):
        next(reader)


def test_reader_tells_what_makes_its_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "in.csv", f"id,exam,text,Sex\n1,MRI,{TEXT},F\n")
    assert open_reports(path, ColumnChoice(carry=["Sex=sex_in"]), max_length=9).options == {
        "text": ["text"],
        "id": "id",
        "title": "exam",
        "carry": {"sex_in": "Sex"},
        "encoding": "utf-8",
        "max_length": 9,
    }


@pytest.mark.parametrize("share", [0.2, 0.5, 0.95])
def test_cut_parquet_is_refused(tmp_path: Path, share: float) -> None:
    path = tmp_path / "in.parquet"
    parquet.write_table(pyarrow.table({"text": [f"{TEXT} {number}" for number in range(500)]}), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(InputError) as raised:
        open_reports(path)
    assert str(raised.value) == f"{path}: not a readable Parquet file; write it again"


@pytest.mark.parametrize(
    ("text", "read_as", "note"),
    [
        ("{\\rtf1 No\\par edema.}", "No\nedema.", "the text was RTF; start and end count in its plain text"),
        ("No edema.<br/>\nEdema", "No edema.\n\nEdema", "the text was HTML; start and end count in its plain text"),
        ("<html><p>a\nb</p>c", "a b\nc", "the text was HTML; start and end count in its plain text"),
        (
            "<b>No</b> edema&nbsp;there.",
            "<b>No</b> edema&nbsp;there.",
            "the text holds tags or signs of HTML, which were read as words; save it as plain text",
        ),
        ("<3 mm & small > 2", "<3 mm & small > 2", None),
        ("Kept in C:\\new", "Kept in C:\\new", None),
    ],
)
def test_formatted_text_is_read_as_plain_text(tmp_path: Path, text: str, read_as: str, note: str | None) -> None:
    path = write(tmp_path / "in.jsonl", json.dumps({"id": 1, "text": text}))
    assert [(row.report.text, row.reason, row.note) for row in read(path)] == [(read_as, None, note)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{\\rtf1}", "the text is empty"),
        ("<p> </p>", "the text is empty"),
        ("MSH|^~\\&|A\rOBX|1", "the text is an HL7 message; save the messages as an .hl7 file"),
        (
            "FINDINGS:\\nNo edema.",
            "the text has \\n written out in place of line ends; export it with true line ends",
        ),
    ],
)
def test_text_that_cannot_be_taken_for_plain_is_an_error_row(tmp_path: Path, text: str, reason: str) -> None:
    path = write(tmp_path / "in.jsonl", json.dumps({"id": 1, "text": text}))
    assert [(row.report.text, row.reason) for row in read(path)] == [("", reason)]
