"""HL7 v2 in: every escape and shape that interface engines send. The messages were written for this project."""

from __future__ import annotations

import base64
from pathlib import Path

import hl7
import pytest

from marrowtext.errors import InputError
from marrowtext.readers import ReportRow, open_reports
from marrowtext.segments import Segment, Separators, read_separators

MSH = "MSH|^~\\&|RIS|NORTH|DWH|NORTH|20240305101500||ORU^R01|C77|P|2.5"
PID = "PID|1||00123^^^NORTH^MR~9988^^^STATE^SS||DOE^JANE"
ORC = "ORC|RE|P1^RIS|F1^RIS"
_FIELDS = {
    1: "1",
    2: "P1^RIS",
    3: "000451^RIS",
    4: "73721^MRI LEFT KNEE W/O CONTRAST^LOC",
    7: "202403050930",
    15: "^^^KNEE",
    18: "A900",
    24: "NMR",
    25: "F",
    45: "LT",
}
OBR = "|".join(["OBR", *(_FIELDS.get(number, "") for number in range(1, 46))])
RTF = rb"{\rtf1\ansi Edema\par of bone}"
ORDER = "\r".join([MSH, PID, ORC, OBR])


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(tmp_path: Path, content: str | bytes, name: str = "in.hl7") -> list[ReportRow]:
    return list(open_reports(write(tmp_path / name, content)))


def obx(value: str, kind: str = "TX", identifier: str = "18782-3^Report", status: str = "F") -> str:
    return f"OBX|1|{kind}|{identifier}||{value}||||||{status}"


def text_of(tmp_path: Path, *segments: str, order: str = ORDER) -> str:
    (row,) = read(tmp_path, "\r".join([order, *segments]) + "\r")
    assert row.reason is None
    return row.report.text


def test_what_is_said_of_the_exam_is_read_from_its_fields(tmp_path: Path) -> None:
    path = write(tmp_path / "in.hl7", "\r".join([ORDER, obx("Marrow edema.")]))
    reader = open_reports(path)
    (row,) = reader
    report = row.report
    assert (report.id, report.text, report.title) == ("000451", "Marrow edema.", "MRI LEFT KNEE W/O CONTRAST")
    assert (report.side, report.body_part, report.modality) == ("left", "KNEE", "NMR")
    assert (report.patient_id, report.study_date) == ("00123", "2024-03-05T09:30")
    assert reader.fraction == 1


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        pytest.param("a \\F\\ b", "a | b", id="field"),
        pytest.param("a \\S\\ b", "a ^ b", id="component"),
        pytest.param("a \\T\\ b", "a & b", id="subcomponent"),
        pytest.param("a \\R\\ b", "a ~ b", id="repetition"),
        pytest.param("a \\E\\ b", "a \\ b", id="escape"),
        pytest.param("a\\.br\\b", "a\nb", id="line"),
        pytest.param("a\\.BR\\b", "a\nb", id="line-in-capitals"),
        pytest.param("a\\.sp2\\b", "a\n\nb", id="skipped-lines"),
        pytest.param("a\\.sp+2\\b", "a\n\nb", id="skipped-lines-with-sign"),
        pytest.param("a\\.ce\\b", "a\nb", id="centered"),
        pytest.param("a\\.sk3\\b", "a   b", id="skipped-spaces"),
        pytest.param("\\.fi\\a\\.in+4\\\\.ti-2\\b\\.nf\\", "ab", id="layout"),
        pytest.param("a \\H\\bold\\N\\ b", "a bold b", id="highlight"),
        pytest.param("25\\XB0\\ angle", "25° angle", id="hex-of-one-byte"),
        pytest.param("\\XC3A9\\\\XC3\\\\XA9\\", "éé", id="hex-of-utf-8-in-one-and-in-two"),
        pytest.param("a\\X0D0A\\b\\X0A\\c", "a\nb\nc", id="hex-of-line-ends"),
        pytest.param("a\\C2842\\b\\M240142\\c", "abc", id="character-sets"),
        pytest.param("a\\Zlocal\\b", "ab", id="local"),
        pytest.param("\\T\\lt; 5\\S\\6 \\E\\F\\E\\", "&lt; 5^6 \\F\\", id="not-unescaped-twice"),
        pytest.param("see C:\\temp\\new and 3\\4", "see C:\\temp\\new and 3\\4", id="lone-backslashes"),
        pytest.param("a\\", "a\\", id="backslash-at-the-end"),
        pytest.param("a\\Xyz\\b \\Q\\", "a\\Xyz\\b \\Q\\", id="no-escape"),
    ],
)
def test_escapes(tmp_path: Path, sent: str, meant: str) -> None:
    assert text_of(tmp_path, obx(sent)) == meant


def test_separators_are_those_of_the_message(tmp_path: Path) -> None:
    order = ORDER.replace("|", "#").replace("^~\\&", "*!/%").replace("^", "*")
    assert text_of(tmp_path, "OBX#1#TX#1##a /F/ b/.br/c ^~\\&|!next", order=order) == "a # b\nc ^~\\&|\nnext"
    assert read_separators("MSH#*!/%#") == Separators("#", "*", "!", "/", "%")
    assert read_separators("MSH|^~|") == Separators("|", "^", "~", "\\", "&")


def test_segments_are_lines_in_their_order(tmp_path: Path) -> None:
    told = text_of(tmp_path, obx("FINDINGS:"), obx("Marrow edema"), obx(""), obx("of the talus.", "FT"), obx("b", "ST"))
    assert told == "FINDINGS:\nMarrow edema\n\nof the talus.\nb"


def test_repetitions_are_lines(tmp_path: Path) -> None:
    assert text_of(tmp_path, obx("one~two~~four")) == "one\ntwo\n\nfour"


def test_notes_belong_to_the_report(tmp_path: Path) -> None:
    segments = [OBR, "NTE|1||Read with the film.", obx("Edema."), "NTE|1|L|first~second"]
    order = "\r".join([MSH, PID, "NTE|1||Patient is deaf."])
    assert text_of(tmp_path, *segments, order=order) == "Read with the film.\nEdema.\nfirst\nsecond"


def test_named_parts_have_headings(tmp_path: Path) -> None:
    told = text_of(
        tmp_path,
        obx("Edema of the talus.", identifier="73721&GDT^Report"),
        obx("More.", identifier="73721&GDT^Report"),
        obx("Contusion.", identifier="73721&IMP^Report"),
        obx("ADDENDUM: none.", identifier="73721^Addendum"),
    )
    assert told == "FINDINGS:\nEdema of the talus.\nMore.\nIMPRESSION:\nContusion.\nADDENDUM: none."


def test_coded_and_measured_values_are_text(tmp_path: Path) -> None:
    told = text_of(
        tmp_path, obx("M25^Effusion^I10", "CWE"), "OBX|2|NM|123^Size||12|mm^millimeter|||||F", obx("^^^^Alt", "CE")
    )
    assert told == "Effusion\nSize: 12 mm\nAlt"


def test_withdrawn_segments_are_left_out(tmp_path: Path) -> None:
    assert text_of(tmp_path, obx("wrong", status="W"), obx("deleted", status="D"), obx("right")) == "right"


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (f"RIS^TEXT^PLAIN^Base64^{encoded('Œdème.'.encode())}", "Œdème."),
        (f"RIS^text^html^Base64^{encoded(b'<p>Edema</p><p>of bone')}", "Edema\n\nof bone"),
        (f"RIS^application^rtf^Base64^{encoded(RTF)}", "Edema\nof bone"),
        ("RIS^TEXT^^A^Edema.", "Edema."),
    ],
)
def test_encapsulated_documents(tmp_path: Path, value: str, text: str) -> None:
    assert text_of(tmp_path, obx(value, "ED")) == text


@pytest.mark.parametrize(
    ("segments", "reason"),
    [
        pytest.param([], "the HL7 message has no OBX segment; ask for the text", id="no-obx"),
        pytest.param([obx("")], "the text is empty", id="empty-obx"),
        pytest.param([obx("", identifier="&GDT")], "the text is empty", id="empty-obx-of-a-part"),
        pytest.param(
            [obx("RIS^TEXT^PLAIN^Base64^%%%", "ED")],
            "OBX-5 holds broken base64; ask for the report again",
            id="garbage",
        ),
        pytest.param(
            [obx(f"RIS^application^rtf^Base64^{encoded(b'no')}", "ED")],
            "OBX-5 holds broken RTF; ask for the report again",
            id="broken-rtf",
        ),
        pytest.param(
            [obx(f"RIS^application^pdf^Base64^{encoded(b'%PDF')}", "ED")],
            "OBX-5 is application/pdf, which is not read; ask for plain text, HTML or RTF",
            id="pdf",
        ),
        pytest.param(
            [obx("http://x", "RP")], "OBX-5 is a pointer, and nothing was fetched; ask for the text", id="pointer"
        ),
    ],
)
def test_message_without_readable_text_is_an_error_row(tmp_path: Path, segments: list[str], reason: str) -> None:
    rows = read(tmp_path, "\r".join([ORDER, *segments, ORDER, obx("next")]))
    assert [(row.report.id, row.report.text, row.reason) for row in rows] == [
        ("000451", "", reason),
        ("000451", "next", None),
    ]
    assert [(row.report.title, row.report.patient_id) for row in rows] == [("MRI LEFT KNEE W/O CONTRAST", "00123")] * 2


def test_message_whose_separators_are_letters_is_an_error_row(tmp_path: Path) -> None:
    garbled = ["MSH|broken words", "OBR|1||A6", obx("Marrow edema of the hip")]
    rows = read(tmp_path, "\r".join([*garbled, ORDER, obx("next")]))
    assert [(row.report.text, row.reason) for row in rows] == [
        ("", "the MSH segment states letters or digits for separators; the message is garbled, get it again"),
        ("next", None),
    ]


def test_heading_of_a_part_stands_above_its_first_text(tmp_path: Path) -> None:
    part = "18782-3&GDT^Report"
    assert text_of(tmp_path, obx("", identifier=part), obx("Edema.", identifier=part)) == "FINDINGS:\nEdema."


def test_document_beside_the_text_is_noted(tmp_path: Path) -> None:
    pdf = obx(f"RIS^application^pdf^Base64^{encoded(b'%PDF')}", "ED")
    (row,) = read(tmp_path, "\r".join([ORDER, pdf, obx("Edema.")]))
    assert (row.report.text, row.reason) == ("Edema.", None)
    assert row.note == "OBX-5 is application/pdf, which is not read; ask for plain text, HTML or RTF"


def test_several_orders_of_a_message_are_several_reports(tmp_path: Path) -> None:
    second = "OBR|2|P2|F2|73721^MRI RIGHT KNEE"
    third = "OBR|3|||73721^MRI ANKLE"
    rows = read(tmp_path, "\r".join([ORDER, obx("left"), "ORC|RE|P2|F2", second, obx("right"), third]))
    assert [(row.report.id, row.report.text, row.reason) for row in rows] == [
        ("000451", "left", None),
        ("F2", "right", None),
        ("C77-3", "", "OBR 3 of the HL7 message has no OBX segment; ask for the text"),
    ]


def test_id_falls_back_to_the_order_and_the_message(tmp_path: Path) -> None:
    bare = [MSH, "OBR|1|||X"]
    assert read(tmp_path, "\r".join([*bare, obx("a")]))[0].report.id == "C77"
    assert read(tmp_path, "\r".join([MSH, "OBR|1|P9||X", obx("a")]))[0].report.id == "P9"
    assert read(tmp_path, "\r".join([MSH, "ORC|RE|P8|F8", "OBR|1|||X", obx("a")]))[0].report.id == "F8"
    two = read(tmp_path, "\r".join([*bare, obx("a"), "OBR|2|||X", obx("b")]))
    assert [row.report.id for row in two] == ["C77-1", "C77-2"]


def test_document_messages_are_reports(tmp_path: Path) -> None:
    head = MSH.replace("ORU^R01", "MDM^T02")
    document = "TXA|1|RAD|TX|20240305|||||||UID7||P3|F3||LA"
    (row,) = read(tmp_path, "\r".join([head, PID, document, obx("Edema.")]))
    assert (row.report.id, row.report.text, row.report.study_date) == ("F3", "Edema.", "2024-03-05")


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r\n"])
def test_line_ends(tmp_path: Path, end: str) -> None:
    content = (ORDER + "\r" + obx("one") + "\r" + obx("two") + "\r") * 2
    rows = read(tmp_path, content.replace("\r", end))
    assert [row.report.text for row in rows] == ["one\ntwo"] * 2


def test_line_feed_in_a_text_that_was_not_escaped_is_kept(tmp_path: Path) -> None:
    (row,) = read(
        tmp_path, f"{ORDER}\r{obx('one')[: -len('||||||F')]}\n\nTwo | three\n{obx('four')}\n".replace("\r", "\n")
    )
    assert row.report.text == "one\n\nTwo\nfour"


@pytest.mark.parametrize("between", ["\x1c\r", "\x1c", "\x1c\r\n"])
def test_mllp(tmp_path: Path, between: str) -> None:
    message = f"\x0b{ORDER}\r{obx('a')}\r{between}"
    assert [row.report.text for row in read(tmp_path, message * 3)] == ["a"] * 3


def batch(count: int) -> str:
    message = f"{ORDER}\r{obx('a')}\r"
    return f"FHS|^~\\&|RIS\rBHS|^~\\&|RIS\r{message * 2}BTS|{count}|end\rFTS|1\r"


def test_batches(tmp_path: Path) -> None:
    reader = open_reports(write(tmp_path / "in.hl7", batch(2)))
    assert [row.report.text for row in reader] == ["a", "a"]
    assert reader.notices == []


def test_batch_that_lacks_messages_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "in.hl7", batch(3))
    reader = open_reports(path)
    assert len(list(reader)) == 2
    assert reader.notices == [f"{path}: a batch states 3 messages and holds 2"]


def test_messages_of_other_types_are_counted(tmp_path: Path) -> None:
    admission = MSH.replace("ORU^R01", "ADT^A01") + "\r" + PID + "\r" + obx("70", "NM") + "\r"
    path = write(tmp_path / "in.hl7", admission * 2 + "\r".join([ORDER, obx("a")]))
    reader = open_reports(path)
    assert [row.report.text for row in reader] == ["a"]
    assert reader.notices == [f"{path}: 2 messages of other types are no reports: 2 ADT"]


def test_segments_without_a_head_are_an_error_row(tmp_path: Path) -> None:
    rows = read(tmp_path, f"{PID}\r{OBR}\r{obx('lost')}\r{ORDER}\r{obx('a')}")
    assert [(row.report.text, row.reason) for row in rows] == [
        ("", "line 1 stands before the first MSH segment; the message has lost its head"),
        ("a", None),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-8-sig", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    rows = read(tmp_path, "\r".join([ORDER, obx("Œdème")]).encode(encoding))
    assert [row.report.text for row in rows] == ["Œdème"]


def test_files_of_a_folder_are_read_in_order_and_a_broken_one_is_an_error_row(tmp_path: Path) -> None:
    for name, value in (("b.hl7", "second"), ("a.hl7", "first")):
        write(tmp_path / name, "\r".join([ORDER, obx(value)]))
    write(tmp_path / "c.hl7", b"\x00\x01\x02\xff" * 9)
    rows = list(open_reports(tmp_path))
    assert [(row.report.text, row.reason) for row in rows] == [
        ("first", None),
        ("second", None),
        ("", "the file c.hl7: is not a text file"),
    ]


def test_text_file_that_holds_messages_is_read_as_such(tmp_path: Path) -> None:
    assert [row.report.id for row in read(tmp_path, "\r".join([ORDER, obx("a")]), "in.txt")] == ["000451"]


def test_file_of_bytes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"in\.hl7: is not a text file"):
        read(tmp_path, b"\x00\x01\x02\xff" * 9)


@pytest.mark.parametrize("segment", [PID, ORC, OBR, obx("a^b~c"), "OBX|2|NM|123&IMP^Size||12|mm^x"])
def test_fields_are_those_of_a_library(segment: str) -> None:
    theirs = hl7.parse(f"{MSH}\r{segment}\r")[1]
    ours = Segment(segment, Separators())
    for number in range(1, len(theirs)):
        first = str(theirs[number][0])
        assert ours.value(number, 1) == first.partition("^")[0]
        assert ours.texts(number) == [str(one) for one in theirs[number]]


def test_head_is_numbered_from_its_separator() -> None:
    theirs = hl7.parse(f"{MSH}\r").segment("MSH")
    ours = Segment(MSH, Separators())
    assert [ours.value(n) for n in (3, 9, 10, 12)] == [str(theirs[n]).partition("^")[0] for n in (3, 9, 10, 12)]
