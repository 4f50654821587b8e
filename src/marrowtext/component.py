"""marrowtext as a spaCy component, for any English pipeline.

nlp = spacy.blank("en")
nlp.add_pipe("marrowtext")
nlp("There is marrow edema in the talus.")._.findings
"""

# spaCy reads the types of a factory when it registers it: annotations of this module are not put off.

import warnings
from collections.abc import Sequence

# spaCy warns of its own imports, which would stop a `python -W error`.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import spacy
    from spacy.language import Language
    from spacy.tokens import Doc, SpanGroup

from marrowtext.columns import FINDING_COLUMNS, finding_row
from marrowtext.errors import MarrowtextError
from marrowtext.model import Report
from marrowtext.reading import Patterns, pattern_folders, shared_pipeline

__all__ = ["MarrowtextComponent", "load", "make_component"]

_NAME = "marrowtext"
_COLUMNS = tuple(column.name for column in FINDING_COLUMNS)


def _get_findings(doc: Doc) -> list[dict[str, object]] | None:
    """Give the rows of a document, or None where it was not read."""
    rows = doc.user_data.get(_NAME)
    return None if rows is None else [dict(zip(_COLUMNS, row, strict=True)) for row in rows]


class MarrowtextComponent:
    """Reads each document as one report.

    Sets `doc._.findings`, a list of dicts with the findings columns, and `doc.spans["marrowtext"]`, one span
    for each distinct mention with its concept as label, widened to whole tokens. `doc._.report_id` and
    `doc._.report_title` (the exam title) are taken into account where they are set before. The rules are no
    part of a saved pipeline: it loads them again, so own ones have to be where they were.
    """

    def __init__(self, patterns: Sequence[str] = ()) -> None:
        self.patterns = tuple(patterns)
        self._pipeline = shared_pipeline(pattern_folders(self.patterns))
        Doc.set_extension("findings", getter=_get_findings, force=True)
        for name in ("report_id", "report_title"):
            if not Doc.has_extension(name):
                Doc.set_extension(name, default=None)

    def __call__(self, doc: Doc) -> Doc:
        """Read one document. Raises MarrowtextError, without its text, where reading fails."""
        report = Report(doc._.report_id or "1", doc.text, doc._.report_title)
        failure = None
        try:
            findings = self._pipeline.findings(report)
        except Exception as error:
            failure = type(error).__name__
        if failure is not None:
            raise MarrowtextError(f"reading a document failed ({failure})")
        concepts = {(finding.start, finding.end): finding.concept.value for finding in findings}
        spans = (
            doc.char_span(start, end, label=concept, alignment_mode="expand")
            for (start, end), concept in concepts.items()
        )
        # Stored without their keys: where medspaCy is loaded, a document with a dict that has the key "section"
        # cannot be restored, since medspaCy takes it for one of its own.
        doc.user_data[_NAME] = [list(finding_row(finding).values()) for finding in findings]
        doc.spans[_NAME] = SpanGroup(doc, name=_NAME, spans=[span for span in spans if span is not None])
        return doc

    def __reduce__(self) -> tuple[type["MarrowtextComponent"], tuple[tuple[str, ...]]]:
        # The matcher inside cannot be pickled; a worker process builds its own.
        return MarrowtextComponent, (self.patterns,)


@Language.factory(_NAME, default_config={"patterns": []})
def make_component(nlp: Language, name: str, patterns: list[str]) -> MarrowtextComponent:  # noqa: ARG001  # spaCy's form
    """Make the component; `patterns` are folders of rules of one's own on top of the shipped ones."""
    return MarrowtextComponent(patterns)


def load(patterns: Patterns = None) -> Language:
    """Give a spaCy pipeline for English that has the component and nothing else."""
    nlp = spacy.blank("en")
    own = pattern_folders(patterns)[1:]
    nlp.add_pipe(_NAME, config={"patterns": [str(folder) for folder in own]})
    return nlp
