// The report: its text with all that was matched in it, and what stands behind each mark.

let current = null;
let ruler = null;
let pieces = [];
// The element of each piece, what it looks like by now, the pieces of each mark, and those that are lit.
let drawn = [];
let drawnFor = null;
let piecesOf = new Map();
let lit = [];
let picked = null;

const groups = { mention: "other", site: "site", cue: "cue", side: "side", attribute: "attribute", zone: "attribute", grade: "attribute", cause: "cause" };
const wordsAt = (start, end) => current.text.slice(ruler.toUnit(start), ruler.toUnit(end));

/** Give all rows of a report as they are now: those of the table as decided, then those that the reader added. */
function entriesOf(report) {
  const done = workOf(report);
  const found = report.rows.map((row) => {
    const { decision, values, note } = decisionOf(report, row);
    return { key: `row-${row.finding}`, label: String(row.finding), row, decision, note, values: decision === "corrected" ? values : row.values };
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
  const mentions = new Map();
  for (const span of spans) {
    const place = `${span.start}-${span.end}`;
    if (span.kind === "mention" && !mentions.has(place)) mentions.set(place, span);
  }
  for (const entry of entries) {
    const { start, end } = entry.values;
    const place = `${start}-${end}`;
    if (!mentions.has(place)) {
      mentions.set(place, { start, end, kind: "mention", rule: null, at: null, entries: [] });
      spans.push(mentions.get(place));
    }
    const mention = mentions.get(place);
    mention.group = "mention";
    mention.entries.push(entry);
  }
  const cuts = [...new Set([0, ruler.length, ...spans.flatMap(({ start, end }) => [start, end])])].sort((a, b) => a - b);
  const parts = new Map(cuts.slice(0, -1).map((start, at) => [start, { start, end: cuts[at + 1], spans: [] }]));
  for (const span of spans) {
    for (let part = parts.get(span.start); part && part.start < span.end; part = parts.get(part.end)) part.spans.push(span);
  }
  return [...parts.values()];
}

/** Say what a piece looks like: its classes, and the rows that end with it; nothing where it is plain text. */
function describePiece(piece, used) {
  if (!piece.spans.length) return null;
  const ending = piece.spans.flatMap((span) => (span.end === piece.end ? span.entries : []));
  const about = piece.spans.flatMap((span) => span.entries);
  const rejected = about.length && about.every((entry) => entry.decision === "rejected");
  const names = [...new Set(piece.spans.map((span) => `g-${span.group}`))];
  const idle = !about.length && !piece.spans.some((span) => used.has(span.at));
  return {
    class: ["m", ...names, idle ? "idle" : "", rejected ? "rejected" : ""].filter(Boolean).join(" "),
    rows: ending.length ? ending.map((entry) => entry.label).join(" ") : null,
    bare: names.length === 1 && names[0] === "g-other",
  };
}

/** Show the text. Where it is cut as before, only the pieces that look otherwise are touched: a report can have thousands. */
function showText() {
  const before = pieces;
  pieces = cutText(current, entriesOf(current));
  const used = new Set(current.rows.flatMap((row) => row.evidence));
  const looks = pieces.map((piece) => describePiece(piece, used));
  piecesOf = new Map();
  pieces.forEach((piece, at) => {
    for (const { at: mark } of piece.spans) {
      if (!piecesOf.has(mark)) piecesOf.set(mark, []);
      piecesOf.get(mark).push(at);
    }
  });
  const same = drawnFor === current && before.length === pieces.length
    && pieces.every((piece, at) => piece.start === before[at].start && !looks[at] === !drawn[at].look && looks[at]?.bare === drawn[at].look?.bare);
  if (same) {
    looks.forEach((look, at) => {
      const { element, look: old } = drawn[at];
      if (!look || (look.class === old.class && look.rows === old.rows)) return;
      element.className = lit.includes(element) ? `${look.class} lit` : look.class;
      if (look.rows === null) delete element.dataset.rows;
      else element.dataset.rows = look.rows;
      drawn[at].look = look;
    });
    return;
  }
  const shown = show(current.text);
  let first = true;
  drawn = pieces.map((piece, at) => {
    const words = shown.slice(ruler.toUnit(piece.start), ruler.toUnit(piece.end));
    const look = looks[at];
    if (!look) return { look, element: words };
    const element = make("mark", {
      class: look.class,
      tabindex: look.bare ? null : first ? 0 : -1,
      "data-at": at,
      "data-rows": look.rows,
    }, words);
    first = first && look.bare;
    return { look, element };
  });
  drawnFor = current;
  lit = [];
  $("text").replaceChildren(...drawn.map(({ element }) => element));
}

/** Show which pieces a row rests on. */
function lightEvidence(entry) {
  for (const mark of lit) mark.classList.remove("lit");
  const { start, end } = entry?.values ?? {};
  const own = entry ? pieces.flatMap(({ spans }, at) => (spans.some((span) => span.start === start && span.end === end && span.kind === "mention") ? [at] : [])) : [];
  const resting = (entry?.row?.evidence ?? []).flatMap((mark) => piecesOf.get(mark) ?? []);
  lit = [...new Set([...own, ...resting])].map((at) => drawn[at].element);
  for (const mark of lit) mark.classList.add("lit");
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
  showPrinted();
}

/** Say on paper what was reviewed: the files, the report, and how far the work on it is. */
function showPrinted() {
  const open = openRows(current).length;
  const { findings, reports: input } = data.sources;
  $("printed").textContent = [
    `${findings} against ${input}${data.blind ? ", blind" : ""}`,
    `report ${current.id}, row ${current.row} of ${input}`,
    `${workOf(current).done ? "done" : "not done"}, ${plural(current.rows.length, "row")}, ${open} to decide, ${workOf(current).added.length} added`,
    `marrowtext ${data.marrowtext}, rules ${data.rules}, inputs ${data.key}`,
  ].join(" · ");
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
  // A browser writes the title on each sheet, and takes it for the name of a PDF.
  const title = document.title;
  addEventListener("beforeprint", () => { document.title = `Report ${current.id} - ${title}`; });
  addEventListener("afterprint", () => { document.title = title; });
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
