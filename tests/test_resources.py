"""FHIR in: DiagnosticReports in every shape that servers give. The resources were written for this project."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from builders import invent_id

from marrowtext.errors import InputError
from marrowtext.readers import ReportReader, ReportRow, open_reports

RTF = rb"{\rtf1\ansi\ansicpg1252 \'8cd\'e8me\par of bone}"


def form(content: bytes | str, kind: str = "text/plain") -> dict[str, str]:
    data = content.encode() if isinstance(content, str) else content
    return {"contentType": kind, "data": base64.b64encode(data).decode()}


def report(**values: Any) -> dict[str, Any]:
    return {"resourceType": "DiagnosticReport", "id": "dr1", "status": "final", **values}


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    entries = [{"fullUrl": f"urn:uuid:{one.get('id')}", "resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def open_json(tmp_path: Path, resource: object) -> ReportReader:
    (tmp_path / "in.json").write_text(json.dumps(resource))
    return open_reports(tmp_path / "in.json")


def read_one(tmp_path: Path, **values: Any) -> ReportRow:
    (row,) = open_json(tmp_path, report(**values))
    return row


@pytest.mark.parametrize(
    ("forms", "text"),
    [
        pytest.param([form("Edema.\r\nOf bone.")], "Edema.\nOf bone.", id="plain"),
        pytest.param([form("Œdème", "text/plain; charset=utf-8")], "Œdème", id="plain-with-charset"),
        pytest.param([form("Œdème".encode("cp1252"), 'text/plain;charset="windows-1252"')], "Œdème", id="cp1252"),
        pytest.param([form("Œdème".encode("cp1252"))], "Œdème", id="cp1252-unsaid"),
        pytest.param([form("Œdème".encode("utf-16"), "text/plain; charset=nonsense")], "Œdème", id="unknown-charset"),
        pytest.param([form("<p>Edema &amp; cyst</p>", "text/html")], "Edema & cyst", id="html"),
        pytest.param([form("<p>a</p><p>b</p>", "application/xhtml+xml")], "a\n\nb", id="xhtml"),
        pytest.param([form(RTF, "application/rtf")], "Œdème\nof bone", id="rtf"),
        pytest.param([form(RTF, "text/rtf")], "Œdème\nof bone", id="text-rtf"),
        pytest.param([form("<p>html", "text/html"), form("plain"), form(RTF, "text/rtf")], "plain", id="plain-first"),
        pytest.param([form(b"%PDF", "application/pdf"), form("<p>html", "text/html")], "html", id="pdf-passed-over"),
        pytest.param([form("Report."), form("Addendum."), form("Report.")], "Report.\n\nAddendum.", id="addendum"),
        pytest.param([{"contentType": "text/plain", "data": "!"}, form("<p>a", "text/html")], "a", id="other-is-whole"),
    ],
)
def test_presented_form(tmp_path: Path, forms: list[dict[str, str]], text: str) -> None:
    row = read_one(tmp_path, presentedForm=forms, conclusion="not read")
    assert (row.report.text, row.reason, row.note) == (text, None, None)


def test_conclusion_alone(tmp_path: Path) -> None:
    assert read_one(tmp_path, conclusion="Marrow edema.").report.text == "CONCLUSION:\nMarrow edema."


def test_narrative_and_conclusion(tmp_path: Path) -> None:
    narrative = {
        "status": "additional",
        "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>FINDINGS:<br/>Edema.</p></div>',
    }
    row = read_one(tmp_path, text=narrative, conclusion="Contusion.")
    assert row.report.text == "FINDINGS:\nEdema.\n\nCONCLUSION:\nContusion."


def test_conclusion_that_the_narrative_holds_is_not_read_twice(tmp_path: Path) -> None:
    assert read_one(tmp_path, text={"div": "<div>Marrow edema.</div>"}, conclusion="Marrow edema.").report.text == (
        "Marrow edema."
    )


def test_results_where_there_is_no_other_text(tmp_path: Path) -> None:
    contained = [{"resourceType": "Observation", "id": "o1", "code": {"text": "Findings"}, "valueString": "Edema."}]
    row = read_one(tmp_path, contained=contained, result=[{"reference": "#o1"}])
    assert row.report.text == "FINDINGS:\nEdema."


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        pytest.param({}, "the text is empty", id="nothing"),
        pytest.param(
            {"presentedForm": [{"contentType": "text/plain", "data": "%%garbage%%"}], "conclusion": "a"},
            "presentedForm holds broken base64; ask for the report again",
            id="garbage",
        ),
        pytest.param(
            {"presentedForm": [form("no", "text/rtf")]},
            "presentedForm holds broken RTF; ask for the report again",
            id="broken-rtf",
        ),
        pytest.param(
            {"presentedForm": [form("%PDF", "application/pdf")]},
            "presentedForm is application/pdf, which is not read; ask for plain text, HTML or RTF",
            id="pdf",
        ),
        pytest.param(
            {"presentedForm": [{"contentType": "text/plain", "url": "Binary/1"}]},
            "presentedForm holds a link (text/plain), and nothing was fetched; export the reports with their data, or "
            "save what is behind the link as text files",
            id="link",
        ),
        pytest.param(
            {"status": "entered-in-error", "conclusion": "a"},
            "the status of the FHIR report is entered-in-error",
            id="entered-in-error",
        ),
    ],
)
def test_report_without_readable_text_is_an_error_row(tmp_path: Path, values: dict[str, Any], reason: str) -> None:
    rows = list(
        open_json(tmp_path, bundle(report(code={"text": "MRI KNEE"}, **values), report(id="dr2", conclusion="b")))
    )
    assert [(row.report.id, row.report.text, row.reason) for row in rows] == [
        ("dr1", "", reason),
        ("dr2", "CONCLUSION:\nb", None),
    ]
    assert rows[0].report.title == "MRI KNEE"


def document(*attachments: dict[str, Any], **values: Any) -> dict[str, Any]:
    content = [{"attachment": attachment} for attachment in attachments]
    return {"resourceType": "DocumentReference", "id": "doc1", "status": "current", "content": content, **values}


def test_document_is_a_report(tmp_path: Path) -> None:
    (row,) = open_json(
        tmp_path,
        document(
            form("Edema.", "text/plain"),
            type={"text": "MRI KNEE"},
            subject={"reference": "Patient/7"},
            context={"period": {"start": "2024-03-05"}},
            date="2024-03-09",
        ),
    )
    told = row.report
    assert (told.id, told.text, told.title, told.patient_id, told.study_date) == (
        "doc1", "Edema.", "MRI KNEE", "7", "2024-03-05",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (
            document({"contentType": "application/pdf", "url": "https://host/1"}),
            "attachment holds a link (application/pdf), and nothing was fetched; export the reports with their data, "
            "or save what is behind the link as text files",
        ),
        (
            document(form("%PDF", "application/pdf")),
            "attachment is application/pdf, which is not read; ask for plain text, HTML or RTF",
        ),
        (
            document(),
            "attachment holds no data, and nothing was fetched; export the reports with their data, or save what is "
            "behind the link as text files",
        ),
        (
            document(form("a", "text/plain"), status="entered-in-error"),
            "the status of the FHIR document is entered-in-error",
        ),
    ],
)
def test_document_without_readable_text_is_an_error_row(tmp_path: Path, told: dict[str, Any], reason: str) -> None:
    assert [(row.report.id, row.reason) for row in open_json(tmp_path, told)] == [("doc1", reason)]


def test_document_beside_a_report_is_the_same_report(tmp_path: Path) -> None:
    reader = open_json(tmp_path, bundle(document(form("a", "text/plain")), report(conclusion="b")))
    assert [row.report.id for row in reader] == ["dr1"]
    assert reader.notices == [f"{tmp_path / 'in.json'}: 1 resources of other types are no reports: 1 DocumentReference"]


@pytest.mark.parametrize("kind", ["report", "document"])
def test_form_in_the_bundle_is_read(tmp_path: Path, kind: str) -> None:
    binary = {"resourceType": "Binary", "id": "b1", **form("Edema.")}
    link = {"contentType": "text/plain", "url": "Binary/b1"}
    one = document(link) if kind == "document" else report(presentedForm=[link])
    assert [row.report.text for row in open_json(tmp_path, bundle(one, binary))] == ["Edema."]


def test_error_names_the_file_of_a_folder(tmp_path: Path) -> None:
    for name, told in (("a", report(conclusion="x")), ("b", document(form("%PDF", "application/pdf")))):
        (tmp_path / f"{name}.json").write_text(json.dumps(told))
    assert [row.reason for row in open_reports(tmp_path)] == [
        None,
        "the file b.json: attachment is application/pdf, which is not read; ask for plain text, HTML or RTF",
    ]


def test_conclusion_beside_a_form_that_is_not_read_is_noted(tmp_path: Path) -> None:
    row = read_one(tmp_path, presentedForm=[form("%PDF", "application/pdf")], conclusion="a")
    assert (row.report.text, row.note) == (
        "CONCLUSION:\na",
        "presentedForm is application/pdf, which is not read; ask for plain text, HTML or RTF",
    )


def test_what_is_said_of_the_exam(tmp_path: Path) -> None:
    row = read_one(
        tmp_path,
        conclusion="a",
        code={"coding": [{"code": "73721", "display": "MRI knee"}], "text": "MRI LEFT KNEE"},
        category=[{"coding": [{"code": "RAD"}, {"code": "NMR"}]}],
        subject={"reference": "Patient/123"},
        effectiveDateTime="2024-03-05T09:30:00+01:00",
    )
    told = row.report
    assert (told.id, told.title, told.modality) == ("dr1", "MRI LEFT KNEE", "NMR")
    assert (told.patient_id, told.study_date) == ("123", "2024-03-05T09:30:00+01:00")


@pytest.mark.parametrize(
    ("subject", "patient"),
    [
        ({"reference": "https://fhir.example/r4/Patient/9"}, "9"),
        ({"identifier": {"value": "MRN5"}, "display": "Doe"}, "MRN5"),
        ({"reference": "#p1"}, "MRN7"),
        ({"reference": "#p2"}, "p2"),
        ({"reference": "urn:uuid:unknown"}, "unknown"),
        ({}, None),
    ],
)
def test_patient(tmp_path: Path, subject: dict[str, Any], patient: str | None) -> None:
    contained = [
        {"resourceType": "Patient", "id": "p1", "identifier": [{"value": "MRN7"}]},
        {"resourceType": "Patient", "id": "p2"},
    ]
    assert read_one(tmp_path, conclusion="a", contained=contained, subject=subject).report.patient_id == patient


def test_bundle_looks_up_patient_and_study(tmp_path: Path) -> None:
    patient = {"resourceType": "Patient", "id": "p", "identifier": [{"value": "MRN1"}]}
    series = {"modality": {"code": "MR"}, "bodySite": {"display": "Knee"}, "laterality": {"display": "Left"}}
    study = {"resourceType": "ImagingStudy", "id": "s", "modality": [{"code": "MR"}], "series": [series, series]}
    one = report(conclusion="a", subject={"reference": "urn:uuid:p"}, imagingStudy=[{"reference": "ImagingStudy/s"}])
    reader = open_json(tmp_path, bundle(patient, one, study))
    (row,) = reader
    told = row.report
    assert (told.patient_id, told.modality, told.body_part, told.side) == ("MRN1", "MR", "Knee", "left")
    assert reader.notices == [
        f"{tmp_path / 'in.json'}: 2 resources of other types are no reports: 1 Patient, 1 ImagingStudy"
    ]


def test_id_falls_back_to_the_accession_number(tmp_path: Path) -> None:
    identifier = [{"value": "x"}, {"value": "A1", "type": {"coding": [{"code": "ACSN"}]}}]
    row = read_one(tmp_path, id=None, identifier=identifier, conclusion="a")
    assert row.report.id == "A1"


def test_entry_without_a_resource_is_an_error_row(tmp_path: Path) -> None:
    broken = {"resourceType": "Bundle", "entry": [{"request": {}}, {"resource": report(conclusion="a")}]}
    assert [row.reason for row in open_json(tmp_path, broken)] == [
        "an entry of the FHIR bundle holds no resource",
        None,
    ]


@pytest.mark.parametrize("name", ["in.ndjson", "in.jsonl", "in.ndjson.gz"])
def test_ndjson(tmp_path: Path, name: str) -> None:
    import gzip

    lines = [report(id="a", conclusion="x"), {"resourceType": "Patient", "id": "p"}, report(id="b", conclusion="y")]
    content = "\n".join(map(json.dumps, lines)).encode() + b"\n{broken\n"
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    assert [(row.report.id, row.reason) for row in open_reports(tmp_path / name)] == [
        ("a", None),
        ("b", None),
        (invent_id(3, tmp_path / name), "line 4 is not valid JSON; write one object on each line"),
    ]


def test_folder_of_resources(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(report(id="a", conclusion="x")))
    (tmp_path / "b.json").write_text("{")
    (tmp_path / "c.json").write_text(json.dumps(bundle(report(id="c", conclusion="y"))))
    assert [(row.report.id, row.reason) for row in open_reports(tmp_path)] == [
        ("a", None),
        (invent_id(2, tmp_path), "the file b.json: is no FHIR resource in JSON"),
        ("c", None),
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "is not valid JSON; export it again, or save plain records as JSON Lines (.jsonl)"),
        ("[]", "is no FHIR resource; export it again, or save plain records as JSON Lines (.jsonl)"),
        (
            '{"id": 1}',
            "is no FHIR DiagnosticReport, DocumentReference or Bundle; save plain records as JSON Lines (.jsonl)",
        ),
        ("[" * 100_000, "is not valid JSON; export it again, or save plain records as JSON Lines (.jsonl)"),
    ],
)
def test_json_that_is_no_resource_is_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "in.json").write_text(content)
    with pytest.raises(InputError) as raised:
        open_reports(tmp_path / "in.json")
    assert str(raised.value) == f"{tmp_path / 'in.json'}: {message}"
    assert raised.value.__context__ is None
