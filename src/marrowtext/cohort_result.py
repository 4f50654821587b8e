"""What came of a cohort, and the folder that it is written to."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marrowtext.cohort_tables import COHORT_TABLES
from marrowtext.definition import Definition
from marrowtext.definition_files import SourceText
from marrowtext.errors import InputError
from marrowtext.writers import check_kind, failure, open_table

if TYPE_CHECKING:
    import pandas

__all__ = ["CohortResult", "check_folder"]

_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True, repr=False)
class CohortResult:
    """What came of a cohort: its members, who was left out where, the steps with their counts, and the evidence.

    `sql` is what was run, `flow` the diagram as SVG, `manifest` says what was asked of which tables by which versions.
    The frame `evidence` quotes sentences of the reports; the others, the diagram and the manifest do not.
    """

    definition: Definition
    source: SourceText
    cohort: pandas.DataFrame
    excluded: pandas.DataFrame
    steps: pandas.DataFrame
    evidence: pandas.DataFrame
    sql: str
    flow: str
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        after = int(self.steps["after"].iloc[-1])
        return f"<CohortResult: {self.definition.title}; {after} members of the unit {self.definition.unit}>"

    def _repr_html_(self) -> str:
        shown = self.steps[["step", "kind", "words", "left_out", "after"]].to_html(index=False, border=0)
        notes = "".join(f"\n<p>Note: {escape(note)}</p>" for note in self.manifest["notes"])
        return f"<h3>{escape(self.definition.title)}</h3>\n{self.flow}\n{shown}{notes}"

    def write(self, out: str | Path, *, kind: str = "csv", force: bool = False) -> Path:
        """Write all of it to the folder `out`, whole or not at all: tables of this kind (csv, jsonl or parquet),
        `flow.svg`, `cohort.sql`, `definition.toml` and `manifest.json`.

        Raises InputError where the folder exists and `force` is not set, or where it is none that a cohort was written
        to before.
        """
        out = Path(out)
        check_folder(out, kind, force=force)
        beside = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
        try:
            beside.mkdir()
            for table, columns in COHORT_TABLES.items():
                frame: pandas.DataFrame = getattr(self, table)
                values = frame.astype(object).where(frame.notna(), None).to_dict("records")
                with open_table(beside / f"{table}.{kind}", columns) as writer:
                    writer.write({str(key): value for key, value in row.items()} for row in values)
            texts = {
                "flow.svg": self.flow,
                "cohort.sql": self.sql,
                "definition.toml": self.source.text,
                _MANIFEST: json.dumps(self.manifest, indent=2, ensure_ascii=False) + "\n",
            }
            for file, content in texts.items():
                (beside / file).write_text(content, encoding="utf-8")
            _take_place(beside, out)
        except OSError as error:
            raise failure(out, error) from None
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        return out


def check_folder(out: Path, kind: str, *, force: bool = False) -> None:
    """Raise InputError where a cohort cannot be written to the folder `out`."""
    check_kind(Path(f"table.{kind}"))
    if not out.name:
        raise InputError(f"{out}: name a folder that is to be made")
    if not out.parent.is_dir():
        raise InputError(f"{out}: the folder {out.parent} does not exist; make it first")
    if not out.exists() and not out.is_symlink():
        return
    if not force:
        raise InputError(f"{out}: exists already; name another folder, or overwrite it with --force")
    # A folder that holds anything else is never removed.
    if out.is_symlink() or not out.is_dir() or not (out / _MANIFEST).is_file():
        raise InputError(f"{out}: is no folder that a cohort was written to; name another")
    known = {*(f"{table}{kind}" for table in COHORT_TABLES for kind in (".csv", ".jsonl", ".parquet"))}
    known |= {"flow.svg", "cohort.sql", "definition.toml", _MANIFEST}
    foreign = sorted(file.name for file in out.iterdir() if file.name not in known)
    if foreign:
        raise InputError(f"{out}: holds {foreign[0]!r}, which is none of the files of a cohort; move it away")


def _take_place(beside: Path, out: Path) -> None:
    """Put the folder in the place of another, which is put back where that fails."""
    if not out.exists():
        beside.rename(out)
        return
    old = out.with_name(f".{out.name}.{secrets.token_hex(4)}.old")
    out.rename(old)
    try:
        beside.rename(out)
    except OSError:
        old.rename(out)
        raise
    shutil.rmtree(old, ignore_errors=True)
