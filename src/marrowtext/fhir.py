"""Findings as FHIR R4 resources: an Observation for each, and a DiagnosticReport that lists those of one report."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marrowtext.codes import Codes
from marrowtext.model import Assertion
from marrowtext.results import Record, Results

__all__ = ["Exporter"]

Resource = dict[str, Any]

_OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
_UNITS = "http://unitsofmeasure.org"
# Under this name stand the columns of the findings table and their values, which every observation carries too.
_OWN = "urn:marrowtext"

# What the imaging itself was found to show. A question and a past state are no observation of this exam.
_INTERPRETED = {
    Assertion.PRESENT: ("POS", "Positive"),
    Assertion.POSSIBLE: ("IND", "Indeterminate"),
    Assertion.ABSENT: ("NEG", "Negative"),
}
_CODED = ("laterality", "change", "severity", "extent", "pattern", "pattern_assertion", "acuity")
_TOLD = ("level", "zone", "grade_system", "grade")
# FHIR allows no other control characters in text.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class Exporter:
    """Writes the findings of a run as resources.

    `labels` names sites in words. The patient id of a report becomes the subject, the date of the study the time of
    the observation; a date that is none is left out.
    """

    results: Results
    codes: Codes
    labels: Mapping[str, str]

    def observations(self) -> Iterator[Resource]:
        """Yield an Observation for each present, possible or absent finding, in order."""
        for report, found in self.results.reports("findings"):
            for finding in found["findings"]:
                if _is_observed(finding):
                    yield self._observe(report, finding)

    def reports(self) -> Iterator[Resource]:
        """Yield a DiagnosticReport for each report that was read, which refers to its observations."""
        for report, found in self.results.reports("findings"):
            if report["processing"] != "processed":
                continue
            observed = [finding for finding in found["findings"] if _is_observed(finding)]
            yield _drop_empty(
                {
                    "resourceType": "DiagnosticReport",
                    "id": _name_report(report),
                    "identifier": [{"value": _clean(report["report_id"])}],
                    "status": "preliminary",
                    "category": [{"text": "Radiology"}],
                    "code": {"text": _clean(report["exam_title"] or "Radiology report")},
                    **_context(report),
                    "issued": self._issued(),
                    "result": [{"reference": f"Observation/{_name(report, finding)}"} for finding in observed],
                    "conclusion": f"Bone marrow edema: {report['status'].replace('_', ' ')}",
                }
            )

    def _observe(self, report: Record, finding: Record) -> Resource:
        assertion = Assertion(finding["assertion"])
        code, display = _INTERPRETED[assertion]
        versions = self.results.manifest
        return _drop_empty(
            {
                "resourceType": "Observation",
                "id": _name(report, finding),
                # A machine read it from the text, and nobody has verified it.
                "status": "preliminary",
                "category": [{"coding": [{"system": _OBSERVATION_CATEGORY, "code": "imaging", "display": "Imaging"}]}],
                "code": self._concept("concept", finding["concept"], f"Bone marrow {finding['concept']}"),
                **_context(report),
                "issued": self._issued(),
                "valueCodeableConcept": self._concept("assertion", assertion.value),
                "interpretation": [{"coding": [{"system": _INTERPRETATION, "code": code, "display": display}]}],
                "note": [{"text": _clean(finding["sentence"])}],
                "bodySite": self._site(finding),
                "method": {"text": f"marrowtext {versions.versions['marrowtext']}, rules {versions.rules}"},
                "derivedFrom": [
                    {"type": "DocumentReference", "identifier": {"value": _clean(report["report_id"])}},
                ],
                "component": list(self._components(finding)),
            }
        )

    def _components(self, finding: Record) -> Iterator[Resource]:
        for name in _CODED:
            if finding[name] not in (None, "unspecified"):
                yield {"code": _own_code(name), "valueCodeableConcept": self._concept(name, finding[name])}
        for name in _TOLD:
            if finding[name] is not None:
                yield {"code": _own_code(name), "valueString": _clean(finding[name])}
        yield {"code": _own_code("subchondral"), "valueBoolean": finding["subchondral"]}
        if finding["size_mm"] is not None:
            size = {"value": finding["size_mm"], "unit": "mm", "system": _UNITS, "code": "mm"}
            yield {"code": _own_code("size_mm"), "valueQuantity": size}
        yield {"code": _own_code("mention"), "valueString": _clean(finding["mention"])}

    def _site(self, finding: Record) -> Resource | None:
        site = finding["site"]
        return None if site is None else self._concept("site", site, self.labels.get(site, site))

    def _concept(self, kind: str, value: str, text: str | None = None) -> Resource:
        """Give a value as a CodeableConcept, with the codes that it has; OMOP's concept ids are no codes of FHIR."""
        coding: list[Resource] = [{"system": f"{_OWN}:{kind}", "code": value}]
        coding.extend(
            _drop_empty({"system": code.uri, "code": code.code, "display": code.display})
            for code in self.codes.of(kind, value)
            if code.uri is not None
        )
        return {"coding": coding, "text": (text or value).replace("_", " ")}

    def _issued(self) -> str:
        return self.results.manifest.finished or self.results.manifest.started


def _context(report: Record) -> Resource:
    patient = report["patient_id"]
    return {
        "subject": {"type": "Patient", "identifier": {"value": _clean(patient)}} if patient else None,
        "effectiveDateTime": _read_day(report["study_date"]),
    }


def _is_observed(finding: Record) -> bool:
    return Assertion(finding["assertion"]) in _INTERPRETED


def _own_code(name: str) -> Resource:
    return {"coding": [{"system": f"{_OWN}:column", "code": name}], "text": name.replace("_", " ")}


def _name_report(report: Record) -> str:
    """Make an id that FHIR allows, whatever is in the report's own. The same report has the same id in every run."""
    again = f"\0{report['row']}" if report["duplicate_id"] else ""
    return hashlib.sha256(f"{report['report_id']}{again}".encode()).hexdigest()[:40]


def _name(report: Record, finding: Record) -> str:
    return f"{_name_report(report)}-{finding['finding']}"


def _read_day(text: str | None) -> str | None:
    """Read the day of a date as ISO 8601 writes it. A time would need its zone, which exports leave out."""
    try:
        return datetime.fromisoformat((text or "").strip()).date().isoformat()
    except ValueError:
        return None


def _clean(text: object) -> str:
    return _CONTROL.sub("\ufffd", str(text))


def _drop_empty(resource: Resource) -> Resource:
    """FHIR knows no empty element: what is not there is left out."""
    return {name: value for name, value in resource.items() if value not in (None, [], {})}
