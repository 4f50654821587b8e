"""The tables of a finished run in the shape that another tool reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from marrowtext.codes import load_codes
from marrowtext.errors import InputError
from marrowtext.fhir import Exporter
from marrowtext.hashes import hash_file
from marrowtext.manifest import RUNS, Manifest
from marrowtext.omop import write_note_nlp
from marrowtext.reading import Patterns, pattern_folders
from marrowtext.redcap import write_redcap
from marrowtext.results import Results, load_results
from marrowtext.rules import load_rules
from marrowtext.run import stamp_tables
from marrowtext.tables import Table
from marrowtext.targets import DatabaseTarget, Target, find_target
from marrowtext.writers import check_target, write_lines

__all__ = ["Export", "Shape", "export_tables"]


class Shape(StrEnum):
    """What becomes of the tables of a run."""

    TABLES = "tables"
    """The tables as they are, in another kind of file or in a database."""
    OMOP = "omop"
    """NOTE_NLP of the OMOP common data model 5.4."""
    FHIR = "fhir"
    """FHIR R4: Observations, and the DiagnosticReports that list them, as NDJSON."""
    REDCAP = "redcap"
    """A REDCap import with repeating instruments, and its data dictionary."""


@dataclass(frozen=True, slots=True)
class Export:
    """What was written: files or tables, by what is in them, and notes on what is not as it was."""

    written: tuple[str, ...]
    notes: tuple[str, ...]


def export_tables(
    findings: str | Path,
    out: str | Path | Target,
    shape: Shape | str = Shape.TABLES,
    *,
    mapping: str | Path | None = None,
    patterns: Patterns = None,
    record: str | None = None,
    first_id: int = 1,
    run: str | None = None,
    force: bool = False,
) -> Export:
    """Write the tables of a finished run, named by its findings table, workbook or database, to `out` in the shape of
    another tool.

    `mapping` is a CSV file with codes of the user's own, for OMOP and FHIR; `patterns` are the rules of the user's own
    that the run had; `run` is the run that is meant, where a database has several; `record` is the column of the
    reports table that is the record of REDCap; `first_id` is the first note_nlp_id of OMOP. All is written or nothing.
    Raises InputError where a table is missing or damaged, where the output cannot be written or is there already and
    `force` is not set, and for an option that the shape does not have.
    """
    shape = Shape(shape)
    _check_options(shape, mapping=mapping, record=record, first_id=first_id)
    results = load_results(Path(findings), run)
    rules = load_rules(*pattern_folders(patterns))
    sites = {site: rule.label for site, rule in rules.sites.items()}
    codes = load_codes(rules, Path(mapping) if mapping is not None else None)
    if shape is Shape.FHIR:
        return _write_fhir(Exporter(results, codes, sites), out, force)
    target = find_target(out)
    if shape is Shape.TABLES:
        return _write_plain(results, target, force)
    if shape is Shape.OMOP:
        tables, notes = write_note_nlp(results, codes, first_id)
    else:
        if not target.name.lower().endswith(".csv"):
            raise InputError(f"{target.name}: a REDCap import is CSV; name a .csv file")
        tables, notes = write_redcap(results, sites, record)
    return _write(target, tables, results, notes, force)


def _check_options(shape: Shape, **given: object) -> None:
    of = {
        "mapping": (Shape.OMOP, Shape.FHIR),
        "first_id": (Shape.OMOP,),
        "record": (Shape.REDCAP,),
    }
    for name, value in given.items():
        if value not in (None, 1) and shape not in of[name]:
            raise InputError(f"{name}: is of the shape {' and '.join(of[name])}, and not of {shape}; leave it out")


def _write(target: Target, tables: Sequence[Table], results: Results, notes: Iterable[str], force: bool) -> Export:
    names = [table.name for table in tables]
    target.check(names, results.path, force=force)
    told = [*notes, *target.write(tables, force=force)]
    files = [str(file) for file in target.list_files(names).values()]
    return Export(tuple(files or (f"{target.name}: {target.options.prefix}{name}" for name in names)), tuple(told))


def _write_plain(results: Results, target: Target, force: bool) -> Export:
    tables = list(results.tables.values())
    if isinstance(target, DatabaseTarget):
        _refuse_twice(target, results.manifest, force)
        return _write(target, stamp_tables(tables, results.manifest), results, (), force)
    export = _write(target, tables, results, (), force)
    if target.manifest is not None:
        files = target.list_files(list(results.tables))
        described: Mapping[str, Mapping[str, object]] = {
            what: {"name": file.name, "bytes": file.stat().st_size, "sha256": hash_file(file)}
            for what, file in files.items()
        }
        safe = {"spreadsheet_safe": True} if target.options.spreadsheet_safe else {}
        options = {name: value for name, value in results.manifest.options.items() if name != "spreadsheet_safe"}
        replace(results.manifest, tables=described, options={**options, **safe}, notes=list(export.notes)).write(
            target.manifest
        )
        export = Export((*export.written, str(target.manifest)), export.notes)
    return export


def _refuse_twice(target: DatabaseTarget, manifest: Manifest, force: bool) -> None:
    if target.options.append and not force and manifest.run in target.database.read(RUNS, "run"):
        raise InputError(
            f"{target.name}: the run {manifest.run} is in its tables already; to have it twice give --force too"
        )


def _write_fhir(exporter: Exporter, out: str | Path | Target, force: bool) -> Export:
    path = Path(str(out.name if isinstance(out, Target) else out))
    if path.suffix.lower() != ".ndjson":
        raise InputError(f"{path}: FHIR resources are written as NDJSON; name a .ndjson file")
    reports = path.with_name(f"{path.stem}.reports{path.suffix}")
    for file in (path, reports):
        check_target(file, force=force)
    resources = {path: exporter.observations(), reports: exporter.reports()}
    write_lines({file: (json.dumps(one, ensure_ascii=False) for one in made) for file, made in resources.items()})
    counts = exporter.results.manifest.counts.assertions
    unsaid = counts["hypothetical"] + counts["historical"]
    notes = []
    if unsaid:
        notes.append(
            f"findings that are hypothetical or historical, so no observations of this exam, and left out: {unsaid:,}"
        )
    return Export((str(path), str(reports)), tuple(notes))
