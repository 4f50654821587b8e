"""Packed files in, and lines without end."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pyarrow
import pytest

from marrowtext import streams
from marrowtext.errors import InputError
from marrowtext.readers import open_reports
from marrowtext.streams import Lines, open_bytes, split_suffix

TABLE = "id,text\n001,Œdème of the talus.\n002,b\n".encode()
BOMB = (
    "unpacks to more than 200 times its size, as no export of reports does; if you trust it, unpack it first and read "
)


def pack(content: bytes, suffix: str) -> bytes:
    if suffix == ".gz":
        return gzip.compress(content)
    target = pyarrow.BufferOutputStream()
    with pyarrow.CompressedOutputStream(target, "zstd") as packed:
        packed.write(content)
    return target.getvalue().to_pybytes()


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("name", ["in.csv", "in.tsv", "in.jsonl", "in.txt"])
def test_text_formats_may_be_packed(tmp_path: Path, name: str, suffix: str) -> None:
    content = {
        "in.csv": TABLE,
        "in.tsv": TABLE.replace(b",", b"\t"),
        "in.jsonl": '{"id": "001", "text": "Œdème of the talus."}\n{"id": "002", "text": "b"}'.encode(),
        "in.txt": "Œdème of the talus.".encode(),
    }[name]
    path = tmp_path / f"{name}{suffix}"
    path.write_bytes(pack(content, suffix))
    reader = open_reports(path)
    told = [(row.report.id, row.report.text) for row in reader]
    assert told == (
        [("in", "Œdème of the talus.")] if name == "in.txt" else [("001", "Œdème of the talus."), ("002", "b")]
    )
    assert reader.fraction == 1


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_parts_packed_one_by_one_are_one_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"in.csv{suffix}"
    path.write_bytes(pack(TABLE, suffix) + pack(b"003,c\n", suffix))
    assert [row.report.id for row in open_reports(path)] == ["001", "002", "003"]


@pytest.mark.parametrize(("suffix", "name"), [(".gz", "gzip"), (".zst", "zstd")])
@pytest.mark.parametrize("damage", ["cut", "garbage", "none-of-it"])
def test_damaged_packing_is_refused(tmp_path: Path, suffix: str, name: str, damage: str) -> None:
    rows = b"".join(b"%d,%x\n" % (number, number**40) for number in range(2000))
    packed = pack(TABLE + rows, suffix)
    content = {"cut": packed[: len(packed) // 2], "garbage": packed + b"garbage", "none-of-it": b"garbage" * 9}[damage]
    path = tmp_path / f"in.csv{suffix}"
    path.write_bytes(content)
    with pytest.raises(InputError) as raised:
        open_reports(path)
    assert str(raised.value) == f"{path}: the {name} file is cut off or damaged; get it again"


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_bomb_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(streams, "_HARMLESS_BYTES", 1 << 20)
    path = tmp_path / f"in.csv{suffix}"
    path.write_bytes(pack(b"id,text\n1," + b"a" * (30 << 20), suffix))
    with pytest.raises(InputError) as raised:
        open_reports(path)
    assert str(raised.value) == f"{path}: {BOMB}that file"


def test_text_that_packs_well_is_no_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_HARMLESS_BYTES", 1 << 20)
    path = tmp_path / "in.csv.gz"
    rows = b"".join(b"%d,There is marrow edema of the talus.\n" % number for number in range(60_000))
    path.write_bytes(gzip.compress(b"id,text\n" + rows))
    assert sum(1 for _ in open_reports(path)) == 60_000


def test_broken_file_of_a_folder_is_an_error_row(tmp_path: Path) -> None:
    (tmp_path / "a.txt.gz").write_bytes(gzip.compress(b"Edema.")[:-9])
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(b"Edema."))
    assert [(row.report.id, row.report.text, row.reason) for row in open_reports(tmp_path)] == [
        ("a", "", "the gzip file is cut off or damaged; get it again"),
        ("b", "Edema.", None),
    ]


def test_packed_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in.parquet.gz").write_bytes(gzip.compress(b"PAR1"))
    with pytest.raises(
        InputError, match=r"in\.parquet\.gz: only text can be packed, such as \.csv\.gz; unpack it first"
    ):
        open_reports(tmp_path / "in.parquet.gz")


def test_suffixes() -> None:
    assert split_suffix(Path("a/b.CSV.GZ")) == (".csv", "gzip")
    assert split_suffix(Path("b.tar.zst")) == (".tar", "zstd")
    assert split_suffix(Path("b.csv")) == (".csv", None)


def test_fraction_is_that_of_the_packed_file(tmp_path: Path) -> None:
    path = tmp_path / "in.txt.gz"
    path.write_bytes(gzip.compress(b"a" * 100))
    with open_bytes(path) as file:
        assert file.raw.fraction == 0  # type: ignore[attr-defined]
        file.read()
        assert file.raw.fraction == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("content", "lines", "cut"),
    [
        ("ab\ncd", ["ab\n", "cd"], [False, False]),
        ("abcdefgh\ncd\n", ["\n", "cd\n"], [True, False]),
        ('ab"defgh\ncd\n', ['"\n', "cd\n"], [True, False]),
        ("abcd\n", ["abcd\n"], [False]),
    ],
)
def test_lines_beyond_measure_are_cut(content: str, lines: list[str], cut: list[bool]) -> None:
    reader = Lines(io.StringIO(content, newline=""), longest=5)
    told: list[tuple[str, bool]] = []
    for line in reader:
        told.append((line, reader.cut))
        reader.cut = False
    assert told == list(zip(lines, cut, strict=True))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (
            "in.csv",
            "id,text\n1,a\n2,{long}\n3,b\n",
            "line 3 begins a cell of more than 40 characters; close its quotes",
        ),
        (
            "in.jsonl",
            '{"text": "a"}\n{long}\n{"text": "b"}\n',
            "line 2 has more than 40 characters; write one object on each line",
        ),
    ],
)
def test_record_beyond_measure_is_an_error_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: str, reason: str
) -> None:
    from marrowtext.sources import delimited, jsonlines

    monkeypatch.setattr(streams.Lines.__init__, "__defaults__", (40,))
    monkeypatch.setattr(delimited, "LONGEST_LINE", 40)
    monkeypatch.setattr(jsonlines, "LONGEST_LINE", 40)
    (tmp_path / name).write_text(content.replace("{long}", "x" * 50))
    assert [(row.report.text, row.reason) for row in open_reports(tmp_path / name)] == [
        ("a", None),
        ("", reason),
        ("b", None),
    ]
