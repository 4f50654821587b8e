"""The inline markup of rule examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marrowtext.errors import MarkupError
from marrowtext.markup import MarkedMention, MarkedText, parse_markup, write_markup


def test_text_without_markup_has_no_mentions() -> None:
    assert parse_markup("No fracture.") == MarkedText("No fracture.", ())


def test_mention_has_offsets_into_the_plain_text_and_values() -> None:
    marked = parse_markup("No [marrow edema|assertion=absent|site=talus] of the talus.")
    assert marked.text == "No marrow edema of the talus."
    assert marked.mentions == (MarkedMention(3, 15, ((("assertion", "absent"), ("site", "talus")),)),)
    assert marked.text[3:15] == "marrow edema"


def test_mention_without_values_has_one_row_without_values() -> None:
    assert parse_markup("[Edema].").mentions == (MarkedMention(0, 5, ((),)),)


def test_double_bar_divides_rows() -> None:
    (mention,) = parse_markup("[edema|site=femoral_head||site=femoral_neck|zone=none]").mentions
    assert mention.rows == ((("site", "femoral_head"),), (("site", "femoral_neck"), ("zone", None)))


def test_values_are_stripped_and_may_hold_spaces() -> None:
    (mention,) = parse_markup("[edema| zone = central weight-bearing ]").mentions
    assert mention.rows == ((("zone", "central weight-bearing"),),)


def test_several_mentions_keep_text_order_and_count_code_points() -> None:
    marked = parse_markup("Œdème: [œdema|assertion=present]; no [bruise|assertion=absent].")
    assert marked.text == "Œdème: œdema; no bruise."
    assert [marked.text[mention.start : mention.end] for mention in marked.mentions] == ["œdema", "bruise"]


def test_backslash_makes_a_bracket_plain_text() -> None:
    marked = parse_markup(r"Series \[4\]: [edema].")
    assert marked.text == "Series [4]: edema."
    assert marked.mentions == (MarkedMention(12, 17, ((),)),)


def test_backslash_makes_a_bracket_or_a_bar_of_a_mention_plain_text() -> None:
    marked = parse_markup(r"See \|: [edema \[mild\] a\|b|zone=c\|d].")
    assert marked.text == "See |: edema [mild] a|b."
    assert marked.mentions == (MarkedMention(7, 23, ((("zone", "c|d"),),)),)


def test_line_breaks_stay() -> None:
    assert parse_markup("No bone\n[marrow\nedema].").text == "No bone\nmarrow\nedema."


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("No [edema.", "stray '[' at character 4"),
        ("No edema].", "stray ']' at character 9"),
        ("[bone [edema]]", "stray '[' at character 1"),
        ("No [].", "empty mention at character 4"),
        ("No [ |site=talus].", "empty mention at character 4"),
        ("[edema|talus]", "expected key=value, got 'talus'"),
        ("[edema|site=]", "expected key=value, got 'site='"),
        ("[edema|=talus]", "expected key=value, got '=talus'"),
    ],
)
def test_malformed_markup_is_refused(marked: str, message: str) -> None:
    with pytest.raises(MarkupError) as caught:
        parse_markup(marked)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "marked",
    [
        "No fracture.",
        "No [marrow edema|assertion=absent] of the talus.",
        "[Edema] and [bruise|site=femoral_head|zone=none||site=femoral_neck].",
        r"Series \[4\]: [edema|level=L4].",
        r"[edema \[mild\] a\|b|zone=c\|d].",
    ],
)
def test_written_markup_is_what_was_read(marked: str) -> None:
    read = parse_markup(marked)
    assert write_markup(read.text, read.mentions) == marked


def test_mentions_are_written_in_text_order() -> None:
    mentions = (MarkedMention(6, 12, ((),)), MarkedMention(0, 5, ((("site", None),),)))
    assert write_markup("Edema bruise", mentions) == "[Edema|site=none] [bruise]"


_PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\\[]|"), max_size=12)
_WORDS = st.from_regex(r"[a-zœ]{1,6}( [a-z]{1,6})?", fullmatch=True)
# What it is made of is imported here: in the depth of a test that import can fail on Python 3.11.
_WORDS.validate()
_ROW = st.dictionaries(st.sampled_from(["site", "zone", "level"]), st.none() | _WORDS, min_size=1)


@given(st.lists(st.tuples(_PLAIN, _WORDS, st.lists(_ROW, min_size=1, max_size=3)), max_size=4), _PLAIN)
def test_reading_gives_back_what_was_written(
    pieces: list[tuple[str, str, list[dict[str, str | None]]]], rest: str
) -> None:
    text = ""
    mentions = []
    for before, words, rows in pieces:
        start = len(text) + len(before)
        text += before + words
        mentions.append(MarkedMention(start, len(text), tuple(tuple(row.items()) for row in rows)))
    text += f"[{rest}]"
    assert parse_markup(write_markup(text, tuple(mentions))) == MarkedText(text, tuple(mentions))
