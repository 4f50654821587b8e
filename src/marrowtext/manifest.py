"""The manifest of a run: what was read by what, when, and what came of it."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from marrowtext import __version__
from marrowtext.columns import Column, ColumnType
from marrowtext.errors import InputError
from marrowtext.hashes import hash_input
from marrowtext.outcome import Tally
from marrowtext.sources import list_files, name_of
from marrowtext.writers import replace_text

__all__ = [
    "RUNS",
    "RUN_COLUMNS",
    "Manifest",
    "list_versions",
    "load_manifest",
    "measure_input",
    "read_manifest",
    "stamp_input",
    "tell_time",
]

# Packages that the tables depend on, byte for byte.
_PACKAGES = ("medspacy", "spacy", "pyarrow")

RUNS = "runs"
"""The table of a database that has a row for each run whose tables were loaded."""
RUN_COLUMNS: tuple[Column, ...] = (
    Column("run", ColumnType.STRING, False, "Random name of the run."),
    Column("started", ColumnType.STRING, False, "When it began, in UTC."),
    Column("finished", ColumnType.STRING, True, "When its tables were complete, in UTC."),
    Column("marrowtext", ColumnType.STRING, False, "Version of the program."),
    Column("rules", ColumnType.STRING, False, "Hash of the rules."),
    Column("input", ColumnType.STRING, False, "Name of the input."),
    Column("input_sha256", ColumnType.STRING, False, "Hash of the input."),
    Column("reports", ColumnType.INTEGER, False, "Number of its reports."),
    Column("errors", ColumnType.INTEGER, False, "Number of the reports that could not be read."),
    Column("findings", ColumnType.INTEGER, False, "Number of its findings."),
    Column("manifest", ColumnType.STRING, False, "The whole manifest, as JSON."),
)
"""The columns of the table of runs that a database has."""


def tell_time() -> str:
    """Give the time now, to the second, in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(slots=True)
class Manifest:
    """What a run is (`versions`, `rules`, `input`, `options`), and how it went.

    `tables` is empty until the run is complete; `notes` tell what the output could not hold as it was. No report text
    is in it.
    """

    versions: Mapping[str, str]
    rules: str
    input: Mapping[str, object]
    options: Mapping[str, object]
    run: str = field(default_factory=lambda: secrets.token_hex(8))
    workers: int = 1
    started: str = field(default_factory=tell_time)
    resumed: list[str] = field(default_factory=list)
    finished: str | None = None
    counts: Tally = field(default_factory=Tally)
    tables: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> str:
        """Give it as JSON, which `read_manifest` reads."""
        values = {name: getattr(self, name) for name in self.__slots__} | {"counts": self.counts.as_dict()}
        return json.dumps(values, indent=2, ensure_ascii=False)

    def as_row(self) -> tuple[object, ...]:
        """Give it as a row of RUN_COLUMNS."""
        return (
            self.run,
            self.started,
            self.finished,
            self.versions["marrowtext"],
            self.rules,
            self.input["name"],
            self.input["sha256"],
            self.counts.reports,
            self.counts.errors,
            self.counts.findings,
            self.as_json(),
        )

    def write(self, path: Path) -> None:
        """Write it as JSON, whole or not at all. Raises InputError where it cannot be written."""
        replace_text(path, self.as_json() + "\n")

    def differences(self, other: Manifest) -> list[str]:
        """Say in which ways another run is not this one, so that neither can go on with the other's tables."""
        told = [
            f"{name} is {theirs or 'not there'} and was {ours or 'not there'}"
            for name, ours, theirs in _differences(self.versions, other.versions)
        ]
        if self.rules != other.rules:
            told.append(f"the rules are others ({other.rules}, and were {self.rules})")
        if self.input["sha256"] != other.input["sha256"]:
            told.append("the input is another one, or it has changed")
        told.extend(
            f"the option {name} is {json.dumps(theirs)} and was {json.dumps(ours)}"
            for name, ours, theirs in _differences(self.options, other.options)
        )
        return told


def load_manifest(path: Path) -> Manifest | None:
    """Load a manifest; None where there is none. Raises InputError for a file that is no manifest."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        text = ""
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}); move it away, or start anew with --force"
        ) from None
    return read_manifest(text, str(path))


def read_manifest(text: str, source: str) -> Manifest:
    """Read a manifest that was written as JSON. Raises InputError, naming its source, where it is none."""
    try:
        values: dict[str, Any] = json.loads(text)
        return Manifest(**{**values, "counts": Tally.from_dict(values["counts"])})
    except (ValueError, TypeError, KeyError, AttributeError):
        raise InputError(f"{source}: is not a manifest of a run; move it away, or start anew with --force") from None


def list_versions() -> dict[str, str]:
    """Give the versions of the program and of what its tables depend on."""
    python = ".".join(map(str, sys.version_info[:2]))
    return {"marrowtext": __version__, "python": python, **{name: version(name) for name in _PACKAGES}}


def measure_input(place: str | Path) -> dict[str, object]:
    """Give name, size and SHA-256 of an input: of a folder or a glob those of its files, with their names; of the
    database of a server those of its name, since what is in it is known when it is read.

    Raises InputError where a file cannot be read.
    """
    sha256, size = hash_input(place)
    return {"name": _short_name(place), "bytes": size, "sha256": sha256}


def stamp_input(place: str | Path) -> str:
    """Give a mark that changes when the input does, at the cost of a look at the size and time of its files."""
    digest = hashlib.sha256()
    for file, name in list_files(place):
        try:
            state = file.stat()
            told = f"{state.st_size}\0{state.st_mtime_ns}"
        except OSError:
            told = "unreadable"
        digest.update(os.fsencode(name) + f"\0{told}\0".encode())
    return digest.hexdigest()


def _short_name(place: str | Path) -> str:
    """Give the name of an input without the folders that it lies in."""
    name = name_of(place)
    return name if "://" in name else Path(name).name


def _differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    for name in dict.fromkeys((*ours, *theirs)):
        if ours.get(name) != theirs.get(name):
            yield name, ours.get(name), theirs.get(name)
