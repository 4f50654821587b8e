"""A filled-in sheet measured: how often a row is right, how much is found, how far reviewers agree."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from marrowtext.columns import Column, ColumnType
from marrowtext.errors import InputError
from marrowtext.estimates import Estimate, Stratum, kappa, weigh_proportion, weigh_sensitivity, wilson
from marrowtext.model import Assertion
from marrowtext.sampling import ANSWERS, REPORT, ROW, key_path
from marrowtext.sheets import read_sheet
from marrowtext.store import make_frame

if TYPE_CHECKING:
    import pandas

__all__ = ["AGREEMENT_COLUMNS", "Agreement", "AgreementFigure", "measure_agreement"]

# The reports that the program says have edema; the others are those where it may have missed some.
_FOUND = (Assertion.PRESENT.value,)
_YES, _NO = ("yes", "y", "1", "true"), ("no", "n", "0", "false")
_MOST_LISTED = 8

AGREEMENT_COLUMNS: tuple[Column, ...] = (
    Column("measure", ColumnType.STRING, False, "What is estimated."),
    Column("of", ColumnType.STRING, False, "Of which lines of the sheet.", (ROW, REPORT)),
    Column("stratum", ColumnType.STRING, False, "Of which stratum; empty for all."),
    Column("size", ColumnType.INTEGER, False, "Units that there are."),
    Column("sampled", ColumnType.INTEGER, False, "Units that were drawn and judged."),
    Column("yes", ColumnType.INTEGER, False, "Of these, units judged yes; for kappa, lines where both agree."),
    Column("estimate", ColumnType.FLOAT, True, "The estimate; empty where nothing can be said."),
    Column("low", ColumnType.FLOAT, True, "Lower end of the 95 % interval."),
    Column("high", ColumnType.FLOAT, True, "Upper end of that interval."),
    Column("method", ColumnType.STRING, False, "How the interval is made; of kappa without an estimate, why."),
)


@dataclass(frozen=True, slots=True)
class AgreementFigure:
    """One figure: a row of AGREEMENT_COLUMNS."""

    measure: str
    of: str
    stratum: str
    size: int
    sampled: int
    yes: int
    estimate: float | None
    low: float | None
    high: float | None
    method: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a reviewed sheet came to. No report text is in it."""

    figures: tuple[AgreementFigure, ...]

    def frame(self) -> pandas.DataFrame:
        """Give the figures as a frame."""
        return make_frame(AGREEMENT_COLUMNS, [asdict(figure) for figure in self.figures])

    def figure(self, measure: str, of: str, stratum: str = "") -> AgreementFigure:
        """Give one figure. Raises KeyError where there is none."""
        for figure in self.figures:
            if (figure.measure, figure.of, figure.stratum) == (measure, of, stratum):
                return figure
        raise KeyError((measure, of, stratum))

    def write_figures(self) -> str:
        """Write the figures as a Markdown table."""
        rows = [("measure", "of", "stratum", "size", "sampled", "yes", "estimate", "95 % interval", "method")]
        for figure in self.figures:
            counts = (f"{figure.size}", f"{figure.sampled}", f"{figure.yes}")
            value = "" if figure.estimate is None else f"{figure.estimate:.3f}"
            interval = "" if figure.low is None else f"{figure.low:.3f}-{figure.high:.3f}"
            rows.append((figure.measure, figure.of, figure.stratum, *counts, value, interval, figure.method))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return "\n".join(lines) + "\n"

    def _repr_html_(self) -> str:
        return str(self.frame().to_html(index=False, border=0))


@dataclass(frozen=True, slots=True)
class _Line:
    """A judged line: what the key says of it, the answers of the reviewers, and the one that holds."""

    kind: str
    stratum: str
    answers: tuple[str, ...]
    holds: bool


def measure_agreement(sheet: str | Path, key: str | Path | None = None) -> Agreement:
    """Measure a sheet that `marrowtext sample` wrote and reviewers filled in.

    `key` is the key that was written beside it, where it is not there any more. Raises InputError, with the lines and
    the remedy, for lines that are gone, there twice, changed, unanswered, answered with anything but yes or no, or on
    which two reviewers differ without an adjudicated answer.
    """
    path = Path(sheet)
    drawn = _read_key(Path(key) if key is not None else key_path(path))
    lines = list(_read_lines(path, drawn))
    return Agreement(tuple(_measure(lines, drawn["strata"])))


def _measure(lines: Sequence[_Line], strata: Sequence[Mapping[str, Any]]) -> Iterator[AgreementFigure]:
    counted = {
        (each["kind"], each["stratum"]): Stratum(
            each["size"], each["sampled"], sum(line.holds for line in lines if _is_of(line, each))
        )
        for each in strata
    }
    rows = {label: stratum for (kind, label), stratum in counted.items() if kind == ROW}
    reports = {label: stratum for (kind, label), stratum in counted.items() if kind == REPORT}
    for label, stratum in rows.items():
        yield _figure("PPV", ROW, label, [stratum], wilson(stratum.right, stratum.sampled), "Wilson")
    if rows:
        overall = weigh_proportion(list(rows.values()))
        yield _figure("PPV", ROW, "", rows.values(), overall, "weighted by strata; Wilson at the effective sample size")
    for label, stratum in reports.items():
        yield _figure("share with edema", REPORT, label, [stratum], wilson(stratum.right, stratum.sampled), "Wilson")
    if reports:
        found = [stratum for label, stratum in reports.items() if label in _FOUND]
        missed = [stratum for label, stratum in reports.items() if label not in _FOUND]
        method = "weighted by strata (Begg and Greenes); delta method on the logit"
        yield _figure("sensitivity", REPORT, "", [*found, *missed], weigh_sensitivity(found, missed), method)
        without = [[s._replace(right=s.sampled - s.right) for s in group] for group in (missed, found)]
        yield _figure("specificity", REPORT, "", [s for g in without for s in g], weigh_sensitivity(*without), method)
    for kind in (ROW, REPORT):
        pairs = [(line.answers[0], line.answers[1]) for line in lines if line.kind == kind and len(line.answers) > 1]
        if pairs:
            same = sum(one == other for one, other in pairs)
            estimate = kappa(pairs)
            method = "Cohen; Fleiss, Cohen and Everitt; unweighted"
            if estimate.value is None:
                method = "cannot be told: a reviewer gave one answer throughout"
            yield AgreementFigure("kappa", kind, "", len(pairs), len(pairs), same, *estimate, method)


def _is_of(line: _Line, stratum: Mapping[str, Any]) -> bool:
    return (line.kind, line.stratum) == (stratum["kind"], stratum["stratum"])


def _figure(
    measure: str, of: str, label: str, strata: Sequence[Stratum] | Any, estimate: Estimate, method: str
) -> AgreementFigure:
    sizes = [sum(values) for values in zip(*strata, strict=True)]
    return AgreementFigure(measure, of, label, sizes[0], sizes[1], sizes[2], *estimate, method)


def _read_key(path: Path) -> dict[str, Any]:
    try:
        key: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for each in key["strata"]:
            Stratum(int(each["size"]), int(each["sampled"]), 0), str(each["kind"]), str(each["stratum"])
        key["lines"] = {int(each["line"]): each for each in key["lines"]}
    except FileNotFoundError:
        reason = "no such key; it was written beside the sheet, and --key names it where it lies elsewhere"
    except OSError as error:
        reason = f"cannot be read ({error.strerror}); check the file"
    except (ValueError, KeyError, TypeError):
        reason = "is no key of a sheet; name the one that marrowtext sample wrote"
    else:
        return key
    raise InputError(f"{path}: {reason}")


def _read_lines(path: Path, key: Mapping[str, Any]) -> Iterator[_Line]:
    sheet = read_sheet(path)
    missing = [c for c in ("line", "kind", "row", "finding", *ANSWERS) if not sheet or c not in sheet[0]]
    if missing:
        raise InputError(f"{path}: has no column {missing[0]!r}; keep the columns of the sheet as they were written")
    drawn = key["lines"]
    numbers = [_read_number(path, place, line["line"]) for place, line in enumerate(sheet, start=2)]
    _refuse(path, [n for n in numbers if n not in drawn], "are none that were drawn; take them out")
    _refuse(path, sorted({n for n in numbers if numbers.count(n) > 1}), "are there twice; keep one of each")
    _refuse(path, sorted(set(drawn) - set(numbers)), "are gone; put them back from the sheet as it was written")
    lines = dict(zip(numbers, sheet, strict=True))
    changed = [number for number, line in lines.items() if not _is_same(line, drawn[number])]
    _refuse(path, changed, "are not what was drawn: columns were sorted apart or changed; put them back")
    answers = {
        number: {column: _read_answer(line[column]) for column in ANSWERS} for number, line in sorted(lines.items())
    }
    for column in ANSWERS:
        wrong = [number for number, given in answers.items() if given[column] == "?"]
        _refuse(path, wrong, f"hold something else than yes or no in {column}; write yes or no")
    two = any(given["verdict_2"] for given in answers.values())
    for column in ANSWERS[: 2 if two else 1]:
        empty = [number for number, given in answers.items() if not given[column]]
        _refuse(path, empty, f"have no answer in {column}; fill them in" + (", or empty the column" if two else ""))
    both = ANSWERS[:2] if two else ANSWERS[:1]
    open_ = [n for n, given in answers.items() if len({given[c] for c in both}) > 1 and not given["adjudicated"]]
    _refuse(
        path, open_, "are answered yes by one reviewer and no by the other; write the answer that holds in adjudicated"
    )
    for number, given in answers.items():
        holds = given["adjudicated"] or given["verdict_1"]
        yield _Line(
            drawn[number]["kind"], drawn[number]["stratum"], tuple(given[column] for column in both), holds == _YES[0]
        )


def _read_number(path: Path, place: int, cell: str) -> int:
    try:
        return int(float(cell))
    except (ValueError, OverflowError):
        raise InputError(f"{path}: row {place}: has no number in the column line; put it back") from None


def _is_same(line: Mapping[str, str], drawn: Mapping[str, Any]) -> bool:
    def number(cell: str) -> float | None:
        try:
            return float(cell)
        except ValueError:
            return None

    place = (number(line["row"]), number(line["finding"]))
    return line["kind"].strip() == drawn["kind"] and place == (drawn["row"], drawn["finding"])


def _read_answer(cell: str) -> str:
    """Give yes, no, nothing, or a question mark for anything else."""
    word = cell.strip().casefold()
    if word in _YES or word == "1.0":
        return _YES[0]
    if word in _NO or word == "0.0":
        return _NO[0]
    return "?" if word else ""


def _refuse(path: Path, numbers: Sequence[int], said: str) -> None:
    if numbers:
        listed = ", ".join(map(str, numbers[:_MOST_LISTED])) + (", …" if len(numbers) > _MOST_LISTED else "")
        raise InputError(f"{path}: {len(numbers)} lines ({listed}) {said}")
