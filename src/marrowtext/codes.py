"""Codes of the values of columns: RadLex ids from the rules, and a mapping of the user's own for other systems."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from difflib import get_close_matches
from pathlib import Path

from marrowtext.columns import FINDING_COLUMNS, Column, ColumnType
from marrowtext.errors import InputError
from marrowtext.rules import RuleSet
from marrowtext.tables import Table

__all__ = ["OMOP", "OMOP_SOURCE", "Code", "Codes", "load_codes"]

RADLEX, OMOP, OMOP_SOURCE = "RadLex", "OMOP", "OMOP source"

_URIS = {
    RADLEX: "http://radlex.org",
    "SNOMED CT": "http://snomed.info/sct",
    "UMLS": "http://terminology.hl7.org/CodeSystem/umls",
}
# What a code of a system looks like, for people and as a regular expression.
_SHAPES = {
    RADLEX: ("RID and digits", r"RID\d+"),
    "SNOMED CT": ("6 to 18 digits", r"\d{6,18}"),
    "UMLS": ("C and 7 digits", r"C\d{7}"),
    OMOP: ("a concept id, digits alone", r"\d{1,10}"),
    OMOP_SOURCE: ("a concept id, digits alone", r"\d{1,10}"),
}
_HEAD = ("kind", "value", "system", "code", "display")
_COLUMNS = (
    Column("kind", ColumnType.STRING, False, "Column of the findings table."),
    Column("value", ColumnType.STRING, False, "Value of the column."),
    Column("system", ColumnType.STRING, False, "System that the code is of."),
    Column("code", ColumnType.STRING, False, "The code."),
    Column("display", ColumnType.STRING, True, "What the code means."),
)
_KINDS = {column.name: column.values for column in FINDING_COLUMNS if column.values}


@dataclass(frozen=True, slots=True)
class Code:
    """The code that a value of a column (`kind`) has in a system."""

    kind: str
    value: str
    system: str
    code: str
    display: str | None = None

    @property
    def uri(self) -> str | None:
        """The system as a URI; None where it has none, as the concept ids of OMOP."""
        return _URIS.get(self.system, self.system if ":" in self.system else None)


class Codes:
    """Codes by kind and value, in order."""

    def __init__(self, codes: Iterable[Code]) -> None:
        self._codes: dict[tuple[str, str], dict[str, Code]] = {}
        for code in codes:
            self._codes.setdefault((code.kind, code.value), {})[code.system] = code

    def of(self, kind: str, value: object) -> Sequence[Code]:
        """Give the codes of a value, one for each system that has one."""
        return tuple(self._codes.get((kind, str(value)), {}).values())

    def number(self, kind: str, value: object, system: str) -> int:
        """Give the code of a value in a system of numbers; 0 where it has none, as OMOP wants."""
        return next((int(code.code) for code in self.of(kind, value) if code.system == system), 0)

    def table(self) -> Table:
        """Give all codes as a table."""
        rows = [astuple(code) for codes in self._codes.values() for code in codes.values()]
        return Table("codes", _COLUMNS, lambda: iter(rows))


def load_codes(rules: RuleSet, mapping: Path | None = None) -> Codes:
    """Give the codes in the rules, with those of a mapping file over them.

    A mapping is a CSV file with the columns kind, value, system, code and display. Raises InputError, naming the file,
    the line and what would be right, for a column, kind, value or code that is none, and for two codes of one system.
    """
    sites = {site: rule.label for site, rule in rules.sites.items()}
    own = [Code("site", site, RADLEX, rule.radlex) for site, rule in rules.sites.items() if rule.radlex]
    for kind, codes in rules.radlex.model_dump(mode="json").items():
        own.extend(Code(kind, value, RADLEX, code) for value, code in codes.items())
    return Codes([*own, *(_read_mapping(mapping, sites) if mapping else ())])


def _read_mapping(path: Path, sites: Mapping[str, str]) -> list[Code]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            head = [name.strip().lower() for name in next(rows, [])]
            missing = [name for name in _HEAD[:4] if name not in head]
            unknown = [name for name in head if name not in _HEAD]
            if missing or unknown or len(set(head)) < len(head):
                raise InputError(f"{path}: line 1: the columns must be {','.join(_HEAD)} (display may be left out)")
            codes: dict[tuple[str, str, str], Code] = {}
            for row in rows:
                where = f"{path}: line {rows.line_num}"
                if not any(cell.strip() for cell in row):
                    continue
                if len(row) != len(head):
                    raise InputError(f"{where}: has {len(row)} cells and not {len(head)}; check its commas and quotes")
                code = _check_code(where, dict(zip(head, (cell.strip() for cell in row), strict=True)), sites)
                key = (code.kind, code.value, code.system)
                if key in codes:
                    raise InputError(
                        f"{where}: {code.kind} {code.value} has a code of {code.system} already; leave one of them"
                    )
                codes[key] = code
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8; save the file as UTF-8") from None
    except csv.Error as error:
        raise InputError(f"{path}: is not CSV ({error}); check its quotes") from None
    return list(codes.values())


def _check_code(where: str, row: Mapping[str, str], sites: Mapping[str, str]) -> Code:
    kinds = {**_KINDS, "site": tuple(sites)}
    kind, value, code = row["kind"].lower(), row["value"], row["code"]
    if kind not in kinds:
        raise InputError(f"{where}: kind: {row['kind']!r} is no kind; use one of {', '.join(kinds)}")
    if value not in kinds[kind]:
        near = get_close_matches(value, kinds[kind], n=3)
        known = f"did you mean {', '.join(near)}?" if near else f"see `marrowtext columns` for the values of {kind}"
        raise InputError(f"{where}: value: {value!r} is no {kind}; {known}")
    system = next((known for known in _SHAPES if known.lower() == row["system"].lower()), row["system"])
    if system not in _SHAPES and not re.fullmatch(r"[A-Za-z][\w+.-]*:\S+", system):
        raise InputError(f"{where}: system: {system!r} is none of {', '.join(_SHAPES)} and no URI")
    told, shape = _SHAPES.get(system, ("a code without spaces at its ends", r"\S(.*\S)?"))
    if not re.fullmatch(shape, code):
        raise InputError(f"{where}: code: {code!r} is no code of {system}; it is {told}")
    return Code(kind, value, system, code, row.get("display") or None)
