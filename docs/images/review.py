"""Make the picture of the review page in the README, from a shipped corpus: `make picture`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "system"))

from browser import open_browser, open_page  # noqa: E402

REPORTS = ROOT / "corpora" / "test1" / "reports.jsonl"
SHOWN = "t1-016"


def main() -> None:
    with tempfile.TemporaryDirectory() as name, open_browser() as browser:
        folder = Path(name)
        (folder / "reports.jsonl").write_bytes(REPORTS.read_bytes())
        run(folder, "extract", "reports.jsonl", "-o", "findings.csv")
        run(folder, "review", "findings.csv", "reports.jsonl", "-o", "review.html")
        context = browser.new_context(viewport={"width": 1440, "height": 860}, color_scheme="light")
        page = open_page(context, folder / "review.html")
        # The same on every machine that has one of these.
        page.evaluate("document.documentElement.style.fontFamily = \"Inter, 'Liberation Sans', Arial, sans-serif\"")
        for number in range(page.locator("#reports button").count()):
            button = page.locator("#reports button").nth(number)
            button.click()
            if button.locator(".id").inner_text() == SHOWN:
                break
            page.keyboard.press("Shift+A")
            page.locator("#done").click()
        page.keyboard.press("n")
        page.keyboard.press("a")
        page.locator("#text .g-mention", has_text="bone bruise").hover()
        page.screenshot(path=Path(__file__).with_suffix(".png"))


def run(folder: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "marrowtext", *arguments], cwd=folder, check=True, capture_output=True)


if __name__ == "__main__":
    main()
