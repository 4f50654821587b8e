"""Formatted documents as plain text: HTML and RTF."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from marrowtext.extras import import_extra

__all__ = ["load_striprtf", "read_html", "read_rtf"]

# fmt: off
_BLOCKS = frozenset((
    "address", "article", "aside", "blockquote", "br", "caption", "dd", "div", "dl", "dt", "fieldset", "figure",
    "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre",
    "section", "table", "tbody", "tfoot", "thead", "tr", "ul",
))
# fmt: on
_CELLS = frozenset(("td", "th"))
_SILENT = frozenset(("head", "script", "style", "template", "title"))


def read_html(content: str) -> str:
    """Give the text of an HTML page or fragment: a line for each block, cells of a table with a space between."""
    page = _Page()
    page.feed(content)
    page.close()
    lines = (re.sub(r"[ \t\r\f\v\xa0]+", " ", line).strip() for line in "".join(page.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def load_striprtf() -> Any:
    """Import what reads RTF. Raises MarrowtextError where the extra `rtf` is not installed."""
    return import_extra("striprtf.striprtf", "rtf", "reading RTF")


def read_rtf(content: bytes) -> str | None:
    """Give the text of an RTF document; None where it is none, or is broken.

    Raises MarrowtextError where the extra `rtf` is not installed.
    """
    if not content.lstrip().startswith(b"{\\rtf"):
        return None
    library = load_striprtf()
    # A document is ASCII; what other bytes there are, are of its code page.
    text = content.decode("cp1252", "replace")
    try:
        return str(library.rtf_to_text(text)).strip()
    except Exception:
        # What the library says quotes the document.
        return None


class _Page(HTMLParser):
    """The text of a page, in parts. A line feed in the source is a space, but for preformatted text."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._silent = 0
        self._as_written = 0

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        self._silent += tag in _SILENT
        self._as_written += tag == "pre"
        self._separate(tag)

    def handle_startendtag(self, tag: str, _attributes: object) -> None:
        self._separate(tag)

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in _SILENT))
        self._as_written = max(0, self._as_written - (tag == "pre"))
        if tag != "br":
            self._separate(tag)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data if self._as_written else re.sub(r"\s+", " ", data))

    def _separate(self, tag: str) -> None:
        if tag in _CELLS:
            self.parts.append(" ")
        elif tag == "br" or tag in _BLOCKS:
            self.parts.append("\n")
