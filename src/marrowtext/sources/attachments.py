"""Documents inside messages and resources: base64 of plain text, HTML or RTF."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from dataclasses import dataclass

from marrowtext.encoding import decode
from marrowtext.formatted import read_html, read_rtf

__all__ = ["Attachment", "UnreadableError", "kind_of", "read_attachment"]

_KINDS = {
    "plain": "text",
    "text": "text",
    "txt": "text",
    "html": "html",
    "htm": "html",
    "xhtml+xml": "html",
    "rtf": "rtf",
}


class UnreadableError(Exception):
    """A text is there and cannot be read; the message says why, without its words.

    `passable` says that what cannot be read is no text to begin with, so that other text may stand for it.
    """

    def __init__(self, reason: str, *, passable: bool = False) -> None:
        super().__init__(reason)
        self.passable = passable


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document: its media type, its bytes, whether they are base64, and how messages call it."""

    form: str
    content: bytes
    base64: bool
    name: str


def kind_of(form: str) -> str | None:
    """Give `text`, `html` or `rtf` for a media type; None for another."""
    words = re.split(r"[/;\s]+", form.strip().lower())
    return next((_KINDS[word] for word in reversed(words[:3]) if word in _KINDS), None)


def read_attachment(attachment: Attachment) -> str:
    """Give the text of a document. Raises UnreadableError."""
    kind = kind_of(attachment.form)
    if kind is None:
        form = re.sub(r"[^\w/.+\-]", "", attachment.form.split(";")[0])[:40] or "a document of unknown kind"
        reason = f"{attachment.name} is {form}, which is not read; ask for plain text, HTML or RTF"
        raise UnreadableError(reason, passable=True)
    content = _decode_base64(attachment) if attachment.base64 else attachment.content
    if kind == "rtf":
        text = read_rtf(content)
        if text is None:
            raise UnreadableError(f"{attachment.name} holds broken RTF; ask for the report again")
        return text
    told = _decode(content, attachment.form)
    text = read_html(told) if kind == "html" else told.replace("\r\n", "\n").replace("\r", "\n")
    return text.strip("\n")


def _decode_base64(attachment: Attachment) -> bytes:
    try:
        return base64.b64decode(re.sub(rb"\s+", b"", attachment.content), validate=True)
    except (binascii.Error, ValueError):
        pass
    raise UnreadableError(f"{attachment.name} holds broken base64; ask for the report again")


def _decode(content: bytes, form: str) -> str:
    """Decode bytes by the charset of the media type, or by what they look like."""
    charset = re.search(r"charset\s*=\s*[\"']?([\w.\-]+)", form, re.IGNORECASE)
    if charset:
        try:
            return content.decode(codecs.lookup(charset[1]).name)
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(content)
