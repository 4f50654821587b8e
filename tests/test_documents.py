"""Text and RTF files in, and what folders and globs hold."""

from __future__ import annotations

import builtins
import os
from pathlib import Path
from typing import Any

import pytest

from marrowtext.errors import InputError, MarrowtextError
from marrowtext.formatted import read_html
from marrowtext.manifest import stamp_input
from marrowtext.readers import Selection, open_reports
from marrowtext.sources import list_files

RTF = (
    rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}}{\colortbl;\red0\green0\blue0;}"
    rb"{\*\generator Word;}{\info{\title Secret}}\f0\fs20 {\b FINDINGS:} \'8cd\'e8me of the talus \u8212? mild.\par "
    rb"\pard Line two\line three\tab four.\par}"
)


def contents(place: str | Path) -> list[tuple[str, str]]:
    return [(row.report.id, row.report.text) for row in open_reports(place)]


def test_rtf(tmp_path: Path) -> None:
    (tmp_path / "007.rtf").write_bytes(RTF)
    assert contents(tmp_path / "007.rtf") == [("007", "FINDINGS: Œdème of the talus — mild.\nLine two\nthree\tfour.")]


def test_folder_of_text_and_rtf(tmp_path: Path) -> None:
    (tmp_path / "2024").mkdir()
    (tmp_path / "2024" / "a.rtf").write_bytes(rb"{\rtf1 Edema.}")
    (tmp_path / "b.txt").write_text("Contusion.")
    (tmp_path / "readme.md").write_text("no report")
    assert contents(tmp_path) == [("2024/a", "Edema."), ("b", "Contusion.")]


def test_messages_among_other_text_are_error_rows(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Edema.")
    (tmp_path / "b.txt").write_bytes(b"\x0bMSH|^~\\&|R|H|||2024||ORU^R01|1|P|2.3\rOBR|1||A1\rOBX|1|TX|x||Edema.\r")
    (tmp_path / "c.txt").write_text("MSH is no word.")
    assert [(row.report.text, row.reason) for row in open_reports(tmp_path)] == [
        ("Edema.", None),
        ("", "the file holds HL7 messages, and stands among other text; put those in a folder of their own"),
        ("MSH is no word.", None),
    ]


def test_broken_rtf_is_an_error_row(tmp_path: Path) -> None:
    (tmp_path / "a.rtf").write_bytes(b"Edema.")
    (tmp_path / "b.rtf").write_bytes(rb"{\rtf1\ansi\ansicpg932 \'81}")
    (tmp_path / "c.rtf").write_bytes(rb"{\rtf1 Edema.}")
    assert [row.reason for row in open_reports(tmp_path)] == [
        "the file is not a readable RTF document; save it again",
        "the file is not a readable RTF document; save it again",
        None,
    ]


@pytest.mark.parametrize("pattern", ["exports/*/*.txt", "exports/**/*.txt", "exports/20[0-9][0-9]/*.txt"])
def test_glob(tmp_path: Path, pattern: str) -> None:
    for name in ("2023/a.txt", "2024/b.txt", "2024/.hidden.txt"):
        (tmp_path / "exports" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "exports" / name).write_text(name)
    assert contents(f"{tmp_path}/{pattern}") == [("2023/a", "2023/a.txt"), ("2024/b", "2024/b.txt")]


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that may not be read; the user who runs the tests might be allowed to read every real one."""
    folder = tmp_path / "in" / "locked"
    folder.mkdir(parents=True)
    scan, open_file, list_folder = os.scandir, Path.open, Path.iterdir

    def refuse(path: str | Path, call: Any, *options: Any, **more: Any) -> Any:
        if Path(path) == folder:
            raise PermissionError(13, "Permission denied", str(path))
        return call(path, *options, **more)

    monkeypatch.setattr(os, "scandir", lambda path: refuse(path, scan))
    monkeypatch.setattr(Path, "iterdir", lambda path: refuse(path, list_folder))
    monkeypatch.setattr(Path, "open", lambda path, *options, **more: refuse(path, open_file, *options, **more))
    return folder


@pytest.mark.parametrize("suffix", [".txt", ".hl7", ".json"])
def test_what_cannot_be_looked_at_in_a_folder_is_an_error_row(locked: Path, suffix: str) -> None:
    folder = locked.parent
    (folder / f"a{suffix}").symlink_to("nowhere")
    (folder / f"b{suffix}").symlink_to("nowhere")
    name = "" if suffix == ".txt" else "{} "
    assert [row.reason for row in open_reports(folder)] == [
        f"the file {name.format(f'a{suffix}')}cannot be read (No such file or directory)",
        f"the file {name.format(f'b{suffix}')}cannot be read (No such file or directory)",
        f"the folder {name.format('locked')}cannot be read (Permission denied)",
    ]
    assert stamp_input(folder) == stamp_input(folder)


@pytest.mark.parametrize("pattern", ["in/**/*.txt", "in/*/*.txt", "in/**", "in/l*/b.txt", "in/[k-m]*/*"])
def test_what_cannot_be_looked_at_in_a_glob_is_an_error_row(locked: Path, pattern: str) -> None:
    folder = locked.parent
    (folder / "open").mkdir()
    (folder / "open" / "a.txt").write_text("a")
    (folder / "lost").mkdir()
    (folder / "lost" / "b.txt").symlink_to("nowhere")
    a, b = ("open/a", None), ("lost/b", "the file cannot be read (No such file or directory)")
    unread = ("locked", "the folder cannot be read (Permission denied)")
    expected = {"in/l*/b.txt": [b], "in/[k-m]*/*": [unread, b]}.get(pattern, [unread, b, a])
    reader = open_reports(f"{folder.parent}/{pattern}")
    assert sorted((row.report.id, row.reason) for row in reader) == sorted(expected, key=lambda one: one[0])


def test_folder_of_a_glob_that_cannot_be_read_is_told(locked: Path) -> None:
    with pytest.raises(InputError) as raised:
        open_reports(f"{locked}/*.txt")
    assert str(raised.value) == (
        f"{locked}/*.txt: cannot be read (Permission denied); check the file and its permissions"
    )


def test_folder_that_cannot_be_read_is_told(locked: Path) -> None:
    with pytest.raises(InputError) as raised:
        open_reports(locked)
    assert str(raised.value) == f"{locked}: cannot be read (Permission denied); check the file and its permissions"


def test_file_whose_name_looks_like_a_glob(tmp_path: Path) -> None:
    (tmp_path / "a[1].txt").write_text("x")
    assert contents(tmp_path / "a[1].txt") == [("a[1]", "x")]


def test_glob_with_nothing_to_it_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        open_reports(f"{tmp_path}/*.txt")
    assert str(raised.value) == (
        f"{tmp_path}/*.txt: no .txt, .rtf, .hl7 or .json file there; give a folder that holds some, or a file"
    )


@pytest.mark.parametrize(
    ("names", "pattern", "problem"),
    [
        (["a.txt", "b.hl7"], "", "holds files of several kinds (.hl7, .txt); give a glob of one kind, such as '*.txt'"),
        (
            ["a.csv", "b.csv"],
            "/*",
            "other files are among them; give a glob of .txt, .rtf, .hl7, .json or .ndjson files, or one table",
        ),
    ],
)
def test_folder_of_several_kinds_is_refused(tmp_path: Path, names: list[str], pattern: str, problem: str) -> None:
    for name in names:
        (tmp_path / name).write_text("x")
    with pytest.raises(InputError) as raised:
        open_reports(f"{tmp_path}{pattern}")
    assert str(raised.value) == f"{tmp_path}{pattern}: {problem}"


def test_id_that_looks_like_a_path_stays_an_id(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,text\n../../etc/passwd,Edema.\n/abs,b\n")
    assert [row_id for row_id, _ in contents(tmp_path / "in.csv")] == ["../../etc/passwd", "/abs"]


@pytest.mark.parametrize(
    ("selection", "problem"),
    [
        (Selection(sheet="a"), "a sheet is chosen, and this is no Excel workbook; leave it out"),
        (Selection(table="a"), "a table or a query is chosen, and this is no database; leave it out"),
        (Selection(query="a"), "a table or a query is chosen, and this is no database; leave it out"),
    ],
)
def test_choice_that_an_input_does_not_have_is_refused(tmp_path: Path, selection: Selection, problem: str) -> None:
    (tmp_path / "a.txt").write_text("x")
    for place in (tmp_path, tmp_path / "a.txt", f"{tmp_path}/*.txt"):
        with pytest.raises(InputError) as raised:
            open_reports(place, selection=selection)
        assert str(raised.value) == f"{place}: {problem}"


def test_files_of_an_input_are_named_below_its_folder(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    for name in ("b.txt", "x/a.txt"):
        (tmp_path / name).write_text("x")
    assert [name for _, name in list_files(tmp_path)] == ["b.txt", "x/a.txt"]
    assert [name for _, name in list_files(f"{tmp_path}/*/*.txt")] == ["x/a.txt"]
    assert [name for _, name in list_files(tmp_path / "b.txt")] == ["b.txt"]


@pytest.mark.parametrize(
    ("name", "content", "library", "extra", "what"),
    [
        ("in.xlsx", b"PK", "openpyxl", "excel", "{path}: reading Excel"),
        ("in.rtf", b"{\\rtf1 a}", "striprtf", "rtf", "reading RTF"),
        ("in.duckdb", b"x", "duckdb", "duckdb", "{path}: reading DuckDB"),
    ],
)
def test_extra_that_is_not_installed_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, library: str, extra: str, what: str
) -> None:
    forget(monkeypatch, library)
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(MarrowtextError) as raised:
        open_reports(path)
    assert str(raised.value) == (
        f"{what.replace('{path}', str(path))} needs the package {library}, which is not installed; "
        f"install marrowtext with the extra '{extra}': pip install 'marrowtext[{extra}]'"
    )


@pytest.mark.parametrize("library", ["sqlalchemy", "psycopg"])
def test_extra_of_a_server_is_named_without_the_password(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    forget(monkeypatch, library)
    with pytest.raises(MarrowtextError) as raised:
        open_reports("postgresql://me:secret@host/db")
    what = "reading a database" if library == "sqlalchemy" else "reading PostgreSQL"
    assert str(raised.value) == (
        f"postgresql://host/db: {what} needs the package {library}, which is not installed; "
        "install marrowtext with the extra 'postgresql': pip install 'marrowtext[postgresql]'"
    )


def forget(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    """Make a library as if it were not installed."""
    from marrowtext import extras

    def import_module(name: str) -> Any:
        if name.partition(".")[0] == library:
            raise ImportError(name)
        return builtins.__import__(name, fromlist=["_"])

    monkeypatch.setattr(extras, "import_module", import_module)


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<p>a\n  b</p>\n\n<p>c</p>", "a b\n\nc"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><th>c</th></tr></table>", "a b\n\nc"),
        ("<ul><li>a</li><li>b</li></ul>", "a\n\nb"),
        ("<pre>a\n  b</pre>", "a\nb"),
        ("<html><head><title>t</title><style>s</style></head><body>a<script>x</script>b</body></html>", "ab"),
        ("5 &lt; 6 &amp;&nbsp;7&#176;", "5 < 6 & 7°"),
        ("a <b>bold</b>, <i>c</i>", "a bold, c"),
        ("<p>never closed", "never closed"),
    ],
)
def test_html(page: str, text: str) -> None:
    assert read_html(page) == text


@pytest.mark.parametrize("delimiter", ["|", ",", "\t", ";"])
def test_table_in_a_txt_file_is_read_as_one(tmp_path: Path, delimiter: str) -> None:
    lines = (delimiter.join(cells) for cells in (("id", "text"), ("7", "Edema."), ("8", "b")))
    (tmp_path / "in.txt").write_text("\n".join(lines))
    assert contents(tmp_path / "in.txt") == [("7", "Edema."), ("8", "b")]


def test_table_among_text_files_is_an_error_row(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Report, exam\nEdema.")
    (tmp_path / "b.txt").write_text("id|text\n7|Edema.\n8|b\n")
    assert [(row.report.id, row.reason) for row in open_reports(tmp_path)] == [
        ("a", None),
        ("b", "the file holds a table of reports, and stands among other text; give it alone"),
    ]


def test_files_of_other_kinds_in_a_folder_are_told(tmp_path: Path) -> None:
    for name in ("a.txt", "b.pdf", "sub/c.pdf", "d.docx", ".hidden", "README"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    reader = open_reports(tmp_path)
    assert [row.report.id for row in reader] == ["a"]
    assert reader.notices == [f"{tmp_path}: files of other kinds were passed over: 2 .pdf, 1 .docx, 1 README"]


def test_json_in_a_txt_file_is_an_error_row(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text('{"id": 1, "text": "a"}\n{"id": 2, "text": "b"}\n')
    (row,) = open_reports(tmp_path / "a.txt")
    assert row.reason == "the file holds JSON; name it .jsonl, with one object on each line, or .json for FHIR"
