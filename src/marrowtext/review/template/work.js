// Work: what the reader decided. Kept in this browser under the hash of the inputs; no words of a report are in it.

const data = JSON.parse($("data").textContent);
const storageKey = `marrowtext-review:${data.key}`;
const fields = data.fields;

/** Give the values of a row of the table by name. */
const readRow = (cells) => Object.fromEntries(data.rowFields.map((name, at) => [name, cells[at]]));

/** The values of a row that a reader may change: all but what the program alone writes. */
function goldValues(row) {
  const values = { start: row.start, end: row.end };
  for (const field of fields) values[field.name] = row[field.name];
  return values;
}

function makeRow([cells, rules, evidence]) {
  const row = { ...readRow(cells), rules, evidence };
  return { ...row, values: goldValues(row) };
}

const reports = data.reports.map((report, index) => ({
  ...report,
  index,
  marks: (report.marks ?? []).map(([start, end, kind, rule]) => ({ start, end, kind, rule })),
  rows: (report.rows ?? []).map(makeRow),
}));
const byRow = new Map(reports.map((report) => [report.row, report]));

const freshWork = () => ({ done: false, note: "", findings: {}, added: [] });
const work = new Map();
// The work on reports that this page, being of a sample, does not hold: as it was kept, for the page that holds them.
let elsewhere = new Map();
// Whether the work has changed since it was exported, and whether since the browser kept it.
let unexported = false;
let unkept = false;
let refused = false;

const workOf = (report) => work.get(report.row) ?? freshWork();
const decisionOf = (report, row) => workOf(report).findings[row.finding] ?? {};
const isTouched = (done) =>
  done.done || done.note || done.added.length || Object.values(done.findings).some((one) => one.decision || one.note);
const openRows = (report) => report.rows.filter((row) => !decisionOf(report, row).decision);

/** Change the work on a report, keep it, and show what follows from it. */
function change(report, edit, show = showWork) {
  const changed = structuredClone(workOf(report));
  edit(changed);
  if (changed.done && report.rows.some((row) => !changed.findings[row.finding]?.decision)) changed.done = false;
  work.set(report.row, changed);
  unexported = true;
  unkept = true;
  keepSoon();
  show(report);
}

let keeping = 0;
function keepSoon() {
  clearTimeout(keeping);
  keeping = setTimeout(keep, 250);
}

function keep() {
  clearTimeout(keeping);
  if (!unkept || refused) return;
  recallElsewhere();
  store();
}

function store() {
  try {
    localStorage.setItem(storageKey, JSON.stringify({ unexported, reports: listWork() }));
    unkept = false;
  } catch {
    refuse();
  }
}

const listElsewhere = (list) => list.filter((one) => !byRow.has(one.row)).map((one) => [one.row, one]);

/** Take up what another page of the same inputs has kept by now, so that this one does not write over it. */
function recallElsewhere() {
  try {
    const kept = localStorage.getItem(storageKey);
    if (kept) elsewhere = new Map(listElsewhere(JSON.parse(kept).reports));
  } catch (error) {
    if (error instanceof DOMException) refuse();
  }
}

function refuse() {
  refused = true;
  warn("This browser does not keep the work on this page. Export it before you close the page, and load it next time.");
}

function listWork() {
  const here = [...work].filter(([, done]) => isTouched(done)).map(([row, done]) => ({
    row,
    report_id: byRow.get(row).id,
    done: done.done,
    note: done.note,
    findings: Object.entries(done.findings)
      .filter(([, one]) => one.decision || one.note)
      .map(([finding, one]) => ({
        finding: Number(finding),
        decision: one.decision ?? null,
        values: one.decision === "corrected" ? one.values : null,
        note: one.note ?? "",
      })),
    added: done.added.map(({ values, note }) => ({ values, note: note ?? "" })),
  }));
  return [...here, ...elsewhere.values()].sort((a, b) => a.row - b.row);
}

/**
 * Take up work from a list as `listWork` gives it. That on reports of this page takes the place of what is there; that on
 * others is added where none is kept. Throws where it does not fit the page, before anything is changed.
 */
function takeWork(list) {
  const taken = new Map();
  const others = new Map(listElsewhere(list));
  for (const { row, report_id: id } of others.values()) {
    if (!Number.isInteger(row)) throw new Error(`report ${id} is not of these reports`);
  }
  for (const one of list) {
    if (others.has(one.row)) continue;
    const report = byRow.get(one.row);
    const where = `report ${one.report_id}`;
    if (report.id !== one.report_id) throw new Error(`${where} is not on this page`);
    const findings = {};
    for (const { finding, decision, values, note } of one.findings) {
      if (!report.rows.some((row) => row.finding === finding)) throw new Error(`${where} has no finding ${finding}`);
      if (decision !== null && !["accepted", "rejected", "corrected"].includes(decision)) {
        throw new Error(`${where}: finding ${finding}: unknown decision`);
      }
      if (decision === "corrected") checkValues(`${where}: finding ${finding}`, report, values);
      findings[finding] = { decision: decision ?? undefined, values: values ?? undefined, note };
    }
    for (const { values } of one.added) checkValues(`${where}: added row`, report, values);
    const added = one.added.map(({ values, note }) => ({ id: newId(), values, note }));
    taken.set(one.row, { done: one.done, note: one.note, findings, added });
  }
  work.clear();
  for (const [row, done] of taken) work.set(row, done);
  elsewhere = new Map([...others, ...elsewhere]);
}

let lastId = 0;
const newId = () => `added-${(lastId += 1)}`;

function checkValues(where, report, values) {
  const { length } = measure(report.text);
  if (!(Number.isInteger(values.start) && values.start >= 0 && values.start < values.end && values.end <= length)) {
    throw new Error(`${where}: the words are not in the report`);
  }
  const [[name, problem] = []] = listProblems(values);
  if (problem) throw new Error(`${where}: ${spell(name)} ${problem}`);
}

/** List what is wrong with the values of a row: name and problem of each column, as `--import` sees it too. */
function listProblems(values) {
  const problems = fields.map((field) => [field.name, findProblem(field, values[field.name])]);
  const numbered = data.numbered.includes(values.site);
  if (values.level && /^\d+$/.test(values.level) !== numbered) {
    problems.push(["level", numbered ? "must be the number of the bone, as its site is numbered" : "must be a vertebra: its site has no numbers"]);
  }
  if ((values.pattern === "unspecified") !== (values.pattern_assertion === null)) {
    problems.push(["pattern_assertion", "must be present or possible where there is a pattern, and none where there is none"]);
  }
  return problems.filter(([, problem]) => problem);
}

/** Say what is wrong with a value; nothing where it is right. */
function findProblem(field, value) {
  if (value === undefined) return "is missing";
  if (value === null) return field.nullable ? "" : "is needed";
  if (field.values.length && !field.values.includes(value)) return "is none of its values";
  if (field.name === "site" && !Object.hasOwn(data.sites, value)) return "is not in the list of sites";
  if (field.type === "float" && !(typeof value === "number" && value > 0 && Number.isFinite(value))) {
    return "is no number above 0";
  }
  if (field.type === "bool" && typeof value !== "boolean") return "is not yes or no";
  if (field.type === "string" && (typeof value !== "string" || !value || value !== oneLine(value))) return "is not words with single spaces";
  if (field.pattern && !new RegExp(`^(?:${field.pattern})$`).test(value)) return `must be ${field.form}`;
  return "";
}

function startWork() {
  try {
    const kept = localStorage.getItem(storageKey);
    if (kept) {
      const { reports: list, unexported: changed = true } = JSON.parse(kept);
      takeWork(list);
      unexported = changed;
    }
  } catch (error) {
    if (error instanceof DOMException) refuse();
    else warn("The work that this browser kept cannot be read any more. Load an exported file to go on with it.");
  }
  addEventListener("pagehide", keep);
  addEventListener("visibilitychange", keep);
  addEventListener("storage", (event) => {
    if (event.key === storageKey) warn("This page is open a second time, and the work was changed there. Reload before you go on.");
  });
  addEventListener("beforeunload", (event) => { if ((refused && unexported) || isUnsaved()) event.preventDefault(); });
}

function exportWork() {
  const { format, version, key, blind, sources, columns, marrowtext, rules } = data;
  const head = { format, version, key, blind, sources, columns, marrowtext, rules, exported: new Date().toISOString() };
  recallElsewhere();
  const content = JSON.stringify({ ...head, reports: listWork() }, null, 1);
  const address = URL.createObjectURL(new Blob([content], { type: "application/json" }));
  const stem = sources.findings.split(/[\\/]/).pop().replace(/\.[^.]*$/, "");
  make("a", { href: address, download: `${stem}.review.json` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
  unexported = false;
  if (!refused) store();
  say("The work is exported.");
  showProgress();
}

async function loadWork(file) {
  try {
    const loaded = JSON.parse(await file.text());
    if (loaded.format !== data.format) throw new Error("it is not the work of a review");
    if (loaded.version !== data.version) throw new Error("it is of another version of marrowtext");
    if (loaded.key !== data.key) throw new Error("it is of other findings or reports than this page");
    if (!leaveForm()) return;
    const touched = [...work.values()].some(isTouched);
    if (touched && !confirm("Loading the file replaces the work on this page. Go on?")) return;
    recallElsewhere();
    takeWork(loaded.reports);
    warn("");
    unexported = false;
    store();
    showAll();
    say(`Loaded the work on ${plural(loaded.reports.length, "report")}.`);
  } catch (error) {
    const why = error instanceof SyntaxError ? "it is not JSON" : error instanceof TypeError ? "parts are missing" : error.message;
    warn(`${file.name} is not loaded: ${why}.`);
  }
}
