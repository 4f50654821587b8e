"""marrowtext reads free-text MRI reports and writes a table of bone marrow edema findings."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marrowtext.agreement import Agreement, measure_agreement
    from marrowtext.cohort import Cohort
    from marrowtext.cohort_result import CohortResult
    from marrowtext.component import load
    from marrowtext.courses import CourseFrames, follow_courses
    from marrowtext.evaluate import Evaluation, evaluate
    from marrowtext.explain import show
    from marrowtext.export import export_tables
    from marrowtext.frames import extract, extract_associated, extract_frames
    from marrowtext.headers import ColumnChoice
    from marrowtext.model import AssociatedFinding, Finding, Report
    from marrowtext.readers import open_reports, read_reports
    from marrowtext.reading import associated, findings
    from marrowtext.sampling import Sample, draw_sample
    from marrowtext.sources import Selection

__all__ = [
    "Agreement",
    "AssociatedFinding",
    "Cohort",
    "CohortResult",
    "ColumnChoice",
    "CourseFrames",
    "Evaluation",
    "Finding",
    "Report",
    "Sample",
    "Selection",
    "__version__",
    "associated",
    "draw_sample",
    "evaluate",
    "export_tables",
    "extract",
    "extract_associated",
    "extract_frames",
    "findings",
    "follow_courses",
    "load",
    "measure_agreement",
    "open_reports",
    "read_reports",
    "show",
]

__version__ = "0.1.0"

# Imported when first asked for: reading rules need not pay for spaCy, nor a pipeline for pandas.
_HOMES = {
    "AssociatedFinding": "model",
    "Agreement": "agreement",
    "Cohort": "cohort",
    "CohortResult": "cohort_result",
    "CourseFrames": "courses",
    "Sample": "sampling",
    "follow_courses": "courses",
    "draw_sample": "sampling",
    "measure_agreement": "agreement",
    "ColumnChoice": "headers",
    "Evaluation": "evaluate",
    "Finding": "model",
    "Report": "model",
    "Selection": "sources",
    "associated": "reading",
    "evaluate": "evaluate",
    "export_tables": "export",
    "extract": "frames",
    "extract_associated": "frames",
    "extract_frames": "frames",
    "findings": "reading",
    "load": "component",
    "open_reports": "readers",
    "read_reports": "readers",
    "show": "explain",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"marrowtext.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'marrowtext' has no attribute {name!r}")
