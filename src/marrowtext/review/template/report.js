// The report: its text with all that was matched in it, and what stands behind each mark.

let current = null;
let ruler = null;
let pieces = [];
let picked = null;

const groups = { mention: "other", site: "site", cue: "cue", side: "side", attribute: "attribute", zone: "attribute", grade: "attribute", cause: "cause" };
const wordsAt = (start, end) => current.text.slice(ruler.toUnit(start), ruler.toUnit(end));

/** Give all rows of a report as they are now: those of the table as decided, then those that the reader added. */
function entriesOf(report) {
  const done = workOf(report);
  const found = report.rows.map((row) => {
    const { decision, values, note } = decisionOf(report, row);
    return { key: `row-${row.finding}`, label: String(row.finding), row, decision, note, values: decision === "corrected" ? values : goldValues(row) };
  });
  const added = report === current && draft ? [...done.added, draft] : done.added;
  added.forEach((one, at) => {
    found.push({ key: one.id, label: `+${at + 1}`, row: null, decision: "added", note: one.note, values: one.values });
  });
  return found;
}

/** Cut the text where a mark begins or ends. A piece knows all marks and rows that it is part of. */
function cutText(report, entries) {
  const spans = report.marks.map((mark, at) => ({ ...mark, at, group: groups[mark.kind] ?? "other", entries: [] }));
  for (const entry of entries) {
    const { start, end } = entry.values;
    const mention = spans.find((span) => span.kind === "mention" && span.start === start && span.end === end);
    if (mention) Object.assign(mention, { group: "mention", entries: [...mention.entries, entry] });
    else spans.push({ start, end, kind: "mention", group: "mention", rule: null, at: null, entries: [entry] });
  }
  const cuts = [...new Set([0, ruler.length, ...spans.flatMap(({ start, end }) => [start, end])])].sort((a, b) => a - b);
  return cuts.slice(0, -1).map((start, at) => {
    const end = cuts[at + 1];
    return { start, end, spans: spans.filter((span) => span.start <= start && span.end >= end) };
  });
}

function showText() {
  const entries = entriesOf(current);
  pieces = cutText(current, entries);
  const shown = show(current.text);
  const used = new Set(current.rows.flatMap((row) => row.evidence));
  let first = true;
  $("text").replaceChildren(...pieces.map((piece, at) => {
    const words = shown.slice(ruler.toUnit(piece.start), ruler.toUnit(piece.end));
    if (!piece.spans.length) return words;
    const ending = piece.spans.flatMap((span) => (span.end === piece.end ? span.entries : []));
    const about = piece.spans.flatMap((span) => span.entries);
    const rejected = about.length && about.every((entry) => entry.decision === "rejected");
    const names = [...new Set(piece.spans.map((span) => `g-${span.group}`))];
    const bare = names.length === 1 && names[0] === "g-other";
    const mark = make("mark", {
      class: ["m", ...names, about.length || piece.spans.some((span) => used.has(span.at)) ? "" : "idle", rejected ? "rejected" : ""].filter(Boolean).join(" "),
      tabindex: bare ? null : first ? 0 : -1,
      "data-at": at,
      "data-rows": ending.length ? ending.map((entry) => entry.label).join(" ") : null,
    }, words);
    first = first && bare;
    return mark;
  }));
}

/** Show which pieces a row rests on. */
function lightEvidence(entry) {
  const { start, end } = entry?.values ?? {};
  const evidence = new Set(entry?.row?.evidence);
  for (const mark of $("text").querySelectorAll(".m")) {
    const { spans } = pieces[mark.dataset.at];
    mark.classList.toggle("lit", Boolean(entry) && spans.some((span) => evidence.has(span.at) || (span.start === start && span.end === end && span.kind === "mention")));
  }
}

/** Show which rows rest on a piece. */
function lightRows(piece) {
  const about = new Set(piece ? rowsBehind(piece).map((entry) => entry.key) : []);
  for (const card of $("cards").children) card.classList.toggle("lit", about.has(card.dataset.key));
}

function rowsBehind(piece) {
  const marks = new Set(piece.spans.map((span) => span.at));
  const own = new Set(piece.spans.flatMap((span) => span.entries.map((entry) => entry.key)));
  return entriesOf(current).filter((entry) => own.has(entry.key) || entry.row?.evidence.some((at) => marks.has(at)));
}

function tellRow({ label, values, decision }) {
  const parts = [values.concept, values.assertion, values.site ? data.sites[values.site][0] : "no site", values.level, values.laterality];
  if (values.pattern !== "unspecified") parts.push(values.pattern);
  return `Row ${label}: ${parts.filter(Boolean).map(spell).join(", ")}${decision ? ` (${decision})` : ""}`;
}

function tellPiece(piece) {
  const marks = piece.spans.filter((span) => span.rule !== null).map((span) => {
    const [rule, file] = data.ruleNames[span.rule];
    const words = oneLine(wordsAt(span.start, span.end));
    return make("li", {}, make("b", {}, span.kind), ` “${words}” `, rule ? make("code", {}, rule) : null, file ? make("small", {}, ` ${file}`) : null);
  });
  const rows = rowsBehind(piece).map((entry) => make("li", {}, tellRow(entry)));
  return [marks.length ? make("ul", {}, ...marks) : null, rows.length ? make("ul", { class: "behind" }, ...rows) : null].filter(Boolean);
}

let hiding = 0;
function showTip(mark) {
  clearTimeout(hiding);
  const piece = pieces[mark.dataset.at];
  const tip = $("tip");
  tip.replaceChildren(...tellPiece(piece));
  tip.hidden = false;
  mark.setAttribute("aria-describedby", "tip");
  lightRows(piece);
  const place = mark.getClientRects()[0];
  const { width, height } = tip.getBoundingClientRect();
  const below = place.bottom + height + 8 < innerHeight;
  tip.style.left = `${Math.max(8, Math.min(place.left, innerWidth - width - 8))}px`;
  tip.style.top = `${below ? place.bottom + 4 : Math.max(8, place.top - height - 4)}px`;
}

function hideTip() {
  clearTimeout(hiding);
  $("tip").hidden = true;
  $("text").querySelector("[aria-describedby]")?.removeAttribute("aria-describedby");
  lightRows(null);
}

const hideTipSoon = () => { clearTimeout(hiding); hiding = setTimeout(hideTip, 150); };

/** Give the offsets of what is selected in the report, without white space at its ends; null where nothing is. */
function readSelection() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const text = $("text");
  if (!text.contains(range.startContainer) || !text.contains(range.endContainer)) return null;
  const before = document.createRange();
  before.setStart(text, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const from = before.toString().length;
  const words = range.toString();
  const start = from + words.length - words.trimStart().length;
  const end = from + words.trimEnd().length;
  return start < end ? { start: ruler.toPoint(start), end: ruler.toPoint(end) } : null;
}

function showPicked() {
  $("picked").hidden = !picked;
  if (picked) $("picked-words").textContent = oneLine(wordsAt(picked.start, picked.end));
}

function showPosition() {
  const at = listed.indexOf(current);
  $("position").textContent = at < 0 ? "not in the filtered list" : `${(at + 1).toLocaleString("en")} of ${listed.length.toLocaleString("en")}`;
  $("previous").disabled = !nextReport(-1);
  $("next").disabled = !nextReport(1);
}

function nextReport(direction) {
  return direction > 0
    ? listed.find((report) => report.index > current.index)
    : listed.findLast((report) => report.index < current.index);
}

/** Show a report; false where a form that is not saved is to stay. */
function openReport(report) {
  if (!leaveForm()) return false;
  if (current) itemOf(current).button.removeAttribute("aria-current");
  current = report;
  ruler = measure(report.text);
  picked = null;
  at = 0;
  noting = null;
  hideTip();
  const { button, item } = itemOf(report);
  button.setAttribute("aria-current", "true");
  layOut(listed.indexOf(report) + 1);
  if (item.isConnected) item.scrollIntoView({ block: "nearest" });
  $("report-name").textContent = report.id;
  $("title").textContent = report.title ?? "";
  const state = [];
  if (!data.blind) state.push(make("span", { class: `status is-${report.status}` }, make("span", { "aria-hidden": "true" }, symbols[report.status]), ` ${spell(report.status)}`));
  if (report.conflict) state.push(make("span", { class: "flag" }, "sections disagree"));
  if (report.reason) state.push(make("span", { class: "flag" }, `not read: ${report.reason}`));
  else if (!data.blind && !report.explained) state.push(make("span", { class: "flag" }, "the rules now give other rows: only mentions and patterns of the table are marked"));
  $("facts").replaceChildren(...state);
  showText();
  showPicked();
  showRows();
  showDone();
  showPosition();
  $("report").scrollTop = 0;
  $("rows").scrollTop = 0;
  return true;
}

function stepReport(direction) {
  const next = nextReport(direction);
  if (!next) return say(direction > 0 ? "This is the last report of the list." : "This is the first report of the list.");
  if (!openReport(next)) return;
  $("report-heading").focus({ preventScroll: true });
  say(`Report ${next.id}, ${$("position").textContent}, ${plural(next.rows.length, "row")}`);
}

function showDone() {
  const done = workOf(current);
  $("done").setAttribute("aria-pressed", done.done);
  $("done").textContent = done.done ? "✓ Done" : "Mark as done";
  if (document.activeElement !== $("note")) $("note").value = done.note;
}

function startReport() {
  const text = $("text");
  text.addEventListener("pointerover", (event) => { if (event.target.matches(".m")) showTip(event.target); });
  text.addEventListener("pointerout", hideTipSoon);
  text.addEventListener("focusin", (event) => { if (event.target.matches(".m")) showTip(event.target); });
  text.addEventListener("focusout", hideTipSoon);
  text.addEventListener("click", (event) => {
    const mark = event.target.closest(".m");
    const entry = mark && getSelection().isCollapsed && pieces[mark.dataset.at].spans.flatMap((span) => span.entries)[0];
    if (entry) selectCard(entry.key);
  });
  // The marks are one stop of the Tab key; arrow keys go from mark to mark.
  text.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!step || !event.target.matches(".m") || event.shiftKey) return;
    const marks = [...text.querySelectorAll(".m[tabindex]")];
    const next = marks[marks.indexOf(event.target) + step];
    event.preventDefault();
    if (!next) return;
    event.target.setAttribute("tabindex", -1);
    next.setAttribute("tabindex", 0);
    next.focus();
  });
  $("tip").addEventListener("pointerover", () => clearTimeout(hiding));
  $("tip").addEventListener("pointerout", hideTipSoon);
  $("report").addEventListener("scroll", hideTip);
  document.addEventListener("selectionchange", () => {
    const selected = readSelection();
    const selection = getSelection();
    const dropped = selection.isCollapsed && $("text").contains(selection.anchorNode);
    if (!selected && !dropped) return;
    picked = selected;
    showPicked();
  });
  $("previous").addEventListener("click", () => stepReport(-1));
  $("next").addEventListener("click", () => stepReport(1));
  $("done").addEventListener("click", toggleDone);
  $("add-picked").addEventListener("click", addMention);
  $("drop-picked").addEventListener("click", dropPicked);
  const write = (show) => () => change(current, (done) => { done.note = $("note").value.trim(); }, show);
  $("note").addEventListener("input", write(showNoted));
  $("note").addEventListener("change", write(showWork));
}

function dropPicked() {
  picked = null;
  getSelection().removeAllRanges();
  showPicked();
}

function toggleDone() {
  if (!leaveForm()) return;
  const done = !workOf(current).done;
  const open = openRows(current).length;
  if (done && open) {
    flash("todo");
    say(`${plural(open, "row")} still to be decided.`);
    return;
  }
  change(current, (changed) => { changed.done = done; });
  say(done ? `Report ${current.id} is done.` : `Report ${current.id} is open again.`);
}

/** Draw the eye to an element for a moment. */
function flash(id) {
  $(id).classList.remove("flash");
  requestAnimationFrame(() => $(id).classList.add("flash"));
}
