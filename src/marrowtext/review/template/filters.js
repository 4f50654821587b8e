// Filters: each counts the reports that it would leave, given all the others.

const none = "none";

/** Give a site with all that it is part of. */
function ancestors(site) {
  const found = [];
  for (let here = site; here; here = data.sites[here][1]) found.push(here);
  return found.length ? found : [none];
}

const regionOf = (row) => (row.site ? data.sites[row.site][2] : none);

function reviewStates(report) {
  const done = workOf(report);
  const states = [done.done ? "done" : "open"];
  const decisions = Object.values(done.findings);
  if (done.added.length || decisions.some((one) => ["rejected", "corrected"].includes(one.decision))) states.push("changed");
  if (done.note || [...decisions, ...done.added].some((one) => one.note)) states.push("noted");
  return states;
}

// What a filter of reports sees in a report, and a filter of rows in a row: a report stays where one of its rows passes
// all filters of rows together.
const ofReports = {
  review: reviewStates,
  status: (report) => [report.status],
  conflict: (report) => [report.conflict ? "yes" : "no"],
};
const ofRows = {
  assertion: (row) => [row.assertion],
  region: (row) => [regionOf(row)],
  site: (row) => ancestors(row.site),
  laterality: (row) => [row.laterality ?? none],
  pattern: (row) => [row.pattern],
  section: (row) => [row.section],
};
const chosen = Object.fromEntries([...Object.keys(ofReports), ...Object.keys(ofRows)].map((name) => [name, new Set()]));
const seen = reports.map((report) => ({
  text: `${report.id}\n${report.title ?? ""}\n${report.text}`.toLowerCase(),
  rows: report.rows.map((row) => Object.entries(ofRows).map(([name, read]) => [name, read(row)])),
}));

const passes = (name, keys) => !chosen[name].size || keys.some((key) => chosen[name].has(key));

/** Give the reports that pass, and for each filter the count of reports by value. */
function applyFilters() {
  const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const counts = Object.fromEntries(Object.keys(chosen).map((name) => [name, new Map()]));
  const add = (name, key) => counts[name].set(key, (counts[name].get(key) ?? 0) + 1);
  const byRows = Object.keys(ofRows).some((name) => chosen[name].size);
  const left = reports.filter((report) => {
    const { text, rows } = seen[report.index];
    if (!words.every((word) => text.includes(word))) return false;
    const views = Object.entries(ofReports).map(([name, read]) => [name, read(report)]);
    const failed = views.filter(([name, keys]) => !passes(name, keys)).map(([name]) => name);
    const found = Object.fromEntries(Object.keys(ofRows).map((name) => [name, new Set()]));
    let rowPasses = !byRows;
    for (const row of rows) {
      const wrong = row.filter(([name, keys]) => !passes(name, keys));
      if (!wrong.length) rowPasses = true;
      for (const [name, keys] of wrong.length ? (wrong.length === 1 ? wrong : []) : row) {
        for (const key of keys) found[name].add(key);
      }
    }
    for (const [name, keys] of views) {
      if (rowPasses && failed.every((other) => other === name)) keys.forEach((key) => add(name, key));
    }
    if (!failed.length) for (const [name, keys] of Object.entries(found)) keys.forEach((key) => add(name, key));
    return rowPasses && !failed.length;
  });
  return { left, counts };
}

let listed = reports;

function showFilters() {
  const { left, counts } = applyFilters();
  const same = left.length === listed.length && left.every((report, number) => report === listed[number]);
  listed = left;
  for (const box of document.querySelectorAll("#filters input[type=checkbox]")) {
    const count = counts[box.name].get(box.value) ?? 0;
    box.checked = chosen[box.name].has(box.value);
    const option = box.closest("label");
    option.querySelector(".count").textContent = count.toLocaleString("en");
    option.classList.toggle("empty", !count && !box.checked);
  }
  const most = Math.max(1, ...counts.region.values());
  for (const region of document.querySelectorAll("#map .region")) {
    const count = counts.region.get(region.dataset.region) ?? 0;
    region.setAttribute("aria-pressed", chosen.region.has(region.dataset.region));
    region.setAttribute("aria-label", `${spell(region.dataset.region)}, ${plural(count, "report")}`);
    region.style.setProperty("--share", count ? (0.25 + (0.75 * count) / most).toFixed(2) : 0);
  }
  showChosen();
  if (!same || !laidOut) showList();
}

function nameValue(name, value) {
  if (name === "site" && value in data.sites) return data.sites[value][0];
  if (name === "conflict") return value === "yes" ? "sections disagree" : "sections agree";
  return value === none ? `no ${name === "laterality" ? "side" : name}` : spell(value);
}

function showChosen() {
  const chips = Object.entries(chosen).flatMap(([name, values]) => [...values].map((value) => {
    const words = nameValue(name, value);
    const remove = () => { values.delete(value); showFilters(); $("count").focus(); };
    return make("button", { type: "button", class: "chip", "aria-label": `Remove filter ${words}`, onclick: remove }, `${words} ×`);
  }));
  $("chosen").replaceChildren(...chips);
  $("clear").hidden = !chips.length && !$("search").value;
}

function toggleFilter(name, value) {
  if (!chosen[name].delete(value)) chosen[name].add(value);
  showFilters();
}

function clearFilters() {
  for (const values of Object.values(chosen)) values.clear();
  $("search").value = "";
  showFilters();
}

const items = new Map();
const symbols = { present: "●", possible: "◐", absent: "○", hypothetical: "?", historical: "↺", not_mentioned: "–", error: "!" };

/** Say in a line where a report has edema. */
function tellSites(report) {
  if (report.reason) return report.reason;
  const names = report.rows
    .filter((row) => row.site && ["present", "possible"].includes(row.assertion))
    .map((row) => data.sites[row.site][0]);
  return [...new Set(names)].join(", ");
}

function makeItem(report) {
  const state = make("span", { class: "state" });
  const button = make(
    "button",
    { type: "button", onclick: () => openReport(report) },
    make("span", { class: "id" }, report.id),
    state,
    data.blind ? null : make("span", { class: `status is-${report.status}` }, make("span", { "aria-hidden": "true" }, symbols[report.status]), ` ${spell(report.status)}`),
    make("span", { class: "where" }, data.blind ? (report.title ?? "") : tellSites(report)),
  );
  return { item: make("li", {}, button), button, state };
}

function itemOf(report) {
  if (!items.has(report.row)) {
    items.set(report.row, makeItem(report));
    showState(report);
  }
  return items.get(report.row);
}

function showState(report) {
  const { state, button } = itemOf(report);
  const done = workOf(report);
  state.textContent = done.done ? "✓ done" : isTouched(done) ? "… begun" : "";
  button.classList.toggle("done", done.done);
}

// Of a long list only the beginning is laid out, and more of it as it is scrolled: else each filter would wait for that.
const PART = 150;
let laidOut = 0;

function layOut(count) {
  if (count <= laidOut) return;
  const until = Math.min(listed.length, Math.ceil(count / PART) * PART);
  $("reports").append(...listed.slice(laidOut, until).map((report) => itemOf(report).item));
  laidOut = until;
}

function showList() {
  laidOut = 0;
  $("reports").replaceChildren();
  layOut(Math.max(PART, current ? listed.indexOf(current) + 1 : 0));
  $("count").textContent = listed.length === reports.length
    ? plural(reports.length, "report")
    : `${listed.length.toLocaleString("en")} of ${plural(reports.length, "report")}`;
  $("nothing").hidden = listed.length > 0;
  if (current) showPosition();
}

function startFilters() {
  $("list").addEventListener("scroll", () => {
    const { scrollTop, clientHeight, scrollHeight } = $("list");
    if (scrollTop + 2 * clientHeight > scrollHeight) layOut(laidOut + 1);
  });
  let waiting = 0;
  $("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(showFilters, 80); });
  $("clear").addEventListener("click", () => { clearFilters(); $("search").focus(); });
  $("filters").addEventListener("change", (event) => {
    if (event.target.type === "checkbox") toggleFilter(event.target.name, event.target.value);
  });
  startMap();
}

/** The map is one stop of the Tab key; arrow keys go from region to region. */
function startMap() {
  const regions = [...document.querySelectorAll("#map .region")];
  regions.forEach((region, at) => {
    region.setAttribute("tabindex", at ? -1 : 0);
    region.addEventListener("click", () => toggleFilter("region", region.dataset.region));
    region.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      if (step) {
        const next = regions[(at + step + regions.length) % regions.length];
        regions.forEach((other) => other.setAttribute("tabindex", other === next ? 0 : -1));
        next.focus();
      } else if (event.key === "Enter" || event.key === " ") {
        toggleFilter("region", region.dataset.region);
      } else {
        return;
      }
      event.preventDefault();
    });
    const box = document.querySelector(`#filters input[name=region][value="${region.dataset.region}"]`);
    const light = (on) => () => { region.classList.toggle("lit", on); box?.closest("label").classList.toggle("lit", on); };
    for (const element of [region, box?.closest("label")]) {
      element?.addEventListener("pointerenter", light(true));
      element?.addEventListener("pointerleave", light(false));
    }
  });
}
