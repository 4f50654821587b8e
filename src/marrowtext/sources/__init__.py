"""The inputs that reports come in: files, folders and databases, each with its column names and its records."""

from __future__ import annotations

import fnmatch
import glob
import itertools
import os
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from marrowtext.encoding import detect_encoding, open_text
from marrowtext.errors import InputError
from marrowtext.sources.databases import DuckDbFile, SqliteFile, file_of, hide_secrets, is_url, open_database
from marrowtext.sources.delimited import DelimitedFile, holds_table
from marrowtext.sources.documents import DocumentFiles
from marrowtext.sources.jsonlines import JsonLinesFile
from marrowtext.sources.messages import MessageFiles, starts_message
from marrowtext.sources.parquet import ParquetFile
from marrowtext.sources.resources import ResourceFiles, holds_resources
from marrowtext.sources.source import NOTE, Broken, Header, Record, Selection, Source, empty, is_folder
from marrowtext.sources.workbooks import Workbook
from marrowtext.streams import split_suffix

__all__ = [
    "NOTE", "Broken", "Header", "Record", "Selection", "Source", "is_file_name", "list_files", "name_of", "open_source",
]  # fmt: skip

_NOTHING = Selection()
_SAMPLED_CHARACTERS = 1 << 16
_DELIMITERS = {".csv": None, ".tsv": "\t", ".tab": "\t"}
_LINED = (".jsonl", ".ndjson")
_BOOKS = (".xlsx", ".xlsm")
_PARQUET = (".parquet", ".pq")
_SQLITE = (".sqlite", ".sqlite3", ".db")
_DUCKDB = (".duckdb", ".ddb")
# What a folder or a glob may hold, by the kind of its files; one kind at a time.
_KINDS = {".txt": "documents", ".rtf": "documents", ".hl7": "messages", ".json": "resources", ".ndjson": "resources"}
_PACKABLE = (*_DELIMITERS, *_LINED, ".txt", ".rtf", ".hl7", ".json")


def open_source(place: str | Path, selection: Selection = _NOTHING) -> Source:
    """Open a file by its extension, a folder, a glob of files, or a database by its URL.

    Raises InputError where it is missing, empty, of another kind, or damaged as a whole, and where a sheet, table or
    query is asked of what has none; MarrowtextError where an extra is needed that is not installed.
    """
    name = name_of(place)
    if is_url(str(place)):
        _refuse(name, selection, sheet=True, header=True)
        return open_database(str(place), selection)
    path = Path(place)
    if not path.exists() and glob.has_magic(str(place)):
        _refuse(name, selection, sheet=True, table=True, header=True)
        return _open_files(name, _base_of(str(place)), [file for file, _ in list_files(place)])
    if path.is_dir():
        _refuse(name, selection, sheet=True, table=True, header=True)
        source = _open_files(name, path, [file for file, _ in list_files(path)])
        source.passed_over = _list_others(path)
        return source
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; check the path")
    if not path.is_file():
        raise InputError(f"{path}: not a regular file; save the reports to a file first")
    if not path.stat().st_size:
        raise empty(path)
    # What may not be read is damaged to the libraries.
    path.open("rb").close()
    return _open_file(path, selection)


def name_of(place: str | Path) -> str:
    """Give an input as messages call it: as it was named, a URL without its secrets."""
    return hide_secrets(str(place)) if is_url(str(place)) else str(place)


def list_files(place: str | Path) -> list[tuple[Path, str]]:
    """List the files that an input is made of, each with its name: below its folder, or of a single file its own.

    A database of a server is made of none. What cannot be looked at is listed too, so that it is told when it is read:
    a link that leads nowhere, and a folder in the folder. Raises OSError where the folder itself cannot be read.
    """
    if is_url(str(place)):
        path = file_of(str(place))
        return _with_log(path) if path is not None else []
    path = Path(place)
    if path.is_dir():
        return _named(path, _walk(path))
    if not path.exists() and glob.has_magic(str(place)):
        return _named(_base_of(str(place)), _match(str(place)))
    return _with_log(path)


def is_file_name(word: str) -> bool:
    """Say whether a word ends as the files do that can be read."""
    known = (*_DELIMITERS, *_LINED, *_BOOKS, *_PARQUET, *_SQLITE, *_DUCKDB, *_KINDS)
    return split_suffix(Path(word))[0] in known


def _with_log(path: Path) -> list[tuple[Path, str]]:
    """Give a file, and the file beside it in which SQLite and DuckDB keep what is not in it yet."""
    logs = [path.with_name(f"{path.name}{end}") for end in ("-wal", ".wal")]
    return [(path, path.name), *((log, log.name) for log in logs if log.is_file() and log.stat().st_size)]


def _named(folder: Path, files: Iterable[Path]) -> list[tuple[Path, str]]:
    """Sort files, without the hidden ones that file systems leave there, and name them below their folder."""
    kept = sorted(file for file in files if not file.name.startswith("."))
    return [(file, file.relative_to(folder).as_posix()) for file in kept]


def _walk(folder: Path) -> Iterator[Path]:
    """Give the files below a folder that can be read, and what cannot be looked at."""
    locked: list[Path] = []

    def keep(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise error
        locked.append(Path(error.filename))

    for parent, _, names in os.walk(folder, onerror=keep):
        files = (Path(parent, name) for name in names)
        yield from (file for file in files if split_suffix(file)[0] in _KINDS and _is_file(file))
    yield from locked


def _list_others(folder: Path) -> str | None:
    """Say how many files below a folder are of kinds that are not read there."""
    names = (name for _, _, inside in os.walk(folder) for name in inside if not name.startswith("."))
    others = Counter(split_suffix(Path(name))[0] or name for name in names)
    listed = [f"{count:,} {kind}" for kind, count in others.most_common() if kind not in _KINDS]
    return ", ".join(listed) or None


def _is_file(path: Path) -> bool:
    """Say whether a path is a file, or is to be told as one since it cannot be looked at."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return True


def _base_of(pattern: str) -> Path:
    """Give the folder that a glob begins with."""
    return Path(*itertools.takewhile(lambda part: not glob.has_magic(part), Path(pattern).parts))


def _match(pattern: str) -> Iterator[Path]:
    """Give the files that a glob stands for, and what of it cannot be looked at."""
    base = _base_of(pattern)
    if base.is_dir():
        # Where nothing can be listed there are no rows to tell it in.
        os.scandir(base).close()
    yield from dict.fromkeys(_expand(base, Path(pattern).parts[len(base.parts) :]))


def _expand(path: Path, parts: Sequence[str]) -> Iterator[Path]:
    """Give the files that the parts of a glob stand for below a path, and a folder that cannot be listed in place of
    its files: pathlib passes over that without a word.
    """
    if not parts:
        if _is_there(path) and _is_file(path):
            yield path
        return
    first, rest = parts[0], parts[1:]
    if not glob.has_magic(first):
        yield from _expand(path / first, rest)
        return
    if first == "**" and rest:
        yield from _expand(path, rest)
    try:
        inside = list(path.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError:
        yield path
        return
    for child in inside:
        if first != "**":
            if fnmatch.fnmatch(child.name, first):
                yield from _expand(child, rest)
        # A link may lead back to where it stands.
        elif is_folder(child) and not child.is_symlink():
            yield from _expand(child, parts)
        elif not rest:
            yield from _expand(child, rest)


def _is_there(path: Path) -> bool:
    """Say whether a path, or a link by that name, is there or may be."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _open_files(name: str, folder: Path, files: Sequence[Path]) -> Source:
    kinds = {_KINDS.get(split_suffix(file)[0]) for file in files if not is_folder(file)}
    if not files:
        raise InputError(f"{name}: no .txt, .rtf, .hl7 or .json file there; give a folder that holds some, or a file")
    if None in kinds:
        raise InputError(
            f"{name}: other files are among them; give a glob of .txt, .rtf, .hl7, .json or .ndjson files, or one table"
        )
    if len(kinds) > 1:
        ends = ", ".join(sorted({split_suffix(file)[0] for file in files}))
        raise InputError(f"{name}: holds files of several kinds ({ends}); give a glob of one kind, such as '*.txt'")
    match next(iter(kinds), None):
        case "messages":
            return MessageFiles(files)
        case "resources":
            return ResourceFiles(files)
    # In a folder of .txt the first shows what they are.
    if split_suffix(files[0])[0] == ".txt" and _starts_message(files[0]):
        return MessageFiles(files)
    return DocumentFiles(folder, files)


def _starts_message(path: Path) -> bool:
    try:
        return starts_message(path)
    except (OSError, InputError):
        # It has an error row of its own when it is read.
        return False


def _starts_table(path: Path) -> bool:
    try:
        with open_text(path, detect_encoding(path)) as file:
            return holds_table(file.read(_SAMPLED_CHARACTERS))
    except InputError:
        # It has an error row when it is read.
        return False


def _open_file(path: Path, selection: Selection) -> Source:
    suffix, packing = split_suffix(path)
    _refuse(
        str(path),
        selection,
        sheet=suffix not in _BOOKS,
        table=suffix not in (*_SQLITE, *_DUCKDB),
        header=suffix not in (*_BOOKS, *_DELIMITERS, ".txt"),
    )
    if packing and suffix not in _PACKABLE:
        raise InputError(f"{path}: only text can be packed, such as .csv{path.suffix}; unpack it first")
    if suffix in _DELIMITERS:
        return DelimitedFile(path, _DELIMITERS[suffix], selection.header_row)
    if suffix in _LINED:
        return ResourceFiles([path]) if holds_resources(path) else JsonLinesFile(path)
    if suffix in _PARQUET:
        return ParquetFile(path)
    if suffix in _BOOKS:
        return Workbook(path, selection)
    if suffix in _SQLITE:
        return SqliteFile(path, selection)
    if suffix in _DUCKDB:
        return DuckDbFile(path, selection)
    if suffix == ".json":
        return ResourceFiles([path])
    if suffix == ".hl7" or (suffix == ".txt" and starts_message(path)):
        return MessageFiles([path])
    if suffix == ".txt" and (selection.header_row is not None or _starts_table(path)):
        return DelimitedFile(path, None, selection.header_row)
    if suffix in (".txt", ".rtf"):
        return DocumentFiles(path.parent, [path])
    if suffix == ".xls":
        raise InputError(f"{path}: Excel before 2007 is not read; save it as .xlsx")
    raise InputError(
        f"{path}: unknown kind of file; give a .csv, .tsv, .jsonl, .parquet, .xlsx, .hl7, .json, .txt, .rtf, .sqlite "
        "or .duckdb file, a folder, or the URL of a database"
    )


def _refuse(name: str, selection: Selection, *, sheet: bool = False, table: bool = False, header: bool = False) -> None:
    """Refuse a choice that an input does not have."""
    if sheet and selection.sheet is not None:
        raise InputError(f"{name}: a sheet is chosen, and this is no Excel workbook; leave it out")
    if table and (selection.table is not None or selection.query is not None):
        raise InputError(f"{name}: a table or a query is chosen, and this is no database; leave it out")
    if header and selection.header_row is not None:
        raise InputError(f"{name}: a header row is chosen, and this is no CSV, TSV or Excel workbook; leave it out")
