"""Read reports with one program, in a process of its own, and print how fast it was and how much memory it took.

    python contenders.py NAME REPORTS TERMS

REPORTS has one JSON string per line; TERMS is a JSON file with the phrases of the shipped rules by kind. The peers are
set up as their documentation shows, with the same names of edema as terms; medspaCy is what `medspacy.load()` gives.
"""

from __future__ import annotations

import gc
import json
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

# How many reports warm a program up, and how many it is measured on: the slow ones on fewer.
_WARM = 0.5
_MOST = {"medspacy": 240, "edsnlp": 1_000}

Read = Callable[[str], object]
Terms = dict[str, list[str]]


def build_marrowtext(_: Terms) -> Read:
    """The complete findings table."""
    from marrowtext.model import Report
    from marrowtext.pipeline import load_pipeline

    pipeline = load_pipeline()
    return lambda text: pipeline.findings(Report("1", text))


def build_medspacy(_: Terms) -> Read:
    """What `medspacy.load()` gives."""
    import medspacy
    from loguru import logger

    # What PyRuSH logs of every token would only slow medspaCy down.
    logger.disable("PyRuSH")
    return medspacy.load()


def build_screened(terms: Terms) -> Read:
    """medspaCy's own targets and ConText on the names of edema, shown only the sentences that hold a word of one; no
    findings table is made of what they find.
    """
    import medspacy
    from ahocorasick_rs import AhoCorasick
    from loguru import logger
    from medspacy.target_matcher import TargetRule

    logger.disable("PyRuSH")
    nlp = medspacy.load()
    nlp.remove_pipe("medspacy_pyrush")
    nlp.get_pipe("medspacy_target_matcher").add([TargetRule(phrase, "EDEMA") for phrase in terms["mention"]])
    automaton = AhoCorasick(["edema", "oedema", "bruis", "contus", "marrow", "stress re", "bml", "signal"])
    stop = re.compile(r"(?<=[.!?])\s+|\n+")

    def read(text: str) -> list[object]:
        if not automaton.find_matches_as_indexes(text.lower()):
            return []
        near = (sentence for sentence in stop.split(text) if automaton.find_matches_as_indexes(sentence.lower()))
        return [find(sentence) for sentence in near]

    def find(sentence: str) -> object:
        doc = nlp.make_doc(sentence)
        for token in doc:
            token.is_sent_start = token.i == 0
        for _, component in nlp.pipeline:
            doc = component(doc)
        return [(entity.start_char, entity._.is_negated) for entity in doc.ents]

    return read


def build_negspacy(terms: Terms) -> Read:
    """A spaCy entity ruler on the names of edema, with negspacy behind it."""
    import spacy
    from negspacy.negation import Negex

    assert Negex
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    ruler = nlp.add_pipe("entity_ruler", config={"phrase_matcher_attr": "LOWER"})
    ruler.add_patterns([{"label": "EDEMA", "pattern": phrase} for phrase in terms["mention"]])
    nlp.add_pipe("negex", config={"ent_types": ["EDEMA"]})
    return nlp


def build_edsnlp(terms: Terms) -> Read:
    """An edsnlp matcher on the names of edema, with its negation behind it."""
    import edsnlp
    from edsnlp import pipes

    nlp = edsnlp.blank("eds")
    nlp.add_pipe(pipes.normalizer())
    nlp.add_pipe(pipes.sentences())
    nlp.add_pipe(pipes.matcher(terms={"edema": terms["mention"]}, attr="LOWER"))
    nlp.add_pipe(pipes.negation())
    return nlp


def build_scan(terms: Terms) -> Read:
    """An Aho-Corasick automaton on every phrase of every rule: what finding words costs, and nothing else."""
    from ahocorasick_rs import AhoCorasick

    automaton = AhoCorasick(sorted({phrase.lower() for phrases in terms.values() for phrase in phrases}))
    return lambda text: automaton.find_matches_as_indexes(text.lower(), overlapping=True)


BUILDERS = {
    "marrowtext": build_marrowtext,
    "compiled": build_marrowtext,
    "medspacy": build_medspacy,
    "screened": build_screened,
    "negspacy": build_negspacy,
    "edsnlp": build_edsnlp,
    "scan": build_scan,
}


def main() -> None:
    """Print one JSON object: reports per second, seconds to load and peak memory in MB."""
    name, reports_file, terms_file = sys.argv[1:]
    reports = [json.loads(line) for line in Path(reports_file).read_text(encoding="utf-8").splitlines()]
    reports = reports[: _MOST.get(name)]
    terms = json.loads(Path(terms_file).read_text(encoding="utf-8"))
    start = time.process_time()
    read = BUILDERS[name](terms)
    loaded = time.process_time() - start
    warm = int(len(reports) * _WARM)
    for report in reports[:warm]:
        read(report)
    # What is loaded stays: looking through it for what can be freed would only add noise, to all alike.
    gc.collect()
    gc.freeze()
    start = time.process_time()
    for report in reports[warm:]:
        read(report)
    rate = (len(reports) - warm) / (time.process_time() - start)
    print(json.dumps({"rate": rate, "load": loaded, "peak": read_peak()}))


def read_peak() -> float:
    """Give the peak memory of this process in MB."""
    status = Path("/proc/self/status")
    if status.exists():
        # What `getrusage` gives on Linux is at least what the parent took when it started this process.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    # Bytes on macOS, kilobytes elsewhere.
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


if __name__ == "__main__":
    main()
