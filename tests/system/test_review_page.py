"""The review page in a real browser: opened from disk, worked with, exported, and brought back."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import drag_over, open_browser, open_page, select_words
from environment import run
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, expect

pytestmark = pytest.mark.system

ANKLE = (
    "\N{BONE} FINDINGS: There is marrow edema in the left talus. No marrow edema of the calcaneus. "
    "The cuboid glows \N{FIRE} brightly. Also the cuboid glows below.\n"
    "IMPRESSION: Possible stress reaction of the talus."
)
SCRIPT = (
    "</script><script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">"
    "<!-- <script> {{ 7 * 7 }} There is marrow edema in the patella. \u2028&amp; end"
)
KNEE = "Bone contusion of the lateral femoral condyle.\r\nNo bone contusion of the patella."
REPORTS = [
    ("ankle", "MRI LEFT ANKLE", ANKLE),
    ("script", "<b>KNEE</b>", SCRIPT),
    ("knee", "MRI RIGHT KNEE", KNEE),
    ("quiet", "MRI HIP", "The menisci are intact."),
    ("empty", "MRI HIP", ""),
]


@dataclass
class Visit:
    """A page that is open, and what went wrong or out on it."""

    page: Page
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def export(self, folder: Path, name: str = "work.json") -> Path:
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name="Export").click()
        assert download.value.suggested_filename == "findings.review.json"
        download.value.save_as(folder / name)
        return folder / name

    def load(self, file: Path) -> None:
        self.page.set_input_files("#file", file)

    def ids(self) -> list[str]:
        return self.page.locator("#reports .id").all_inner_texts()

    def count(self, name: str, value: str) -> str:
        return self.page.locator(f"label:has(input[name={name}][value={value}]) .count").inner_text()

    def filter(self, name: str, value: str) -> None:
        self.page.locator(f"input[name={name}][value={value}]").click()

    def unfold(self, legend: str) -> None:
        self.page.locator("#filters summary", has_text=legend).click()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with reports, the findings of a run, a page of them, and a blind one."""
    folder = tmp_path_factory.mktemp("review")
    with (folder / "reports.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "exam", "text"])
        rows.writerows(REPORTS)
    program = (sys.executable, "-m", "marrowtext")
    run(*program, "extract", "reports.csv", "-o", "findings.csv", folder=folder)
    run(*program, "review", "findings.csv", "reports.csv", "-o", "page.html", folder=folder)
    run(*program, "review", "findings.csv", "reports.csv", "-o", "blind.html", "--blind", folder=folder)
    run(*program, "review", "findings.csv", "reports.csv", "-o", "sample.html", "--sample", 1, folder=folder)
    return folder


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
    context.set_default_timeout(10_000)
    yield context
    context.close()


def start_visit(context: BrowserContext, file: Path) -> Visit:
    """Open a page and take down all that goes wrong on it and all that it asks for."""
    faults: list[str] = []
    requests: list[str] = []
    context.on("console", lambda message: faults.append(f"{message.type}: {message.text}"))
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("request", lambda request: requests.append(request.url))
    return Visit(open_page(context, file), faults, requests)


@pytest.fixture
def visit(context: BrowserContext, folder: Path) -> Iterator[Visit]:
    """The page; when a test is through, nothing may have gone wrong on it or out of it."""
    visit = start_visit(context, folder / "page.html")
    yield visit
    assert visit.faults == []
    assert {url for url in visit.requests if not url.startswith("blob:")} == {(folder / "page.html").as_uri()}


def read_work(file: Path) -> dict[str, Any]:
    return {report["report_id"]: report for report in json.loads(file.read_text(encoding="utf-8"))["reports"]}


def test_opens_with_all_reports_and_the_first_of_them(visit: Visit) -> None:
    assert visit.ids() == ["ankle", "script", "knee", "quiet", "empty"]
    expect(visit.page.locator("#count")).to_have_text("5 reports")
    expect(visit.page.locator("#report-heading")).to_have_text("Report ankle")
    assert visit.page.locator("#text").evaluate("text => text.textContent") == ANKLE
    expect(visit.page.locator("#cards .card")).to_have_count(3)
    expect(visit.page.locator("#progress-text")).to_have_text("0 of 5 reports done · 0 of 6 rows decided")


def test_report_that_is_a_script_shows_as_text(visit: Visit) -> None:
    visit.press("j")
    assert visit.page.locator("#text").evaluate("text => text.textContent") == SCRIPT
    assert visit.page.title() == "Review of findings.csv"
    expect(visit.page.locator("#title")).to_have_text("<b>KNEE</b>")
    assert visit.page.locator("#text img, #text script, #title b").count() == 0
    expect(visit.page.locator("#cards .gist b")).to_have_text("patella")


def test_report_that_cannot_be_read_is_in_the_list_with_its_reason(visit: Visit) -> None:
    visit.page.locator("#reports button", has_text="empty").click()
    expect(visit.page.locator("#facts .flag")).to_have_text("not read: the text is empty")
    visit.press("d")
    expect(visit.page.locator("#progress-text")).to_contain_text("1 of 5 reports done")


def test_marks_stand_on_the_words_of_the_table_behind_an_emoji(visit: Visit) -> None:
    mentions = visit.page.locator("#text .g-mention").evaluate_all("marks => marks.map((mark) => mark.textContent)")
    assert mentions == ["marrow edema", "marrow edema", "stress reaction"]
    sites = visit.page.locator("#text .g-site:not(.idle)").evaluate_all(
        "marks => marks.map((mark) => mark.textContent)"
    )
    assert sites == ["talus", "calcaneus", "talus"]
    assert visit.page.locator("#text .g-cue:not(.idle)").evaluate_all("marks => marks.map((m) => m.textContent)") == [
        "No",
        "Possible",
    ]


def test_marks_stand_on_the_words_behind_a_windows_line_end(visit: Visit) -> None:
    visit.press("j", "j")
    assert visit.page.locator("#text").evaluate("text => text.textContent") == KNEE
    mentions = visit.page.locator("#text .g-mention").evaluate_all("marks => marks.map((mark) => mark.textContent)")
    assert mentions == ["Bone contusion", "bone contusion"]


def test_filters_count_what_the_others_leave(visit: Visit) -> None:
    assert [visit.count("status", value) for value in ("present", "possible", "not_mentioned", "error")] == list("3011")
    assert visit.count("assertion", "absent") == "2"
    visit.filter("assertion", "absent")
    assert visit.ids() == ["ankle", "knee"]
    # Within a filter the values add up, so its own counts stay; the others follow.
    assert visit.count("assertion", "present") == "3"
    assert visit.count("status", "not_mentioned") == "0"
    assert visit.count("laterality", "left") == "1"
    expect(visit.page.locator("#count")).to_have_text("2 of 5 reports")


def test_filters_show_the_table_and_say_so(visit: Visit) -> None:
    visit.press("n", "x")
    expect(visit.page.locator("#cards .card").first).to_contain_text("✕ Rejected")
    assert visit.count("assertion", "present") == "3"
    expect(visit.page.locator("#filters .view")).to_have_text(
        "Filters, list and map show the rows of the table, not your corrections; only “Review” shows your work."
    )


def test_filters_of_rows_have_to_hold_for_one_row(visit: Visit) -> None:
    visit.filter("assertion", "absent")
    visit.unfold("Site, with its parts")
    assert visit.count("site", "talus") == "0"
    assert visit.count("site", "calcaneus") == "1"
    visit.filter("site", "calcaneus")
    assert visit.ids() == ["ankle"]


def test_row_counts_where_no_other_filter_keeps_it_out(visit: Visit) -> None:
    visit.filter("assertion", "absent")
    visit.filter("laterality", "right")
    assert visit.ids() == ["knee"]
    assert [visit.count("assertion", value) for value in ("present", "absent", "possible")] == ["1", "1", "0"]


def test_filter_by_site_takes_its_parts_in(visit: Visit) -> None:
    visit.unfold("Site, with its parts")
    visit.filter("site", "femur")
    assert visit.ids() == ["knee"]
    visit.page.get_by_role("button", name="Remove filter femur").click()
    assert len(visit.ids()) == 5


def test_body_map_filters_by_region_with_mouse_and_keyboard(visit: Visit) -> None:
    knee = visit.page.locator("#map [data-region=knee]")
    assert knee.get_attribute("aria-label") == "knee, 2 reports"
    knee.locator(".reach").first.click()
    assert visit.ids() == ["script", "knee"]
    assert knee.get_attribute("aria-pressed") == "true"
    assert visit.page.locator("input[name=region][value=knee]").is_checked()
    visit.press("Enter")
    assert len(visit.ids()) == 5
    visit.page.locator("#map .region").first.focus()
    visit.press("ArrowDown", "Enter")
    assert visit.page.locator("#map .region").nth(1).get_attribute("aria-pressed") == "true"


def test_free_text_finds_words_of_the_report(visit: Visit) -> None:
    visit.press("/")
    visit.page.keyboard.type("menisci intact")
    expect(visit.page.locator("#count")).to_have_text("1 of 5 reports")
    assert visit.ids() == ["quiet"]
    visit.page.get_by_role("button", name="Clear filters").click()
    assert len(visit.ids()) == 5


def test_keys_step_through_the_filtered_list(visit: Visit) -> None:
    visit.page.locator("#map [data-region=knee] .reach").first.click()
    visit.press("j")
    expect(visit.page.locator("#report-name")).to_have_text("script")
    visit.press("j")
    expect(visit.page.locator("#report-name")).to_have_text("knee")
    expect(visit.page.locator("#position")).to_have_text("2 of 2")
    visit.press("j")
    expect(visit.page.locator("#say")).to_have_text("This is the last report of the list.")
    visit.press("k")
    expect(visit.page.locator("#report-name")).to_have_text("script")


@pytest.mark.parametrize("size", [(1440, 900), (768, 1024), (390, 700)])
def test_messages_are_seen_too(visit: Visit, size: tuple[int, int]) -> None:
    width, height = size
    visit.page.set_viewport_size({"width": width, "height": height})
    visit.press("d")
    line = visit.page.locator("#say")
    expect(line).to_have_text("3 rows still to be decided.")
    box = line.bounding_box()
    assert box is not None
    assert box["width"] == width
    assert box["height"] > 20
    assert box["y"] + box["height"] <= height


def test_keyboard_focus_on_a_mark_tells_its_evidence_and_rules(visit: Visit) -> None:
    visit.page.locator("#text .m[tabindex='0']").focus()
    for _ in range(12):
        if visit.page.evaluate("document.activeElement.textContent") == "talus":
            break
        visit.press("ArrowRight")
    tip = visit.page.locator("#tip")
    expect(tip).to_contain_text("site “talus” site.talus")
    expect(tip).to_contain_text("Row 1: edema, present, talus, left")
    assert visit.page.evaluate("document.activeElement.getAttribute('aria-describedby')") == "tip"
    expect(visit.page.locator("#cards .card").first).to_have_class("card undecided at lit")
    visit.press("Escape")
    expect(tip).to_be_hidden()


def test_hover_on_a_row_lights_its_evidence(visit: Visit) -> None:
    visit.page.locator("#cards .card").nth(1).hover()
    lit = visit.page.locator("#text .lit").evaluate_all("marks => marks.map((mark) => mark.textContent)")
    assert lit == ["FINDINGS:", "No", "marrow edema", "calcaneus"]


def test_rows_are_decided_by_keys_and_the_report_is_done_when_all_are(visit: Visit, tmp_path: Path) -> None:
    visit.press("d")
    expect(visit.page.locator("#say")).to_have_text("3 rows still to be decided.")
    visit.press("n", "a", "x", "a", "d")
    expect(visit.page.locator("#progress-text")).to_have_text("1 of 5 reports done · 3 of 6 rows decided")
    expect(visit.page.locator("#report-name")).to_have_text("script")
    work = read_work(visit.export(tmp_path))["ankle"]
    assert work["done"] is True
    assert [row["decision"] for row in work["findings"]] == ["accepted", "rejected", "accepted"]


def test_taking_a_decision_back_opens_the_report_again(visit: Visit) -> None:
    visit.press("Shift+A", "d", "k")
    expect(visit.page.locator("#done")).to_have_attribute("aria-pressed", "true")
    visit.page.locator("#cards .card").first.get_by_role("button", name="Accepted").click()
    expect(visit.page.locator("#done")).to_have_attribute("aria-pressed", "false")
    expect(visit.page.locator("#todo")).to_have_text("3 rows, 1 to decide")


def test_same_key_takes_a_decision_back_on_the_row_that_has_it(visit: Visit) -> None:
    rows = visit.page.locator("#cards .card")
    visit.press("n", "a")
    expect(rows.nth(1)).to_be_focused()
    visit.press("p", "a")
    expect(rows.nth(0)).to_contain_text("not decided")
    expect(rows.nth(0)).to_be_focused()
    visit.press("x")
    expect(rows.nth(0)).to_contain_text("✕ Rejected")


def test_correction_is_made_of_the_values_of_the_contract(visit: Visit, tmp_path: Path) -> None:
    visit.press("n", "n", "e")
    form = visit.page.locator("#cards form")
    assert form.get_by_label("assertion", exact=True).locator("option").all_inner_texts() == [
        "present",
        "absent",
        "possible",
        "hypothetical",
        "historical",
    ]
    expect(form.get_by_label("pattern assertion")).to_be_disabled()
    form.get_by_label("pattern", exact=True).select_option("traumatic")
    expect(form.get_by_label("pattern assertion")).to_have_value("present")
    form.get_by_label("site").select_option("navicular")
    form.get_by_label("laterality").select_option("right")
    form.get_by_label("size mm").fill("12")
    form.get_by_role("button", name="Save").click()
    changes = visit.page.locator("#cards .card").nth(1).locator(".changes li")
    assert changes.all_inner_texts() == [
        "site: calcaneus → navicular",
        "laterality: left → right",
        "pattern: unspecified → traumatic",
        "pattern assertion: none → present",
        "size mm: none → 12",
    ]
    (row,) = read_work(visit.export(tmp_path))["ankle"]["findings"]
    assert row["decision"] == "corrected"
    assert (row["values"]["site"], row["values"]["laterality"], row["values"]["size_mm"]) == ("navicular", "right", 12)


def test_correction_that_changes_nothing_accepts_the_row(visit: Visit) -> None:
    visit.press("n", "e")
    visit.page.locator("#cards form").get_by_role("button", name="Save").click()
    expect(visit.page.locator("#cards .card").first).to_contain_text("✓ Accepted")


def edit_size(visit: Visit) -> Locator:
    visit.press("n", "e")
    size = visit.page.locator("#cards form").get_by_label("size mm")
    size.fill("7")
    return size


def test_open_form_keeps_its_edits_when_another_row_is_decided(visit: Visit) -> None:
    size = edit_size(visit)
    visit.page.locator("#cards .card").nth(1).get_by_role("button", name="Accept").click()
    expect(visit.page.locator("#todo")).to_have_text("3 rows, 2 to decide")
    expect(size).to_have_value("7")


def test_open_form_keeps_its_edits_when_notes_are_written(visit: Visit) -> None:
    size = edit_size(visit)
    visit.page.locator("#note").fill("Check the title.")
    visit.page.locator("#cards .card").nth(1).get_by_role("button", name="Note").click()
    visit.page.keyboard.type("Side?")
    visit.page.locator("#search").focus()
    expect(size).to_have_value("7")


@pytest.mark.parametrize("inside", ["input[type=checkbox]", "select", "button[type=submit]"])
def test_single_keys_are_off_in_the_form(visit: Visit, inside: str) -> None:
    size = edit_size(visit)
    visit.page.locator("#cards form").locator(inside).first.focus()
    visit.press("x", "j", "d")
    expect(visit.page.locator("#report-name")).to_have_text("ankle")
    expect(visit.page.locator("#todo")).to_have_text("3 rows, 3 to decide")
    expect(size).to_have_value("7")


@pytest.mark.parametrize("button", ["Next →", "Mark as done", "+ Mention", "script"])
def test_form_that_is_not_saved_stays_unless_the_reader_drops_it(visit: Visit, button: str) -> None:
    size = edit_size(visit)
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    visit.page.once("dialog", refuse)
    visit.page.locator("button", has_text=button).click()
    expect(visit.page.locator("#report-name")).to_have_text("ankle")
    expect(size).to_have_value("7")
    assert asked == ["Row 1 is not saved. Drop what you changed in it?"]
    visit.page.once("dialog", lambda dialog: dialog.accept())
    visit.page.locator("button", has_text=button).click()
    expect(visit.page.get_by_role("form", name="Correct row 1")).to_have_count(0)


def test_form_without_edits_closes_unasked(visit: Visit) -> None:
    visit.press("n", "e")
    visit.page.locator("#next").click()
    expect(visit.page.locator("#report-name")).to_have_text("script")
    expect(visit.page.locator("#cards form")).to_have_count(0)


def test_value_that_cannot_be_is_refused_in_the_form(visit: Visit) -> None:
    visit.press("n", "e")
    size = visit.page.locator("#cards form").get_by_label("size mm")
    size.fill("0")
    visit.page.locator("#cards form").get_by_role("button", name="Save").click()
    assert size.evaluate("input => input.validationMessage") == "This is no number above 0."
    expect(visit.page.locator("#cards form")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "level",
            "banana",
            "This must be a vertebra or a range of them, such as L4 or L4-L5, or the number of a rib or phalanx, "
            "such as 8.",
        ),
        ("level", "8", "This must be a vertebra: its site has no numbers."),
        ("level", "L4-L5", ""),
    ],
)
def test_level_is_a_vertebra_or_a_number(visit: Visit, name: str, value: str, told: str) -> None:
    visit.press("n", "e")
    form = visit.page.locator("#cards form")
    form.get_by_label(name, exact=True).fill(value)
    level = form.get_by_label(name, exact=True).element_handle()
    form.get_by_role("button", name="Save").click()
    assert level.evaluate("input => input.validationMessage") == told
    expect(form).to_have_count(1 if told else 0)


def test_zones_and_grading_systems_that_the_rules_know_are_offered(visit: Visit) -> None:
    visit.press("n", "e")
    form = visit.page.locator("#cards form")
    for name, known in (("zone", "anterosuperior"), ("grade system", "Fredericson")):
        offered = form.get_by_label(name).evaluate("input => [...input.list.options].map((option) => option.value)")
        assert known in offered


def test_missed_mention_is_added_by_selecting_its_words_behind_an_emoji(visit: Visit, tmp_path: Path) -> None:
    words = "cuboid glows \N{FIRE} brightly"
    drag_over(visit.page, words)
    visit.page.get_by_role("button", name="Add as a mention").click()
    form = visit.page.locator("#cards form")
    expect(form.get_by_label("words", exact=True)).to_have_value(words)
    expect(form.get_by_label("section")).to_have_value("findings")
    form.get_by_label("site").select_option("cuboid")
    form.get_by_role("button", name="Save").click()
    expect(visit.page.locator("#text .g-mention")).to_have_count(4)
    (added,) = read_work(visit.export(tmp_path))["ankle"]["added"]
    assert ANKLE[added["values"]["start"] : added["values"]["end"]] == words
    assert "glows" not in (tmp_path / "work.json").read_text(encoding="utf-8")


def test_missed_mention_is_added_with_the_keyboard_alone(visit: Visit, tmp_path: Path) -> None:
    visit.press("m")
    form = visit.page.locator("#cards form")
    form.get_by_label("words", exact=True).fill("Cuboid glows")
    which = form.get_by_label("Which place in the report")
    assert which.locator("option").count() == 2
    which.select_option("1")
    visit.press("Enter")
    (added,) = read_work(visit.export(tmp_path))["ankle"]["added"]
    assert added["values"]["start"] == ANKLE.rindex("cuboid glows")


def test_words_that_are_not_in_the_report_are_refused(visit: Visit) -> None:
    visit.press("m")
    words = visit.page.locator("#cards form").get_by_label("words", exact=True)
    words.fill("unicorn")
    visit.page.locator("#cards form").get_by_role("button", name="Save").click()
    assert words.evaluate("input => input.validationMessage") == "These words are not in the report."


def test_copy_of_a_row_is_a_further_row_and_can_be_removed(visit: Visit) -> None:
    visit.press("n", "c")
    visit.page.locator("#cards form").get_by_role("button", name="Save").click()
    expect(visit.page.locator("#cards .card")).to_have_count(4)
    visit.page.get_by_role("button", name="Remove").click()
    expect(visit.page.locator("#cards .card")).to_have_count(3)


@pytest.mark.parametrize("keys", [("m",), ("n", "c")], ids=["mention", "copy"])
@pytest.mark.parametrize("cancel", ["Escape", "button"])
def test_new_row_that_is_cancelled_is_gone(visit: Visit, tmp_path: Path, keys: tuple[str, ...], cancel: str) -> None:
    visit.press(*keys)
    expect(visit.page.locator("#cards .card")).to_have_count(4)
    if cancel == "button":
        visit.page.locator("#cards form").get_by_role("button", name="Cancel").click()
    else:
        visit.press(cancel)
    expect(visit.page.locator("#cards .card")).to_have_count(3)
    expect(visit.page.locator("#text .g-mention")).to_have_count(3)
    assert read_work(visit.export(tmp_path)) == {}


def test_added_row_stays_when_its_correction_is_cancelled(visit: Visit) -> None:
    visit.press("m")
    visit.page.locator("#cards form").get_by_role("button", name="Save").click()
    visit.press("e", "Escape")
    expect(visit.page.locator("#cards .card")).to_have_count(4)


def test_notes_are_exported_and_can_be_filtered(visit: Visit, tmp_path: Path) -> None:
    visit.page.locator("#note").fill("Check the title.")
    visit.page.locator("#search").focus()
    visit.press("Escape")
    visit.page.locator("#report-heading").focus()
    visit.press("n", "o")
    visit.page.keyboard.type("Side?")
    visit.page.locator("#search").focus()
    work = read_work(visit.export(tmp_path))["ankle"]
    assert (work["note"], work["findings"][0]["note"]) == ("Check the title.", "Side?")
    visit.filter("review", "noted")
    assert visit.ids() == ["ankle"]


def test_work_that_is_not_exported_is_told_of_when_the_page_is_opened_again(visit: Visit, tmp_path: Path) -> None:
    told = visit.page.locator("#unsaved")
    visit.press("n", "a")
    visit.page.reload()
    visit.page.wait_for_selector("html[data-ready]")
    expect(told).to_have_text("not exported since the last change")
    visit.export(tmp_path)
    expect(told).to_have_text("")
    visit.page.reload()
    visit.page.wait_for_selector("html[data-ready]")
    expect(told).to_have_text("")


def test_note_is_kept_while_it_is_typed(visit: Visit) -> None:
    visit.page.locator("#note").focus()
    visit.page.keyboard.type("Check the title.")
    visit.page.reload()
    visit.page.wait_for_selector("html[data-ready]")
    expect(visit.page.locator("#note")).to_have_value("Check the title.")


def test_note_on_a_row_is_kept_while_it_is_typed(visit: Visit) -> None:
    visit.press("n", "o")
    visit.page.keyboard.type("Which side?")
    visit.page.reload()
    visit.page.wait_for_selector("html[data-ready]")
    expect(visit.page.get_by_label("Note on row 1")).to_have_value("Which side?")


def test_work_is_kept_when_the_page_is_opened_again(visit: Visit) -> None:
    visit.press("n", "a", "x")
    visit.page.reload()
    visit.page.wait_for_selector("html[data-ready]")
    expect(visit.page.locator("#progress-text")).to_contain_text("2 of 6 rows decided")


def test_exported_work_loads_in_another_browser(visit: Visit, browser: Browser, folder: Path, tmp_path: Path) -> None:
    visit.press("n", "a", "x", "e")
    visit.page.locator("#cards form").get_by_label("severity").select_option("mild")
    visit.page.locator("#cards form").get_by_role("button", name="Save").click()
    select_words(visit.page, "The cuboid")
    visit.press("m")
    visit.page.locator("#cards form").get_by_role("button", name="Save").click()
    visit.press("d")
    first = visit.export(tmp_path, "first.json")
    other = browser.new_context(accept_downloads=True)
    again = start_visit(other, folder / "page.html")
    again.load(first)
    expect(again.page.locator("#progress-text")).to_have_text("1 of 5 reports done · 3 of 6 rows decided")
    assert read_work(again.export(tmp_path, "second.json")) == read_work(first)
    assert again.faults == []
    other.close()


def test_page_of_a_sample_keeps_the_work_on_the_other_reports(visit: Visit, folder: Path, tmp_path: Path) -> None:
    visit.press("Shift+A", "d", "Shift+A", "d", "Shift+A", "d", "d", "d")
    full = visit.export(tmp_path, "full.json")
    sample = open_page(visit.page.context, folder / "sample.html")
    expect(sample.locator("#notice")).to_be_hidden()
    expect(sample.locator("#progress-text")).to_contain_text("1 of 1 report done")
    sample.locator("#note").fill("Seen twice.")
    sample.locator("#search").focus()
    sample.close()
    visit.page.reload()
    visit.page.wait_for_selector("html[data-ready]")
    expect(visit.page.locator("#progress-text")).to_have_text("5 of 5 reports done · 6 of 6 rows decided")
    work = read_work(visit.export(tmp_path, "both.json"))
    assert [report["note"] for report in work.values()].count("Seen twice.") == 1
    assert {id: report | {"note": ""} for id, report in work.items()} == read_work(full)
    visit.requests.remove((folder / "sample.html").as_uri())


def test_page_of_a_sample_takes_a_file_of_all_reports_and_exports_it_whole(
    visit: Visit, browser: Browser, folder: Path, tmp_path: Path
) -> None:
    visit.press("Shift+A", "d", "Shift+A", "d", "Shift+A", "d", "d", "d")
    full = visit.export(tmp_path, "full.json")
    other = browser.new_context(accept_downloads=True)
    sample = start_visit(other, folder / "sample.html")
    sample.load(full)
    expect(sample.page.locator("#progress-text")).to_contain_text("1 of 1 report done")
    assert read_work(sample.export(tmp_path, "again.json")) == read_work(full)
    assert sample.faults == []
    other.close()


def test_page_of_a_sample_does_not_write_over_a_page_open_beside_it(visit: Visit, folder: Path, tmp_path: Path) -> None:
    sample = open_page(visit.page.context, folder / "sample.html")
    visit.press("Shift+A", "d", "Shift+A", "d", "Shift+A", "d", "d", "d")
    visit.page.reload()
    sample.locator("#note").fill("Seen twice.")
    sample.locator("#search").focus()
    sample.close()
    visit.page.reload()
    visit.page.wait_for_selector("html[data-ready]")
    assert len(read_work(visit.export(tmp_path))) == 5
    visit.requests.remove((folder / "sample.html").as_uri())


def test_work_carried_to_another_table_loads_on_its_page(
    visit: Visit, browser: Browser, folder: Path, tmp_path: Path
) -> None:
    visit.press("Shift+A", "d", "Shift+A", "d", "n", "x")
    visit.export(tmp_path, "old.json")
    (tmp_path / "ours").mkdir()
    off = 'off = ["site.patella", "structure.cartilage.patella"]'
    (tmp_path / "ours" / "ours.toml").write_text(off, encoding="utf-8")
    for name in ("reports.csv", "findings.csv"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    program, ours = (sys.executable, "-m", "marrowtext"), ("--patterns", "ours")
    run(*program, "extract", "reports.csv", "-o", "again.csv", *ours, folder=tmp_path)
    again = ("review", "again.csv", "reports.csv", *ours)
    run(*program, *again, "-o", "again.html", folder=tmp_path)
    run(*program, *again, "--carry", "old.json", "-o", "again.json", folder=tmp_path)
    other = browser.new_context(accept_downloads=True)
    page = start_visit(other, tmp_path / "again.html")
    page.load(tmp_path / "again.json")
    expect(page.page.locator("#progress-text")).to_have_text("1 of 5 reports done · 4 of 6 rows decided")
    assert page.faults == []
    other.close()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "it is not JSON"),
        ("{}", "it is not the work of a review"),
        ('{"format": "marrowtext review", "version": 9}', "it is of another version of marrowtext"),
        (
            '{"format": "marrowtext review", "version": 1, "key": "x"}',
            "it is of other findings or reports than this page",
        ),
    ],
)
def test_file_that_does_not_fit_is_refused_and_changes_nothing(
    visit: Visit, tmp_path: Path, content: str, why: str
) -> None:
    visit.press("n", "a")
    (tmp_path / "other.json").write_text(content)
    visit.load(tmp_path / "other.json")
    expect(visit.page.locator("#notice")).to_have_text(f"other.json is not loaded: {why}.")
    expect(visit.page.locator("#progress-text")).to_contain_text("1 of 6 rows decided")


def test_file_with_a_wrong_value_is_refused_and_changes_nothing(visit: Visit, tmp_path: Path) -> None:
    visit.press("n", "a", "m")
    visit.page.locator("#cards form").get_by_role("button", name="Save").click()
    work = json.loads(visit.export(tmp_path).read_text())
    work["reports"][0]["added"][0]["values"]["site"] = "moon"
    (tmp_path / "moon.json").write_text(json.dumps(work))
    visit.page.on("dialog", lambda dialog: dialog.accept())
    visit.load(tmp_path / "moon.json")
    expect(visit.page.locator("#notice")).to_contain_text("report ankle: added row: site is not in the list of sites")
    expect(visit.page.locator("#cards .card")).to_have_count(4)


def test_browser_that_keeps_nothing_is_told_of(context: BrowserContext, folder: Path, tmp_path: Path) -> None:
    context.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    visit = start_visit(context, folder / "page.html")
    expect(visit.page.locator("#notice")).to_contain_text("does not keep the work on this page. Export it")
    visit.press("n", "a")
    assert read_work(visit.export(tmp_path))["ankle"]["findings"][0]["decision"] == "accepted"
    assert visit.faults == []


def test_page_can_ask_nothing_of_a_network(context: BrowserContext, folder: Path) -> None:
    visit = start_visit(context, folder / "page.html")
    asked = visit.page.evaluate(
        """async () => {
            const broken = [];
            addEventListener("securitypolicyviolation", (event) => broken.push(event.violatedDirective));
            const fetched = await fetch("http://127.0.0.1:9/").then(() => "fetched", () => "refused");
            const image = new Image();
            const tried = new Promise((done) => { image.onerror = image.onload = done; });
            image.src = "http://127.0.0.1:9/x.png";
            await tried;
            return [fetched, ...broken.sort()];
        }"""
    )
    assert asked == ["refused", "connect-src", "img-src"]


def test_single_keys_can_be_switched_off(visit: Visit) -> None:
    visit.press("?")
    visit.page.get_by_label("Use these keys").uncheck()
    visit.press("Escape", "j")
    expect(visit.page.locator("#report-name")).to_have_text("ankle")


def test_blind_page_shows_no_row_of_the_table(context: BrowserContext, folder: Path, tmp_path: Path) -> None:
    visit = start_visit(context, folder / "blind.html")
    expect(visit.page.locator("#todo")).to_have_text("No rows yet")
    assert visit.page.locator("#text .m").count() == 0
    assert "edema.marrow" not in (folder / "blind.html").read_text(encoding="utf-8")
    select_words(visit.page, "marrow edema")
    visit.press("m")
    visit.page.locator("#cards form").get_by_role("button", name="Save").click()
    visit.press("d")
    work = read_work(visit.export(tmp_path))["ankle"]
    assert (work["done"], work["findings"], len(work["added"])) == (True, [], 1)
    assert visit.faults == []


def test_prints_the_report_and_its_rows_alone(visit: Visit) -> None:
    visit.page.emulate_media(media="print")
    for shown in ("#text", "#cards", ".legend"):
        expect(visit.page.locator(shown)).to_be_visible()
    for hidden in ("#filters", "#list", "#export", "#done", "#cards .acts >> nth=0"):
        expect(visit.page.locator(hidden)).to_be_hidden()


def test_print_says_which_files_and_which_report_were_reviewed(visit: Visit) -> None:
    visit.press("j", "j", "n", "a")
    expect(visit.page.locator("#printed")).to_be_hidden()
    visit.page.emulate_media(media="print")
    expect(visit.page.locator("#printed")).to_be_visible()
    data = json.loads(visit.page.locator("#data").evaluate("element => element.textContent"))
    assert visit.page.locator("#printed").inner_text() == (
        "findings.csv against reports.csv · report knee, row 3 of reports.csv · not done, 2 rows, 1 to decide, 0 added "
        f"· marrowtext {data['marrowtext']}, rules {data['rules']}, inputs {data['key']}"
    )


def test_title_on_paper_names_the_report(visit: Visit) -> None:
    titles = visit.page.evaluate(
        "() => ['beforeprint', 'afterprint'].map((name) => { dispatchEvent(new Event(name)); return document.title; })"
    )
    assert titles == ["Report ankle - Review of findings.csv", "Review of findings.csv"]


def test_decision_makes_anew_the_card_of_its_row_alone(visit: Visit) -> None:
    cards = visit.page.locator("#cards .card")
    for number in range(3):
        cards.nth(number).evaluate("(card, number) => { card.dataset.seen = number; }", number)
    visit.press("n", "a")
    expect(cards.nth(0)).to_have_class("card accepted")
    assert [card.get_attribute("data-seen") for card in cards.all()] == [None, "1", "2"]
    visit.press("p", "x")
    expect(cards.nth(0)).to_have_class("card rejected")
    expect(visit.page.locator("#text .m.rejected")).to_have_text(["marrow edema"])


def test_tablet_has_the_list_in_a_drawer(browser: Browser, folder: Path) -> None:
    context = browser.new_context(viewport={"width": 820, "height": 1180}, has_touch=True)
    visit = start_visit(context, folder / "page.html")
    expect(visit.page.locator("#list")).to_be_hidden()
    visit.page.get_by_role("button", name="Reports and filters").tap()
    visit.page.locator("#reports button", has_text="knee").tap()
    expect(visit.page.locator("#list")).to_be_hidden()
    expect(visit.page.locator("#report-name")).to_have_text("knee")
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


@pytest.mark.parametrize("width", [768, 1024])
def test_drawer_has_a_button_that_closes_it(visit: Visit, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 1024})
    opener = visit.page.get_by_role("button", name="Reports and filters")
    opener.click()
    visit.page.get_by_role("button", name="× Close").click()
    expect(visit.page.locator("#list")).to_be_hidden()
    expect(opener).to_be_focused()
    expect(visit.page.get_by_role("button", name="× Close")).to_be_hidden()


@pytest.mark.parametrize("size", [(1024, 768), (768, 1024)])
def test_buttons_of_the_form_are_in_sight_as_it_opens(visit: Visit, size: tuple[int, int]) -> None:
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    visit.press("n", "e")
    for name in ("Save", "Cancel"):
        expect(visit.page.locator("#cards form").get_by_role("button", name=name)).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", ["page.html", "blind.html"])
def test_accessibility_check_finds_nothing(browser: Browser, folder: Path, scheme: Any, page: str) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 900})
    visit = start_visit(context, folder / page)
    visit.page.locator("#filters details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    found = list_violations(visit.page)
    visit.press("n", "a", "x", "m")
    found += list_violations(visit.page)
    visit.press("Escape", "j", "?")
    found += list_violations(visit.page)
    context.close()
    assert found == []


def test_key_of_the_filters_shows_where_the_focus_is(visit: Visit) -> None:
    visit.press("f")
    filters = visit.page.locator("#filters")
    expect(filters).to_be_focused()
    expect(filters).to_have_css("outline-style", "solid")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_placeholders_are_as_plain_as_other_soft_text(visit: Visit, scheme: Any) -> None:
    # The accessibility check does not look at placeholders; it does at this color on this ground.
    visit.page.emulate_media(color_scheme=scheme)
    colors = visit.page.evaluate(
        """["#search", "#note"].map((id) => getComputedStyle(document.querySelector(id), "::placeholder").color)"""
    )
    assert set(colors) == {visit.page.locator("#position").evaluate("(text) => getComputedStyle(text).color")}


def list_violations(page: Page) -> list[str]:
    result = Axe().run(page)
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in result.response["violations"]]


def test_work_comes_back_as_gold_and_figures(visit: Visit, folder: Path, tmp_path: Path) -> None:
    visit.press("n", "a", "x", "e")
    visit.page.locator("#cards form").get_by_label("laterality").select_option("left")
    visit.page.locator("#cards form").get_by_role("button", name="Save").click()
    select_words(visit.page, "cuboid glows \N{FIRE} brightly")
    visit.press("m")
    visit.page.locator("#cards form").get_by_label("site").select_option("cuboid")
    visit.page.locator("#cards form").get_by_role("button", name="Save").click()
    visit.press("d", "j", "j", "d")
    file = visit.export(tmp_path)
    command = (sys.executable, "-m", "marrowtext", "review", "--import", file)
    told = run(*command, "-o", tmp_path / "gold.jsonl", "--phrases", tmp_path / "phrases.csv", folder=folder)
    gold = [json.loads(line) for line in (tmp_path / "gold.jsonl").read_text(encoding="utf-8").splitlines()]
    rows = [(row["mention"], row["assertion"], row["site"]) for row in gold[0]["findings"]]
    assert [report["id"] for report in gold] == ["ankle", "quiet"]
    assert rows == [
        ("marrow edema", "present", "talus"),
        ("cuboid glows \N{FIRE} brightly", "present", "cuboid"),
        ("stress reaction", "possible", "talus"),
    ]
    assert "| row               | site, side and assertion | F1          | 2     | 3    | 3     | 0.667" in told
    assert (tmp_path / "phrases.csv").read_text(encoding="utf-8").splitlines()[1:] == [
        "cuboid glows \N{FIRE} brightly,1,1,edema,ankle"
    ]
