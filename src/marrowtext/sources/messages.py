"""HL7 v2 messages: files of ORU^R01 and of documents (MDM), as interface engines write and send them.

The columns of a report are what its OBR says of it, its text is what its OBX and NTE say, line by line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from io import TextIOWrapper
from pathlib import Path

from marrowtext.encoding import open_text
from marrowtext.segments import Segment, Separators, read_separators
from marrowtext.sources.attachments import Attachment, UnreadableError, read_attachment
from marrowtext.sources.files import ReportFiles
from marrowtext.sources.source import NOTE, Broken, Record
from marrowtext.streams import LONGEST_LINE, Lines, open_bytes

__all__ = ["MessageFiles", "is_message", "starts_message"]

_COLUMNS = (
    "id", "title", "text", "side", "body_part", "modality", "patient_id", "study_date", "status",
    "filler_order_number", "placer_order_number", "accession_number", "message_control_id",
)  # fmt: skip
_REPORTING = frozenset(("ORU", "OUL", "MDM"))
_START = re.compile(rb"[\x0b\s]*(?:\xef\xbb\xbf)?(MSH|FHS|BHS)[^\w\s]")
_MARKS = re.compile("[\x0b\x1c]")
"""What MLLP puts before and behind a message."""
_HEADS = frozenset(("MSH", "FHS", "BHS", "BTS", "FTS"))
# What the suffixes of OBX-3 and its names say of the part of a report that a line is of.
_PARTS = {"IMP": "IMPRESSION", "ADT": "ADDENDUM", "REC": "RECOMMENDATION", "GDT": "FINDINGS"}
_PART_NAMES = re.compile(
    "impressions?|conclusions?|findings?|techniques?|comparisons?|indications?|history|clinical (history|information)|"
    "addend(um|a)|recommendations?",
    re.IGNORECASE,
)
_WITHDRAWN = frozenset("DW")
_TEXTS = frozenset(("", "TX", "FT", "ST"))
_CODED = frozenset(("CE", "CWE", "CNE", "CF"))
_NUMBERS = frozenset(("NM", "SN"))
_TIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)(\d\d)?(?:\.\d+)?)?([+-]\d{4})?")


def starts_message(path: Path) -> bool:
    """Say whether a file begins as HL7 messages do, whatever its extension."""
    with open_bytes(path) as file:
        return is_message(file.read(64))


def is_message(content: bytes) -> bool:
    """Say whether the first bytes of a file are those of HL7 messages."""
    return _START.match(content) is not None


@dataclass(slots=True)
class _Message:
    """The segments of one message, and how many characters they have."""

    separators: Separators
    segments: list[str] = field(default_factory=list)
    size: int = 0


@dataclass(slots=True)
class _Report:
    """One OBR with what belongs to it."""

    order: Segment | None = None
    common: Segment | None = None
    lines: list[Segment] = field(default_factory=list)


class MessageFiles(ReportFiles):
    """Files of HL7 v2 messages. Each OBR of a message is a report; messages of other types are passed over."""

    format = "HL7 v2"
    names = _COLUMNS
    kind = "messages"
    lack = "is not a text file"

    def _read_file(self, path: Path, encoding: str, /) -> Iterator[Record]:
        with open_text(path, encoding, newline=None) as self._file:
            where = f"{path.name}: " if len(self._files) > 1 else ""
            for message in _Cutter(where, self._told).cut(self._file):
                if isinstance(message, Broken):
                    yield message
                else:
                    yield from _read_message(message, self._others)


class _Cutter:
    """Cuts a file into messages, whatever they are wrapped in; counts those of a batch, and tells where some lack."""

    def __init__(self, where: str, notices: list[str]) -> None:
        self._where = where
        self._notices = notices
        self._message: _Message | None = None
        self._blank = 0
        self._count = 0
        self._astray = False

    def cut(self, file: TextIOWrapper) -> Iterator[_Message | Broken]:
        """Yield the messages of a file, and what stands outside of them."""
        lines = Lines(file)
        for number, line in enumerate(lines, start=1):
            if lines.cut:
                lines.cut = False
                yield from self._add(number, line, LONGEST_LINE + 1)
            elif not line.strip():
                self._blank += 1
            else:
                for piece in filter(None, _MARKS.split(line.rstrip("\n"))):
                    if piece[:3] in _HEADS and piece[3:4] and not piece[3].isalnum():
                        yield from self._end()
                        self._begin(piece)
                    else:
                        yield from self._add(number, piece, len(piece))
        yield from self._end()

    def _begin(self, line: str) -> None:
        """Begin a message, or note what wraps messages."""
        if line.startswith("MSH"):
            self._message = _Message(read_separators(line), [line], len(line))
            self._count += 1
        elif line.startswith("BTS"):
            stated = line[4:].split(line[3], 1)[0].strip()
            if stated.isdecimal() and int(stated) != self._count:
                self._notices.append(f"{self._where}a batch states {int(stated):,} messages and holds {self._count:,}")
            self._count = 0
        self._astray = False

    def _add(self, number: int, line: str, size: int) -> Iterator[Broken]:
        """Add a line to the message: a segment, or what goes on after a line feed that the sender did not escape."""
        message, blank = self._message, self._blank
        self._blank = 0
        if message is None:
            if not self._astray:
                yield Broken(f"line {number} stands before the first MSH segment; the message has lost its head")
            self._astray = True
            return
        message.size += size
        if message.size > LONGEST_LINE:
            message.segments = message.segments[:1]
        elif message.separators.is_segment(line):
            message.segments.append(line)
        else:
            message.segments[-1] += "\n" * (blank + 1) + line

    def _end(self) -> Iterator[_Message | Broken]:
        message, self._message, self._blank = self._message, None, 0
        if message is None:
            return
        if message.size > LONGEST_LINE:
            yield Broken(f"the message has more than {LONGEST_LINE:,} characters; look for a lost MSH segment")
        elif not message.separators.plausible:
            yield Broken(
                "the MSH segment states letters or digits for separators; the message is garbled, get it again"
            )
        else:
            yield message


def _read_message(message: _Message, others: Counter[str]) -> Iterator[Record]:
    segments = [Segment(line, message.separators) for line in message.segments]
    head = segments[0]
    kind = head.value(9, 1)
    if kind and kind not in _REPORTING:
        others[kind] += 1
        return
    patient = next((segment for segment in segments if segment.name == "PID"), None)
    reports = list(_split_reports(segments))
    control = head.value(10)
    alone = len(reports) == 1
    for number, report in enumerate(reports, start=1):
        fields = _describe(report, patient)
        fields["message_control_id"] = control
        own = control if alone or not control else f"{control}-{number}"
        fields["id"] = fields["filler_order_number"] or fields["placer_order_number"] or own
        if not report.lines:
            what = (
                "the HL7 message has no OBX segment" if alone else f"OBR {number} of the HL7 message has no OBX segment"
            )
            yield Broken(f"{what}; ask for the text", fields["id"], fields)
            continue
        try:
            fields["text"], fields[NOTE] = _read_text(report.lines)
        except UnreadableError as error:
            yield Broken(str(error), fields["id"], fields)
        else:
            yield fields


def _split_reports(segments: Iterable[Segment]) -> Iterator[_Report]:
    """Cut a message at its OBR segments. What stands before the first is of the patient and of the order."""
    report, common = _Report(), None
    begun = False
    for segment in segments:
        match segment.name:
            case "ORC" | "TXA":
                common = segment
            case "OBR":
                if begun:
                    yield report
                report, begun = _Report(segment, common), True
                # An ORC is of the one OBR behind it.
                common = common if common is not None and common.name == "TXA" else None
            case "OBX":
                report.lines.append(segment)
                report.common = report.common or common
                begun = True
            case "NTE" if begun:
                report.lines.append(segment)
    yield report


def _describe(report: _Report, patient: Segment | None) -> dict[str, str | None]:
    """Give what the OBR, the ORC or TXA, and the PID say of a report."""
    nothing = Segment("", Separators())
    order, common, person = report.order or nothing, report.common or nothing, patient or nothing
    document = common.name == "TXA"
    section = order.value(24)
    return {
        "title": order.value(4, 2) or order.value(4, 5) or order.value(4, 1),
        "side": order.value(45, 1) if order.value(45, 1).upper() in ("LT", "RT", "50") else "",
        "body_part": order.value(15, 4, 2) or order.value(15, 4),
        # The department is no modality.
        "modality": "" if section.upper() in ("RAD", "IMG", "DI", "OTH") else section,
        "patient_id": person.value(3, 1) or person.value(2, 1),
        "study_date": _write_time(order.value(7) or (common.value(4) if document else "") or order.value(22)),
        "status": order.value(25) or (common.value(17) if document else ""),
        "filler_order_number": order.value(3, 1) or common.value(15 if document else 3, 1),
        "placer_order_number": order.value(2, 1) or common.value(14 if document else 2, 1),
        "accession_number": order.value(18, 1),
    }


def _write_time(value: str) -> str:
    """Write a time of HL7 as ISO 8601, as exact as it is; what is no such time stays as it is."""
    match = _TIME.fullmatch(value)
    if match is None:
        return value
    date = "-".join(part for part in match.group(1, 2, 3) if part)
    time = ":".join(part for part in match.group(4, 5, 6) if part)
    zone = f"{match[7][:3]}:{match[7][3:]}" if match[7] else ""
    return f"{date}T{time}{zone}" if time else date


def _read_text(segments: Iterable[Segment]) -> tuple[str, str | None]:
    """Give the text of a report, with a heading where the segments name the part that they are of. Say where a document
    beside it is not read.

    Raises UnreadableError where the text is there, and cannot be read.
    """
    lines: list[str] = []
    unread: list[str] = []
    part: str | None = None
    for segment in segments:
        if segment.name == "NTE":
            lines.extend(segment.texts(3))
            continue
        if segment.value(11) in _WITHDRAWN:
            continue
        try:
            told = list(_read_value(segment))
        except UnreadableError as error:
            if not error.passable:
                raise
            unread.append(str(error))
            continue
        if not "".join(told).strip():
            # A part that holds nothing has no heading: it is no text.
            lines.extend(told)
            continue
        named = _name_part(segment.field(3), segment.separators)
        if named != part and named is not None and not "".join(told).lstrip().casefold().startswith(named.casefold()):
            lines.append(f"{named}:")
        part = named
        lines.extend(told)
    text = "\n".join(lines).strip("\n")
    if not text.strip() and unread:
        raise UnreadableError(unread[0])
    return text, unread[0] if unread else None


def _read_value(segment: Segment) -> Iterator[str]:
    """Give the lines of one OBX."""
    kind = segment.value(2).upper()
    if kind in _TEXTS:
        yield from segment.texts(5)
    elif kind in _CODED:
        yield segment.value(5, 2) or segment.value(5, 5) or segment.value(5, 1)
    elif kind == "ED":
        form = "/".join(filter(None, (segment.value(5, 2), segment.value(5, 3))))
        yield from read_attachment(
            Attachment(form, segment.value(5, 5).encode(), base64=segment.value(5, 4).lower() == "base64", name="OBX-5")
        ).split("\n")
    elif kind == "RP":
        raise UnreadableError("OBX-5 is a pointer, and nothing was fetched; ask for the text", passable=True)
    else:
        name, unit = segment.value(3, 2) or segment.value(3, 1), segment.value(6, 1) if kind in _NUMBERS else ""
        value = " ".join(segment.texts(5))
        yield " ".join(filter(None, (f"{name}:" if name else "", value, unit)))


@lru_cache(maxsize=1024)
def _name_part(identifier: str, separators: Separators) -> str | None:
    """Name the part of the report that an OBX is of, where its OBX-3 says so."""
    segment = Segment(separators.field.join(("OBX", "", "", identifier)), separators)
    for suffix in (segment.value(3, 1, 2), segment.value(3, 2, 2), segment.value(3, 1)):
        if suffix.upper() in _PARTS:
            return _PARTS[suffix.upper()]
    name = segment.value(3, 2).strip()
    return name.upper() if _PART_NAMES.fullmatch(name) else None
