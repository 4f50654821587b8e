"""FHIR: DiagnosticReport and DocumentReference resources, alone or in Bundles, as JSON or one on each line (NDJSON)."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from marrowtext.encoding import detect_encoding, open_text
from marrowtext.errors import InputError
from marrowtext.formatted import read_html
from marrowtext.headers import heading_of
from marrowtext.sources.attachments import Attachment, UnreadableError, kind_of, read_attachment
from marrowtext.sources.files import ReportFiles
from marrowtext.sources.jsonlines import read_objects
from marrowtext.sources.source import NOTE, Broken, Record
from marrowtext.streams import split_suffix

__all__ = ["ResourceFiles", "holds_resources"]

_COLUMNS = (
    "id", "title", "text", "side", "body_part", "modality", "patient_id", "study_date", "status", "identifier",
)  # fmt: skip
# One JSON document is read as a whole, which takes several times its size.
_LONGEST_DOCUMENT = 1 << 28
_LINED = frozenset((".ndjson", ".jsonl"))
# Renderings of one report: the first that is there is read.
_KINDS = ("text", "html", "rtf")
_GENERAL = frozenset(("RAD", "IMG"))

Resource = Mapping[str, Any]


def holds_resources(path: Path) -> bool:
    """Say whether the first object of a file of JSON Lines is a FHIR resource."""
    with open_text(path, detect_encoding(path), newline="\n") as file:
        first = next(read_objects(file), None)
    return isinstance(first, Mapping) and "resourceType" in first


class ResourceFiles(ReportFiles):
    """Files of FHIR resources. Each DiagnosticReport is a report, and where a bundle has none each DocumentReference;
    other resources are looked up where it names them.
    """

    format = "FHIR"
    names = _COLUMNS
    kind = "resources"
    lack = "is no FHIR resource in JSON"

    def __init__(self, files: Sequence[Path]) -> None:
        super().__init__(files)
        if len(files) == 1 and split_suffix(files[0])[0] not in _LINED:
            _check_document(files[0], self.encoding or "utf-8")

    def _read_file(self, path: Path, encoding: str, /) -> Iterator[Record]:
        if split_suffix(path)[0] not in _LINED:
            yield from _read_resource(_load_document(path, encoding), self._others)
            return
        with open_text(path, encoding, newline="\n") as self._file:
            for record in read_objects(self._file):
                if isinstance(record, Broken):
                    yield record
                else:
                    yield from _read_resource(record, self._others)


def _check_document(path: Path, encoding: str) -> None:
    kind = _load_document(path, encoding).get("resourceType")
    if kind not in (*_REPORTS, "Bundle"):
        raise InputError(
            f"{path}: is no FHIR {', '.join(_REPORTS)} or Bundle; save plain records as JSON Lines (.jsonl)"
        )


def _load_document(path: Path, encoding: str) -> Resource:
    with open_text(path, encoding) as file:
        content = file.read(_LONGEST_DOCUMENT + 1)
    if len(content) > _LONGEST_DOCUMENT:
        raise InputError(f"{path}: is longer than {_LONGEST_DOCUMENT:,} characters; export it as NDJSON")
    # The exceptions of the json module hold the document: nothing of them may go on.
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        what = "is not valid JSON" if document is None else "is no FHIR resource"
        raise InputError(f"{path}: {what}; export it again, or save plain records as JSON Lines (.jsonl)")
    return document


def _read_resource(resource: Resource, others: Counter[str]) -> Iterator[Record]:
    """Give the reports of a resource: its own, or those of a bundle."""
    kind = resource.get("resourceType")
    if kind in _REPORTS:
        yield _REPORTS[kind](resource, {})
        return
    if kind != "Bundle":
        others[kind if isinstance(kind, str) else "unnamed"] += 1
        return
    entries = [entry for entry in _list(resource.get("entry")) if isinstance(entry, Mapping)]
    known: dict[str, Resource] = {}
    for entry in entries:
        found = _mapping(entry.get("resource"))
        if isinstance(entry.get("fullUrl"), str):
            known[entry["fullUrl"]] = found
        known[f"{found.get('resourceType')}/{found.get('id')}"] = found
    kinds = {found.get("resourceType") for found in known.values()}
    # Beside a DiagnosticReport a document is the same report once more.
    own = "DiagnosticReport" if "DiagnosticReport" in kinds else "DocumentReference"
    for entry in entries:
        found = _mapping(entry.get("resource"))
        kind = found.get("resourceType")
        if kind == own:
            yield _REPORTS[kind](found, known)
        elif kind == "Bundle":
            yield from _read_resource(found, others)
        elif isinstance(kind, str):
            others[kind] += 1
        else:
            yield Broken("an entry of the FHIR bundle holds no resource")


def _read_report(report: Resource, around: Mapping[str, Resource]) -> Record:
    contained = {f"#{one.get('id')}": one for one in map(_mapping, _list(report.get("contained")))}
    known = {**around, **contained}
    identifier = _pick_identifier(report)
    report_id = _text(report.get("id")) or identifier
    study = _study_of(report, known)
    series = [_mapping(one) for one in _list(study.get("series"))]
    status = _text(report.get("status"))
    fields: dict[str, object] = {
        "id": report_id,
        "title": _name(_mapping(report.get("code"))) or _text(study.get("description")),
        "side": _only(_coded(one.get("laterality")) for one in series),
        "body_part": _only(_coded(one.get("bodySite")) for one in series),
        "modality": _modality_of(report, study, series),
        "patient_id": _patient_of(report, known),
        "study_date": _text(report.get("effectiveDateTime"))
        or _text(_mapping(report.get("effectivePeriod")).get("start"))
        or _text(report.get("issued")),
        "status": status,
        "identifier": identifier,
    }
    if status == "entered-in-error":
        return Broken("the status of the FHIR report is entered-in-error", report_id, fields)
    try:
        fields["text"], fields[NOTE] = _read_text(report, known)
    except UnreadableError as error:
        return Broken(str(error), report_id, fields)
    return fields


def _read_document(document: Resource, around: Mapping[str, Resource]) -> Record:
    contained = {f"#{one.get('id')}": one for one in map(_mapping, _list(document.get("contained")))}
    known = {**around, **contained}
    identifier = _pick_identifier(document)
    report_id = _text(document.get("id")) or identifier
    context = _mapping(document.get("context"))
    status = _text(document.get("status"))
    fields: dict[str, object] = {
        "id": report_id,
        "title": _name(_mapping(document.get("type"))) or _text(document.get("description")),
        "patient_id": _patient_of(document, known),
        "study_date": _text(_mapping(context.get("period")).get("start")) or _text(document.get("date")),
        "status": status,
        "identifier": identifier,
    }
    if status == "entered-in-error":
        return Broken("the status of the FHIR document is entered-in-error", report_id, fields)
    forms = [_mapping(_mapping(content).get("attachment")) for content in _list(document.get("content"))]
    try:
        fields["text"] = _read_issued(forms, known, "attachment")
    except UnreadableError as error:
        return Broken(str(error), report_id, fields)
    if fields["text"] is None:
        return Broken(_tell_forms(forms, "attachment"), report_id, fields)
    return fields


_REPORTS = {"DiagnosticReport": _read_report, "DocumentReference": _read_document}
"""The resources that are reports, and how each is read."""


def _read_text(report: Resource, known: Mapping[str, Resource]) -> tuple[str, str | None]:
    """Give the text of a report: as it was issued, else its narrative and conclusion, else what its results say. Say
    where what was issued is not read.

    Raises UnreadableError where it was issued, and cannot be read.
    """
    forms = [_mapping(form) for form in _list(report.get("presentedForm"))]
    issued = _read_issued(forms, known, "presentedForm")
    if issued is not None:
        return issued, None
    parts: list[str] = []
    narrative = _text(_mapping(report.get("text")).get("div"))
    if narrative:
        parts.append(read_html(narrative))
    conclusion = _text(report.get("conclusion")).strip()
    if conclusion and conclusion not in "".join(parts):
        parts.append(f"{heading_of('conclusion')}\n{conclusion}")
    if not parts:
        parts = [told for told in map(_tell_result, _resolve(report.get("result"), known)) if told]
    if not parts and forms:
        raise UnreadableError(_tell_forms(forms, "presentedForm"))
    return "\n\n".join(parts), _tell_forms(forms, "presentedForm") if forms else None


def _read_issued(forms: Sequence[Resource], known: Mapping[str, Resource], name: str) -> str | None:
    """Give the text of the attachments: of plain text if there is any, else HTML, else RTF."""
    failure: UnreadableError | None = None
    forms = [form if form.get("data") else _follow(form, known) for form in forms]
    for kind in _KINDS:
        chosen = [form for form in forms if form.get("data") and kind_of(_text(form.get("contentType"))) == kind]
        try:
            texts = [
                read_attachment(
                    Attachment(_text(form.get("contentType")), _text(form["data"]).encode(), base64=True, name=name)
                )
                for form in chosen
            ]
        except UnreadableError as error:
            failure = failure or error
            continue
        # Renderings in other words, as of an addendum, belong together; the same one twice does not.
        texts = list(dict.fromkeys(text for text in texts if text.strip()))
        if texts:
            return "\n\n".join(texts)
    if failure is not None:
        raise failure
    return None


def _follow(form: Resource, known: Mapping[str, Resource]) -> Resource:
    """Give the Binary that an attachment refers to, where it is there; else the attachment."""
    found = next(_resolve([{"reference": _text(form.get("url"))}], known), {})
    return {**form, **found} if found.get("resourceType") == "Binary" else form


def _tell_forms(forms: Sequence[Resource], name: str) -> str:
    """Say why none of the attachments could be read."""
    kinds = sorted({re.sub(r"[^\w/.+\-]", "", _text(form.get("contentType")).split(";")[0])[:40] for form in forms})
    listed = " and ".join(filter(None, kinds))
    if not any(form.get("data") for form in forms):
        what = "a link" if any(form.get("url") for form in forms) else "no data"
        return (
            f"{name} holds {what}{f' ({listed})' if listed else ''}, and nothing was fetched; export the reports with "
            "their data, or save what is behind the link as text files"
        )
    return f"{name} is {listed or 'of no stated kind'}, which is not read; ask for plain text, HTML or RTF"


def _tell_result(result: Resource) -> str:
    told = _text(result.get("valueString"))
    name = _name(_mapping(result.get("code")))
    return f"{heading_of(name)}\n{told}" if told and name else told


def _patient_of(report: Resource, known: Mapping[str, Resource]) -> str:
    """Give the patient: the identifier of the resource that is meant, where it is there, else its id."""
    subject = _mapping(report.get("subject"))
    found = next(_resolve([subject], known), {})
    stated = _text(_mapping(subject.get("identifier")).get("value"))
    reference = _text(subject.get("reference"))
    own = next((_text(one.get("value")) for one in map(_mapping, _list(found.get("identifier")))), "")
    return own or stated or _text(found.get("id")) or reference.rsplit("/", 1)[-1].removeprefix("urn:uuid:").lstrip("#")


def _study_of(report: Resource, known: Mapping[str, Resource]) -> Resource:
    references = [*_list(report.get("imagingStudy")), *_list(report.get("study"))]
    return next((found for found in _resolve(references, known) if found.get("resourceType") == "ImagingStudy"), {})


def _modality_of(report: Resource, study: Resource, series: Sequence[Resource]) -> str:
    """Give the modalities of the study; else the section that made the report, where it is no department."""
    stated = [_coded(one) for one in [*_list(study.get("modality")), *(one.get("modality") for one in series)]]
    if not any(stated):
        codings = (_mapping(one) for one in _codings(report.get("category")))
        stated = [code for coding in codings if (code := _text(coding.get("code"))) and code.upper() not in _GENERAL]
    return ", ".join(dict.fromkeys(filter(None, stated)))


def _pick_identifier(report: Resource) -> str:
    """Give the accession number, or the first identifier there is."""
    identifiers = [_mapping(one) for one in _list(report.get("identifier"))]
    accessions = [
        one
        for one in identifiers
        if any(_mapping(c).get("code") == "ACSN" for c in _list(_mapping(one.get("type")).get("coding")))
    ]
    return next((_text(one.get("value")) for one in [*accessions, *identifiers] if one.get("value")), "")


def _resolve(references: object, known: Mapping[str, Resource]) -> Iterator[Resource]:
    """Give the resources that are referred to and there."""
    for one in _list(references):
        reference = _text(_mapping(one).get("reference"))
        found = known.get(reference) or known.get("/".join(reference.split("/")[-2:]))
        if found is not None:
            yield found


def _codings(concepts: object) -> Iterator[object]:
    for concept in _list(concepts):
        yield from _list(_mapping(concept).get("coding"))


def _coded(value: object) -> str:
    """Give a coded value: what it displays, else its code, of a Coding, a CodeableConcept or a CodeableReference."""
    one = _mapping(value)
    one = _mapping(one.get("concept")) or one
    inner = _mapping(next(iter(_list(one.get("coding"))), one))
    code = _text(inner.get("code"))
    # A code of DICOM says what it is ("MR"); a number of another system does not.
    return code if code.isalpha() else _text(inner.get("display")) or _text(one.get("text"))


def _name(concept: Resource) -> str:
    codings = (_mapping(one) for one in _list(concept.get("coding")))
    return _text(concept.get("text")) or next((t for c in codings if (t := _text(c.get("display")))), "")


def _only(values: Iterable[str]) -> str:
    """Give the one value that there is; "" where there are several."""
    found = {value for value in values if value}
    return found.pop() if len(found) == 1 else ""


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _mapping(value: object) -> Resource:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
