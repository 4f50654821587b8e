"""Bytes to text."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest

from marrowtext.encoding import decode, detect_encoding, holds_undecodable
from marrowtext.errors import InputError

SENTENCE = "Œdème médullaire du talus : « modéré »."


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        pytest.param(b"plain", "utf-8", id="ascii"),
        pytest.param(SENTENCE.encode(), "utf-8", id="utf-8"),
        pytest.param(SENTENCE.encode("utf-8-sig"), "utf-8-sig", id="utf-8-bom"),
        pytest.param(SENTENCE.encode("utf-16"), "utf-16", id="utf-16-bom"),
        pytest.param(codecs.BOM_UTF32_LE + SENTENCE.encode("utf-32-le"), "utf-32", id="utf-32-bom"),
        pytest.param(SENTENCE.encode("utf-16-le"), "utf-16-le", id="utf-16-le"),
        pytest.param(SENTENCE.encode("utf-16-be"), "utf-16-be", id="utf-16-be"),
        pytest.param(SENTENCE.encode("cp1252"), "cp1252", id="cp1252"),
        pytest.param(SENTENCE.encode() + b" \xe9", "utf-8", id="utf-8-with-one-bad-byte"),
    ],
)
def test_encoding_is_detected(tmp_path: Path, content: bytes, encoding: str) -> None:
    path = tmp_path / "reports.csv"
    path.write_bytes(content)
    assert detect_encoding(path) == encoding


@pytest.mark.parametrize("fill", [b"\0", b"\0" * 40])
def test_nul_in_a_text_file_does_not_hide_its_encoding(tmp_path: Path, fill: bytes) -> None:
    path = tmp_path / "reports.csv"
    path.write_bytes(b"id,text\n1,b" + fill + b"one\n2,\xe9t\xe9\n")
    assert detect_encoding(path) == "cp1252"


def test_letters_across_chunks_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_bytes(b"x" * ((1 << 20) - 1) + "é".encode())
    assert detect_encoding(path) == "utf-8"


def test_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "reports.csv"
    path.write_bytes(b"PK\x03\x04\x00\x00\x01\xff\xfe\x00")
    with pytest.raises(InputError, match=r"reports\.csv: is not a text file; save the reports as CSV"):
        detect_encoding(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_bytes_are_decoded(encoding: str) -> None:
    assert decode(SENTENCE.encode(encoding)) == SENTENCE


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("éé".encode() + b"\xff", id="not-utf-8"),
        pytest.param(b"\x81 \xe9", id="not-cp1252"),
        pytest.param(b"\xff\xfea\x00\x00\xd8b\x00", id="not-utf-16"),
    ],
)
def test_bytes_of_no_encoding_leave_a_mark(content: bytes) -> None:
    assert holds_undecodable(decode(content))


def test_readable_text_has_no_mark() -> None:
    assert not holds_undecodable(f"{SENTENCE} \N{BONE}")
