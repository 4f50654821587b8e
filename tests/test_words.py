"""Words as the rules compare them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marrowtext.words import Spelling, expand_term, split_words

PLAIN = Spelling({})


def words(text: str, spelling: Spelling = PLAIN) -> list[str]:
    """Give the normal forms of the words of a text."""
    return [token.norm for token in split_words(text, spelling)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t", []),
        ("Marrow edema.", ["marrow", "edema", "."]),
        ("bone\nmarrow  edema", ["bone", "marrow", "edema"]),
        ("marrow-edema", ["marrow", "edema"]),
        ("edema - none", ["edema", "-", "none"]),
        ("edema -none", ["edema", "-", "none"]),
        ("-ve for edema", ["-", "ve", "for", "edema"]),
        ("marrow edema (-)", ["marrow", "edema", "(", "-", ")"]),
        ("L4-5", ["l4", "-", "5"]),
        ("L4-L5", ["l4", "-", "l5"]),
        ("T2/STIR", ["t2", "/", "stir"]),
        ("oede\u0301me.", ["oedeme", "."]),
        ("Kienbo\u0308ck-like", ["kienbock", "like"]),
        ("w/o edema", ["w/o", "edema"]),
        ("R/o edema", ["r/o", "edema"]),
        ("w/ edema", ["w/", "edema"]),
        ("iliac/sacral", ["iliac", "/", "sacral"]),
        ("doesn't", ["doesn't"]),
        ("doesn\u2019t", ["doesn't"]),
        ("2.5 cm", ["2.5", "cm"]),
        ("3.No edema", ["3", ".", "no", "edema"]),
        ("12mm", ["12", "mm"]),
        ("edema.No fracture", ["edema", ".", "no", "fracture"]),
        ("? marrow_edema", ["?", "marrow", "_", "edema"]),
        ("ŒDÈME", ["œdeme"]),
    ],
)
def test_words_of_a_text(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dist. clavicle", ["dist", "clavicle"]),
        ("dist.", ["dist", "."]),
        ("talus. clavicle", ["talus", ".", "clavicle"]),
        ("DIST. CLAVICLE", ["dist", ".", "clavicle"]),
        ("dist . clavicle", ["dist", ".", "clavicle"]),
    ],
)
def test_the_full_stop_of_an_abbreviation_is_no_word(text: str, expected: list[str]) -> None:
    assert words(text, Spelling({}, ["dist"])) == expected


def test_offsets_are_into_the_whole_text() -> None:
    text = "No: marrow-edema, œdema"
    tokens = list(split_words(text, PLAIN, 4, 17))
    assert [(token.start, token.end) for token in tokens] == [(4, 10), (11, 16), (16, 17)]
    assert [text[token.start : token.end] for token in tokens] == ["marrow", "edema", ","]


def test_end_cuts_a_word() -> None:
    assert [token.norm for token in split_words("marrow edema", PLAIN, 0, 9)] == ["marrow", "ed"]


@given(st.text(max_size=60))
def test_tokens_cover_all_but_spaces_and_joining_hyphens(text: str) -> None:
    tokens = list(split_words(text, PLAIN))
    at = 0
    for token in tokens:
        assert at <= token.start < token.end
        assert text[at : token.start].strip() in ("", "-")
        at = token.end
    assert text[at:].strip() == ""


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("Oedema", "edema"),
        ("OEDEMA", "edema"),
        ("Œdema", "edema"),
        ("œdema", "edema"),
        ("oédema", "edema"),
        ("marrow", "marrow"),
        ("don\u2019t", "dont"),
        ("ﬁbula", "fibula"),
        ("\u0301", "\u0301"),
    ],
)
def test_spelling_makes_variants_one(word: str, expected: str) -> None:
    spelling = Spelling({"oedema": "edema", "œdema": "edema", "don't": "dont"})
    assert spelling.normalise(word) == expected


def test_variants_apply_to_whole_words_and_once() -> None:
    spelling = Spelling({"oedema": "edema", "edema": "swelling"})
    assert words("oedema oedemas edema", spelling) == ["edema", "oedemas", "swelling"]


@pytest.mark.parametrize(
    ("term", "phrases"),
    [
        ("marrow edema", ("marrow edema",)),
        ("{is,are} not {seen,noted}", ("is not seen", "is not noted", "are not seen", "are not noted")),
        ("{bone ,}marrow edema", ("bone marrow edema", "marrow edema")),
        ("{,bone }marrow edema", ("marrow edema", "bone marrow edema")),
        ("contusion{,s}", ("contusion", "contusions")),
        ("{a,{b,c} d} e", ("a e", "b d e", "c d e")),
        ("{a{1,2},b}", ("a1", "a2", "b")),
        ("{a ,{b ,}}c", ("a c", "b c", "c")),
        ("{{a,b},{b,c}}", ("a", "b", "c")),
        ("{a,a}", ("a",)),
        ("{}edema", ("edema",)),
        ("a, b", ("a, b",)),
        (" a   b ", ("a b",)),
        ("{a ,} {b,c}", ("a b", "a c", "b", "c")),
    ],
)
def test_alternatives_of_a_term_are_written_out(term: str, phrases: tuple[str, ...]) -> None:
    assert expand_term(term) == phrases


def test_accent_behind_a_letter_is_part_of_its_word() -> None:
    tokens = split_words("No e\u0301de\u0301ma\u0301-like", PLAIN)
    assert [(token.start, token.end) for token in tokens] == [(0, 2), (3, 11), (12, 16)]
