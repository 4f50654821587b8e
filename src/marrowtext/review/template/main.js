// The page as a whole: progress, keys, files, the first report.

function showProgress() {
  const done = reports.filter((report) => workOf(report).done).length;
  const rows = reports.reduce((sum, report) => sum + report.rows.length, 0);
  const open = reports.reduce((sum, report) => sum + openRows(report).length, 0);
  $("progress").max = reports.length;
  $("progress").value = done;
  const parts = [`${done.toLocaleString("en")} of ${plural(reports.length, "report")} done`];
  if (rows) parts.push(`${(rows - open).toLocaleString("en")} of ${plural(rows, "row")} decided`);
  $("progress-text").textContent = parts.join(" · ");
  $("unsaved").textContent = unexported ? "not exported since the last change" : "";
}

/** Show what follows from a change of the work on a report. */
function showWork(report) {
  showState(report);
  showFilters();
  showProgress();
  if (report !== current) return;
  showText();
  showRows();
  showDone();
}

/** Show that a note is being written, and nothing that would take the caret out of it. */
function showNoted(report) {
  showState(report);
  showProgress();
}

function showAll() {
  items.clear();
  showFilters();
  showProgress();
  if (current) openReport(current);
}

function toggleDrawer(open = !document.body.classList.contains("drawer")) {
  document.body.classList.toggle("drawer", open);
  $("drawer").setAttribute("aria-expanded", open);
}

/** Go to the filters or the list; where they are put away, bring them. */
function goTo(id) {
  if (getComputedStyle($("drawer")).display !== "none") toggleDrawer(true);
  $(id).focus();
}

const keys = {
  j: () => stepReport(1),
  k: () => stepReport(-1),
  n: () => stepRow(1),
  p: () => stepRow(-1),
  a: () => actOnRow("accept"),
  A: acceptRest,
  x: () => actOnRow("reject"),
  e: () => actOnRow("correct"),
  c: () => actOnRow("copy"),
  o: () => (cards().length ? actOnRow("note") : $("note").focus()),
  m: addMention,
  d() {
    toggleDone();
    if (workOf(current).done && !editing) stepReport(1);
  },
  "/": () => goTo("search"),
  f: () => goTo("filters"),
  "?": () => $("help").showModal(),
};

function startKeys() {
  const box = $("single-keys");
  try {
    box.checked = localStorage.getItem("marrowtext-review:keys") !== "off";
  } catch {
    box.checked = true;
  }
  box.addEventListener("change", () => {
    try {
      localStorage.setItem("marrowtext-review:keys", box.checked ? "on" : "off");
    } catch {
      refuse();
    }
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      hideTip();
      if (picked) dropPicked();
      toggleDrawer(false);
      return;
    }
    const typing = event.target.closest?.("textarea, select, input:not([type=checkbox]), #cards form");
    if (typing || !box.checked || event.ctrlKey || event.metaKey || event.altKey || $("help").open || !current) return;
    const key = Object.hasOwn(keys, event.key) && keys[event.key];
    if (!key) return;
    event.preventDefault();
    key();
  });
}

startWork();
startFilters();
startReport();
startRows();
startKeys();
$("export").addEventListener("click", exportWork);
$("load").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", async () => {
  const [file] = $("file").files;
  if (file) await loadWork(file);
  $("file").value = "";
});
$("open-help").addEventListener("click", () => $("help").showModal());
$("drawer").addEventListener("click", () => toggleDrawer());
$("close-drawer").addEventListener("click", () => {
  toggleDrawer(false);
  $("drawer").focus();
});
document.querySelector(".desk").addEventListener("click", (event) => {
  if (event.target.closest("#reports button") || !event.target.closest(".side")) toggleDrawer(false);
});
showFilters();
showProgress();
if (reports.length) openReport(reports.find((report) => !workOf(report).done) ?? reports[0]);
document.documentElement.dataset.ready = "true";
