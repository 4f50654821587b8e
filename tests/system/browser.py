"""A real browser: Chromium as the system has it, driven over its own protocol. None is ever downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

__all__ = ["drag_over", "find_chromium", "open_browser", "open_page", "select_words"]

_NAMES = ("chromium", "google-chrome")


def find_chromium() -> str:
    """Find the browser. Raises LookupError, with the remedy, where there is none."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        raise LookupError(
            "Chromium is needed; `make chromium` installs it as root from Debian's packages, else install it "
            "and name its program in the variable CHROMIUM"
        )
    return found


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start the browser, without its sandbox where root is not allowed one."""
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=sandbox)
        yield browser
        browser.close()


def open_page(context: BrowserContext, file: Path) -> Page:
    """Open a page from the disk and wait until its script has run."""
    page = context.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]", timeout=30_000)
    return page


# Makes a range of words of the report; they may go over several elements.
_RANGE = """(words) => {
    const text = document.getElementById("text");
    const at = text.textContent.indexOf(words);
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    let seen = 0;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const end = seen + node.data.length;
        if (at >= seen && at < end) range.setStart(node, at - seen);
        if (at + words.length > seen && at + words.length <= end) range.setEnd(node, at + words.length - seen);
        seen = end;
    }
    return (%s)(range);
}"""
_SELECT = "(range) => { getSelection().removeAllRanges(); getSelection().addRange(range); }"
_MEASURE = (
    "(range) => [...range.getClientRects()].map(({ left, right, top, bottom }) => [left, right, (top + bottom) / 2])"
)


def select_words(page: Page, words: str) -> None:
    """Select words of the report, and wait until the page has taken note."""
    page.evaluate(_RANGE % _SELECT, words)
    page.wait_for_selector("#picked:not([hidden])")


def drag_over(page: Page, words: str) -> None:
    """Select words of the report with the mouse."""
    boxes = page.evaluate(_RANGE % _MEASURE, words)
    page.mouse.move(boxes[0][0] + 1, boxes[0][2])
    page.mouse.down()
    page.mouse.move(boxes[-1][1] - 1, boxes[-1][2], steps=5)
    page.mouse.up()
    page.wait_for_selector("#picked:not([hidden])")
