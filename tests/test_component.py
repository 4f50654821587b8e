"""marrowtext inside spaCy."""

from __future__ import annotations

import pickle
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from marrowtext.columns import finding_row
from marrowtext.component import MarrowtextComponent, load, make_component
from marrowtext.errors import MarrowtextError, RuleError
from marrowtext.reading import findings

TEXT = "MRI RIGHT ANKLE\n\nThere is marrow edema in the talus and calcaneus.\nNo bone contusion."
CANARY = "Wolpertinger"


@pytest.fixture(scope="module")
def nlp() -> Language:
    return load()


def test_findings_are_those_of_the_pipeline(nlp: Language) -> None:
    assert nlp(TEXT)._.findings == [finding_row(finding) for finding in findings(TEXT)]


def test_spans_are_the_distinct_mentions_with_their_concepts(nlp: Language) -> None:
    doc = nlp(TEXT)
    assert [(span.text, span.label_) for span in doc.spans["marrowtext"]] == [
        ("marrow edema", "edema"),
        ("bone contusion", "contusion"),
    ]


def test_span_is_widened_to_whole_tokens(nlp: Language) -> None:
    doc = nlp("There is marrow edema+effusion in the talus.")
    assert [span.text for span in doc.spans["marrowtext"]] == ["marrow edema+effusion"]


def test_report_without_findings_has_an_empty_list_and_no_spans(nlp: Language) -> None:
    doc = nlp("Intact menisci.")
    assert (doc._.findings, list(doc.spans["marrowtext"])) == ([], [])


def test_empty_report(nlp: Language) -> None:
    assert nlp("")._.findings == []


def test_id_and_title_are_taken_into_account(nlp: Language) -> None:
    doc = nlp.make_doc("There is marrow edema in the talus.")
    doc._.report_id, doc._.report_title = "007", "MRI LEFT ANKLE"
    (row,) = nlp(doc)._.findings
    assert (row["report_id"], row["laterality"]) == ("007", "left")


def test_any_english_pipeline_takes_it() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe("marrowtext", last=True)
    assert nlp(TEXT)._.findings == [finding_row(finding) for finding in findings(TEXT)]


def test_spacy_finds_it_by_its_entry_point() -> None:
    (entry,) = entry_points(group="spacy_factories", name="marrowtext")
    assert entry.load() is make_component


def test_pipe_gives_the_same_findings(nlp: Language) -> None:
    texts = [TEXT, "Intact menisci.", TEXT]
    assert [doc._.findings for doc in nlp.pipe(texts)] == [nlp(text)._.findings for text in texts]


def test_worker_processes_give_the_same_findings(nlp: Language) -> None:
    texts = [TEXT, "Intact menisci.", TEXT]
    assert [doc._.findings for doc in nlp.pipe(texts, n_process=2)] == [nlp(text)._.findings for text in texts]


def test_saved_pipeline_gives_the_same_findings(nlp: Language, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "model")
    assert spacy.load(tmp_path / "model")(TEXT)._.findings == nlp(TEXT)._.findings


def test_saved_documents_keep_findings_and_spans(nlp: Language) -> None:
    doc = nlp(TEXT)
    stored = DocBin(docs=[doc], store_user_data=True).to_bytes()
    (restored,) = DocBin().from_bytes(stored).get_docs(nlp.vocab)
    assert restored._.findings == doc._.findings
    assert [span.text for span in restored.spans["marrowtext"]] == [span.text for span in doc.spans["marrowtext"]]


def test_component_can_be_pickled(nlp: Language) -> None:
    component = pickle.loads(pickle.dumps(nlp.get_pipe("marrowtext")))
    assert component(nlp.make_doc(TEXT))._.findings == nlp(TEXT)._.findings


def test_own_rules_come_on_top(own_rules: Path) -> None:
    doc = load(own_rules)("There is a marrow blotch in the talus.")
    assert [span.text for span in doc.spans["marrowtext"]] == ["marrow blotch"]


def test_own_rules_are_remembered_by_a_saved_pipeline(own_rules: Path, tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("marrowtext", config={"patterns": [str(own_rules)]})
    nlp.to_disk(tmp_path / "model")
    doc = spacy.load(tmp_path / "model")("There is a marrow blotch in the talus.")
    assert [row["mention"] for row in doc._.findings] == ["marrow blotch"]


@pytest.mark.parametrize(("text", "kind"), [(None, "NoneType"), (float("nan"), "float"), (b"x", "bytes")])
def test_findings_of_what_is_no_text_are_refused(text: object, kind: str) -> None:
    with pytest.raises(TypeError) as raised:
        findings(text)
    assert str(raised.value) == f"text is to be one report, a str, and not {kind}; extract takes many"


def test_wrong_rules_are_told(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="no pattern files"):
        load(tmp_path)


def test_failure_does_not_tell_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError(CANARY)

    component = MarrowtextComponent()
    monkeypatch.setattr(component, "_pipeline", type("Failing", (), {"findings": fail})())
    with pytest.raises(MarrowtextError) as raised:
        component(Doc(spacy.blank("en").vocab, words=[CANARY]))
    assert str(raised.value) == "reading a document failed (ValueError)"
    assert raised.value.__context__ is None
