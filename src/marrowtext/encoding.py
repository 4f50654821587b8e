"""Bytes to text: which encoding a file is in, and what becomes of bytes that are not of it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from io import TextIOWrapper
from pathlib import Path

from marrowtext.errors import InputError
from marrowtext.streams import open_bytes

__all__ = ["decode", "detect_encoding", "holds_misread", "holds_undecodable", "name_encoding", "open_text"]

_CHUNK = 1 << 20
_HEAD = 4096
# Beside a zero byte these say that a file is no text; alone a zero byte is a slip in a text.
_CONTROL = re.compile(rb"[\x01-\x08\x0e-\x1a]|\A\0+\Z")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # It begins with the mark of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# A byte that is not of the encoding becomes a lone surrogate, which no readable text holds: the rest of the
# file stays readable, and the report that holds it can be told.
_MARK = "\udc80"
_SURROGATE = re.compile("[\ud800-\udfff]")
# What the bytes of UTF-8 look like as cp1252: of letters, of punctuation and of the mark at the beginning of a file,
# and of pictures. Other first bytes are left out: as letters they stand before quotes and dashes of true cp1252.
_TAIL = f"[{re.escape(bytes(range(0x80, 0xC0)).decode('cp1252', 'ignore'))}]"
_MISREAD = re.compile(f"[\u00c2-\u00de]{_TAIL}|[\u00e2\u00ef]{_TAIL}{{2}}|\u00f0{_TAIL}{{3}}")
_MARKING = "marrowtext.mark"
codecs.register_error(_MARKING, lambda error: (_MARK, _end(error)))


def _end(error: UnicodeError) -> int:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.end


def detect_encoding(path: Path) -> str:
    """Find the encoding of a file: by its byte order mark, else UTF-16, UTF-8 or cp1252 by its bytes.

    Reads the file once, in chunks. Raises InputError for a file that is not text, and for a packed one that is damaged.
    """
    with open_bytes(path) as file:
        encoding = _detect(iter(lambda: file.read(_CHUNK), b""))
    if encoding is None:
        raise InputError(f"{path}: is not a text file; save the reports as CSV, TSV, JSONL, Parquet or .txt")
    return encoding


def decode(content: bytes) -> str:
    """Decode the bytes of one text; bytes that are in no known encoding leave a mark in it."""
    return content.decode(name_encoding(content), _MARKING)


def name_encoding(content: bytes) -> str:
    """Name the encoding that `decode` takes the bytes of one text for."""
    return _detect([content]) or "utf-8"


def open_text(path: Path, encoding: str, newline: str | None = "") -> TextIOWrapper:
    """Open a file for reading, unpacked; bytes that are not of the encoding leave a mark in the text."""
    return TextIOWrapper(open_bytes(path), encoding=encoding, errors=_MARKING, newline=newline)


def holds_undecodable(text: str) -> bool:
    """Say whether a text holds the mark of bytes that could not be decoded."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def holds_misread(text: str) -> bool:
    """Say whether a text looks as UTF-8 does where it is read as cp1252."""
    return not text.isascii() and _MISREAD.search(text) is not None


def _detect(chunks: Iterable[bytes]) -> str | None:
    """Name the encoding; None where the bytes are not text.

    Where UTF-8 fails, the file is cp1252 unless most of its other letters are well-formed UTF-8, which no
    cp1252 text comes to by chance: then single bytes are broken, not the encoding wrong.
    """
    whole = broken = 0
    decoder = codecs.getincrementaldecoder("utf-8")(_MARKING)
    for number, chunk in enumerate(chunks):
        if number == 0:
            for bom, encoding in _BOMS:
                if chunk.startswith(bom):
                    return encoding
            head = chunk[:_HEAD]
            if b"\0" in head:
                wide = _detect_utf_16(head)
                if wide is not None or _CONTROL.search(head):
                    return wide
        text = decoder.decode(chunk)
        if not text.isascii():
            marks = text.count(_MARK)
            broken += marks
            whole += len(text) - len(text.encode("ascii", "ignore")) - marks
    broken += decoder.decode(b"", final=True).count(_MARK)
    return "cp1252" if broken > whole else "utf-8"


def _detect_utf_16(head: bytes) -> str | None:
    """Tell UTF-16 without a mark by the zero bytes of its Latin letters, which stand at every other place alone."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) <= max(len(head) // 4, 4 * min(even, odd)):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"
