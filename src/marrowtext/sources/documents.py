"""Text and RTF files, one report each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from marrowtext.encoding import decode
from marrowtext.formatted import load_striprtf, read_rtf
from marrowtext.sources.delimited import holds_table
from marrowtext.sources.messages import is_message
from marrowtext.sources.source import Broken, Record, Source, call_of
from marrowtext.streams import LONGEST_LINE, PackingError, open_bytes, split_suffix

__all__ = ["DocumentFiles"]


_OBJECT = re.compile(r"\s*\[?\s*\{\s*\"")


class DocumentFiles(Source):
    """Files with one report each: its id is the path below the folder, without the extension."""

    format = "documents"
    names = ("id", "text")

    def __init__(self, folder: Path, files: Sequence[Path]) -> None:
        super().__init__()
        if any(split_suffix(file)[0] == ".rtf" for file in files):
            load_striprtf()
        self._folder = folder
        self._files = files
        self._done = 0
        self.count = len(files)
        self.details = {"files": f"{len(files):,}"}

    def records(self, _wanted: Sequence[str], /) -> Iterator[Record]:
        for number, file in enumerate(self._files, start=1):
            self._done = number
            suffix, packing = split_suffix(file)
            bare = file.with_suffix("") if packing else file
            name = bare.relative_to(self._folder).with_suffix("").as_posix()
            try:
                with open_bytes(file) as opened:
                    content = opened.read(LONGEST_LINE + 1)
            except OSError as error:
                yield Broken(f"the {call_of(file)} cannot be read ({error.strerror})", name)
            except PackingError as error:
                yield Broken(error.reason, name)
            else:
                yield _read(name, content, suffix)

    @property
    def fraction(self) -> float:
        return self._done / len(self._files)


def _read(name: str, content: bytes, suffix: str) -> Record:
    if len(content) > LONGEST_LINE:
        return Broken(f"the file has more than {LONGEST_LINE:,} bytes; give one report in each file", name)
    if suffix == ".txt" and is_message(content):
        return Broken(
            "the file holds HL7 messages, and stands among other text; put those in a folder of their own", name
        )
    text = read_rtf(content) if suffix == ".rtf" else decode(content)
    if suffix == ".txt" and text is not None and holds_table(text):
        return Broken("the file holds a table of reports, and stands among other text; give it alone", name)
    if suffix == ".txt" and text is not None and _OBJECT.match(text):
        return Broken("the file holds JSON; name it .jsonl, with one object on each line, or .json for FHIR", name)
    if text is None:
        return Broken("the file is not a readable RTF document; save it again", name)
    return {"id": name, "text": text}
