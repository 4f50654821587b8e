"""Files as bytes and lines: packed ones are unpacked while they are read, and nothing grows without limit."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Self

from marrowtext.errors import InputError

__all__ = ["LONGEST_LINE", "ByteStream", "Lines", "PackingError", "open_bytes", "split_suffix"]

# A line beyond this has lost its end. It also keeps within what the csv module takes for one cell.
LONGEST_LINE = 1 << 26
# Reports pack to a fifth or a tenth of their size, tables of them to a fiftieth. What unpacks to more than this many
# times its size, and to more than so many bytes, is no export but made to fill the memory or the disk.
_MOST_RATIO = 200
_HARMLESS_BYTES = 64 << 20
_BUFFER = 1 << 20
_PACKINGS = {".gz": "gzip", ".zst": "zstd"}


class PackingError(InputError):
    """A packed file cannot be unpacked; `reason` says why without its name."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.reason = reason


def split_suffix(path: Path) -> tuple[str, str | None]:
    """Give the extension of a file in lower case, and how it is packed: (".csv", "gzip") for `reports.csv.gz`."""
    packing = _PACKINGS.get(path.suffix.lower())
    return (path.with_suffix("").suffix if packing else path.suffix).lower(), packing


def open_bytes(path: Path) -> io.BufferedReader:
    """Open a file for reading, unpacked where it is packed.

    Reading it raises PackingError where a packed file is cut off, damaged, or far larger than it looks.
    """
    return io.BufferedReader(ByteStream(path), _BUFFER)


class ByteStream(io.RawIOBase):
    """The bytes of a file, unpacked; `fraction` is how much of the file has been read, from 0 to 1."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = path.stat().st_size or 1
        self._packing = split_suffix(path)[1]
        self._file = path.open("rb", buffering=0)
        self._unpacked: IO[bytes] | Any = self._unpack(self._file)
        self._given = 0

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer; give the number of bytes."""
        data = self._read(len(buffer))
        buffer[: len(data)] = data
        self._given += len(data)
        if self._packing and self._given > max(_HARMLESS_BYTES, _MOST_RATIO * self._file.tell()):
            raise PackingError(
                self._path,
                f"unpacks to more than {_MOST_RATIO} times its size, as no export of reports does; "
                "if you trust it, unpack it first and read that file",
            )
        return len(data)

    @property
    def fraction(self) -> float:
        """How much of the file has been read; 1 when it is closed."""
        return 1.0 if self._file.closed else self._file.tell() / self._size

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            self._file.close()
        super().close()

    def _unpack(self, file: io.FileIO) -> IO[bytes] | Any:
        match self._packing:
            case "gzip":
                return gzip.GzipFile(fileobj=file, mode="rb")
            case "zstd":
                import pyarrow

                return pyarrow.CompressedInputStream(pyarrow.PythonFile(file, "r"), "zstd")
        return file

    def _read(self, size: int) -> bytes:
        try:
            return bytes(self._unpacked.read(size))
        except (EOFError, zlib.error, OSError) as error:
            # A disk that fails has a number for it.
            if isinstance(error, OSError) and error.errno:
                raise
        raise PackingError(self._path, f"the {self._packing} file is cut off or damaged; get it again")


class Lines(Iterator[str]):
    """The lines of a text file, with their ends. Of a line that is longer than any report, `cut` is set and what
    comes is empty, but for a quote where the line holds an odd number of them.
    """

    def __init__(self, file: io.TextIOBase, longest: int = LONGEST_LINE) -> None:
        self._file = file
        self._longest = longest
        self.cut = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = self._file.readline(self._longest)
        if not line:
            raise StopIteration
        if len(line) < self._longest or line[-1] in "\r\n":
            return line
        self.cut = True
        quotes = line.count('"')
        while line and line[-1] not in "\r\n":
            line = self._file.readline(self._longest)
            quotes += line.count('"')
        return '"\n' if quotes % 2 else "\n"
