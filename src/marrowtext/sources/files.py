"""Files that hold any number of reports each, one after the other."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from pathlib import Path

from marrowtext.encoding import detect_encoding
from marrowtext.errors import InputError
from marrowtext.sources.source import Broken, Record, Source, call_of, fraction_of
from marrowtext.streams import PackingError

__all__ = ["ReportFiles"]


class ReportFiles(Source):
    """Files of reports. One that cannot be read is an error where it is alone, and else a broken record.

    `kind` is what the files hold beside reports, which is counted and passed over; `lack` says of a file that it holds
    nothing of the kind.
    """

    kind: str
    lack: str

    def __init__(self, files: Sequence[Path]) -> None:
        super().__init__()
        self._files = files
        self._done = 0
        self._file: TextIOWrapper | None = None
        self._others: Counter[str] = Counter()
        self._told: list[str] = []
        if len(files) == 1:
            self.encoding = detect_encoding(files[0])
        self.details = {"files": f"{len(files):,}"}

    def records(self, _wanted: Sequence[str], /) -> Iterator[Record]:
        self._others.clear()
        self._told.clear()
        if len(self._files) == 1:
            yield from self._read_file(self._files[0], self.encoding or "utf-8")
        else:
            yield from self._read_files()
        self._done = len(self._files)

    def _read_files(self) -> Iterator[Record]:
        for number, path in enumerate(self._files):
            self._done = number
            where = f"the file {path.name}"
            try:
                for record in self._read_file(path, detect_encoding(path)):
                    if isinstance(record, Broken):
                        yield Broken(f"{where}: {record.reason}", record.id, record.fields)
                    else:
                        yield record
            except OSError as error:
                yield Broken(f"the {call_of(path)} {path.name} cannot be read ({error.strerror})")
            except InputError as error:
                yield Broken(f"{where}: {error.reason if isinstance(error, PackingError) else self.lack}")

    @property
    def fraction(self) -> float:
        share = fraction_of(self._file) if self._done < len(self._files) else 0.0
        return (self._done + share) / len(self._files)

    @property
    def notices(self) -> Iterable[str]:
        yield from self._told
        if self._others:
            listed = ", ".join(f"{count:,} {kind}" for kind, count in self._others.most_common())
            yield f"{self._others.total():,} {self.kind} of other types are no reports: {listed}"

    @abstractmethod
    def _read_file(self, path: Path, encoding: str, /) -> Iterator[Record]:
        """Yield the reports of a file. Raises InputError where it holds nothing of the kind."""
