// The rows beside the report: accepted, rejected, corrected, added.

let at = 0;
// The row whose form is open, the form, and whether it holds edits that are not saved.
let editing = null;
// The row whose note is open, though nothing is written in it yet.
let noting = null;
// A row that the reader adds and has not saved yet; it is no part of the work.
let draft = null;

const cards = () => [...$("cards").children];
const entryOf = (key) => entriesOf(current).find((entry) => entry.key === key);
const told = new Set(["concept", "assertion", "site", "laterality", "section"]);

function tellValue(name, value) {
  if (value === null || value === undefined) return "none";
  if (name === "site") return data.sites[value][0];
  return typeof value === "boolean" ? (value ? "yes" : "no") : spell(value);
}

/** Say what a correction changed. */
function listChanges(entry) {
  const before = entry.row.values;
  const names = fields.map((field) => field.name).filter((name) => before[name] !== entry.values[name]);
  const lines = names.map((name) => [name, tellValue(name, before[name]), tellValue(name, entry.values[name])]);
  if (before.start !== entry.values.start || before.end !== entry.values.end) {
    lines.unshift(["words", oneLine(wordsAt(before.start, before.end)), oneLine(wordsAt(entry.values.start, entry.values.end))]);
  }
  return lines;
}

function makeCard(entry) {
  const { key, label, row, values, decision, note } = entry;
  const words = oneLine(wordsAt(values.start, values.end));
  const details = fields
    .filter(({ name }) => !told.has(name) && values[name] !== null && values[name] !== false && values[name] !== "unspecified")
    .map(({ name }) => make("div", {}, make("dt", {}, spell(name)), make("dd", {}, tellValue(name, values[name]))));
  const changes = decision === "corrected" ? listChanges(entry) : [];
  const act = (name, text, key, pressed = null) => make("button", {
    type: "button", class: `act act-${name}`, "data-focus": `${entry.key}:${name}`, "aria-pressed": pressed, "aria-keyshortcuts": key, onclick: () => acts[name](entry.key),
  }, text);
  return make(
    "li",
    { class: `card ${decision ?? "undecided"}`, tabindex: -1, "data-key": key, "aria-label": `Row ${label}: ${words}, ${decision ?? "not decided"}` },
    make("div", { class: "head" },
      make("span", { class: "number" }, label),
      make("q", {}, words),
      make("span", { class: `status is-${values.assertion}` }, make("span", { "aria-hidden": "true" }, symbols[values.assertion]), ` ${values.assertion}`),
      make("span", { class: "decision" }, decision ?? "not decided")),
    make("p", { class: "gist" }, make("b", {}, values.site ? data.sites[values.site][0] : "no site"), ...[values.laterality, values.concept, values.section].filter(Boolean).map((part) => ` · ${spell(part)}`)),
    details.length ? make("dl", {}, ...details) : null,
    changes.length ? make("ul", { class: "changes" }, ...changes.map(([name, from, to]) => make("li", {}, `${spell(name)}: `, make("del", {}, from), " → ", make("ins", {}, to)))) : null,
    row?.rules.length ? makeReasons(row) : null,
    editing?.key === key ? (editing.form ??= makeForm(entry)) : make("div", { class: "acts" },
      row ? act("accept", decision === "accepted" ? "✓ Accepted" : "Accept", "a", decision === "accepted") : act("remove", "Remove", "x"),
      row ? act("reject", decision === "rejected" ? "✕ Rejected" : "Reject", "x", decision === "rejected") : null,
      act("correct", decision === "corrected" ? "✎ Corrected" : "Correct", "e"),
      act("copy", "Copy", "c"),
      act("note", "Note", "o")),
    note || noting === key ? makeNote(entry) : null,
  );
}

function makeReasons(row) {
  const items = row.rules.map((rule) => {
    const marks = row.evidence.map((mark) => current.marks[mark]).filter((mark) => mark.rule === rule);
    const words = [...new Set(marks.map((mark) => `“${oneLine(wordsAt(mark.start, mark.end))}”`))].join(", ");
    return make("li", {}, make("code", {}, data.ruleNames[rule][0]), words ? ` ${words}` : "");
  });
  return make("details", { class: "why" }, make("summary", {}, `Why: ${plural(row.rules.length, "rule")}`), make("ul", {}, ...items));
}

function makeNote({ key, label, note }) {
  const write = (show) => () => edit(key, (one) => { one.note = area.value.trim(); }, show);
  const area = make("textarea", { rows: 2, "aria-label": `Note on row ${label}`, placeholder: "Note on this row", "data-focus": `${key}:area`, oninput: write(showNoted), onchange: write(showWork) });
  area.value = note ?? "";
  return area;
}

/** Change what the reader said of one row. */
function edit(key, how, show = showWork) {
  const { row } = entryOf(key);
  change(current, (done) => {
    how(row ? (done.findings[row.finding] ??= {}) : done.added.find((one) => one.id === key));
  }, show);
}

function decide(key, decision) {
  const entry = entryOf(key);
  const taken = entry.decision === decision;
  edit(key, (one) => {
    one.decision = taken ? undefined : decision;
    delete one.values;
  });
  say(`Row ${entry.label} ${taken ? "is open again" : decision}.`);
}

const acts = {
  accept: (key) => decide(key, "accepted"),
  reject: (key) => decide(key, "rejected"),
  remove(key) {
    const { label } = entryOf(key);
    if (editing?.key === key) editing = null;
    if (draft?.id === key) dropDraft();
    else change(current, (done) => { done.added = done.added.filter((one) => one.id !== key); });
    say(`Row ${label} removed.`);
  },
  correct(key) {
    if (editing?.key !== key && !leaveForm()) return;
    editing ??= { key, form: null, edited: false };
    showRows();
    editing.form.querySelector("select, input").focus();
  },
  copy: (key) => addRow(entryOf(key).values),
  note(key) {
    noting = key;
    showRows();
    document.querySelector(`[data-focus="${key}:area"]`).focus();
  },
};

/** Close the form that is open. Where it holds what is not saved, the reader is asked; false where it is to stay. */
function leaveForm() {
  if (!editing) return true;
  const { label } = entryOf(editing.key);
  if (isUnsaved() && !confirm(`Row ${label} is not saved. Drop what you changed in it?`)) {
    acts.correct(editing.key);
    return false;
  }
  editing = null;
  dropDraft();
  return true;
}

const isUnsaved = () => Boolean(editing && (editing.edited || draft));

/** Open the form of a new row; false where the form that is open is to stay. */
function addRow(values) {
  if (!leaveForm()) return false;
  draft = { id: newId(), values: { ...values }, note: "" };
  showText();
  showRows();
  at = cards().length - 1;
  acts.correct(draft.id);
  say("A new row. Save keeps it, Cancel drops it.");
  return true;
}

function dropDraft() {
  draft = null;
  showText();
  showRows();
}

/** Add a row on the selected words; without any, on the first word, for its form to choose others. */
function addMention() {
  if (current.reason || !ruler.length) return say("This report has no text.");
  const { start, end } = picked ?? firstWord();
  const values = { start, end };
  for (const field of fields) values[field.name] = field.nullable ? null : field.type === "bool" ? false : field.values[0];
  Object.assign(values, { section: sectionAt(start), concept: "edema", assertion: "present", pattern: "unspecified" });
  if (addRow(values)) dropPicked();
}

function firstWord() {
  const { index, 0: word } = /\S+/.exec(current.text);
  return { start: ruler.toPoint(index), end: ruler.toPoint(index + word.length) };
}

/** Guess the section of a place by the heading before it. */
function sectionAt(start) {
  const sections = fields.find((field) => field.name === "section").values;
  const heading = current.marks.findLast((mark) => mark.kind === "heading" && mark.start <= start);
  const name = heading ? data.ruleNames[heading.rule][0].split(".").pop() : "";
  return sections.includes(name) ? name : "findings";
}

function siteOptions() {
  const regions = new Map();
  for (const [site, [label, , region]] of Object.entries(data.sites)) {
    regions.set(region, [...(regions.get(region) ?? []), [label, site]]);
  }
  return [...regions].sort().map(([region, sites]) => make("optgroup", { label: spell(region) },
    ...sites.sort().map(([label, site]) => make("option", { value: site }, label))));
}

function makeInput(field, id) {
  const empty = field.nullable ? [make("option", { value: "" }, "none")] : [];
  if (field.name === "site") return make("select", { id, name: field.name }, ...empty, ...siteOptions());
  if (field.values.length) {
    return make("select", { id, name: field.name }, ...empty, ...field.values.map((value) => make("option", { value }, spell(value))));
  }
  if (field.type === "bool") return make("input", { id, name: field.name, type: "checkbox" });
  if (field.type === "float") return make("input", { id, name: field.name, type: "number", min: 0, step: "any" });
  const list = field.name in data.known ? `known-${field.name}` : null;
  return make("input", { id, name: field.name, type: "text", autocomplete: "off", list });
}

/** Find all places of some words in the report, as offsets in code points. */
function findPlaces(words) {
  const found = [];
  const text = current.text.toLowerCase();
  // Lower case of some letters is longer; such a text is searched as it is written.
  const hay = text.length === current.text.length ? text : current.text;
  const needle = hay === text ? words.toLowerCase() : words;
  for (let from = needle ? hay.indexOf(needle) : -1; from >= 0; from = hay.indexOf(needle, from + 1)) {
    found.push({ start: ruler.toPoint(from), end: ruler.toPoint(from + needle.length) });
  }
  return found;
}

function makeForm(entry) {
  const { key, values } = entry;
  let { start, end } = values;
  const id = (name) => `${key}-${name}`;
  const words = make("input", { id: id("words"), type: "text", autocomplete: "off", required: true });
  const which = make("select", { id: id("which"), "aria-label": "Which place in the report" });
  const inputs = new Map(fields.map((field) => [field.name, makeInput(field, id(field.name))]));

  function showPlaces() {
    const places = findPlaces(words.value);
    if (!places.some((place) => place.start === start && place.end === end)) ({ start, end } = places[0] ?? { start: 0, end: 0 });
    words.setCustomValidity(places.length ? "" : "These words are not in the report.");
    which.replaceChildren(...places.map((place, number) => {
      const around = `… ${oneLine(wordsAt(Math.max(0, place.start - 24), place.start))} [${oneLine(wordsAt(place.start, place.end))}] ${oneLine(wordsAt(place.end, Math.min(ruler.length, place.end + 24)))} …`;
      return make("option", { value: number, selected: place.start === start }, `${number + 1} of ${places.length}: ${around}`);
    }));
    which.hidden = places.length < 2;
  }
  which.addEventListener("change", () => { ({ start, end } = findPlaces(words.value)[which.value]); });
  words.addEventListener("input", showPlaces);
  words.value = wordsAt(start, end);
  showPlaces();

  function take() {
    if (!picked) return say("No words of the report are selected.");
    ({ start, end } = picked);
    words.value = wordsAt(start, end);
    showPlaces();
    editing.edited = true;
  }

  for (const [name, input] of inputs) {
    if (input.type === "checkbox") input.checked = values[name];
    else input.value = values[name] ?? "";
  }
  const pattern = inputs.get("pattern");
  const sure = inputs.get("pattern_assertion");
  function showSure() {
    sure.disabled = pattern.value === "unspecified";
    if (sure.disabled) sure.value = "";
    else if (!sure.value) sure.value = "present";
  }
  pattern.addEventListener("change", showSure);
  showSure();

  function read(field) {
    const input = inputs.get(field.name);
    if (field.type === "bool") return input.checked;
    if (input.value.trim() === "") return null;
    if (field.type === "float") return input.valueAsNumber;
    return field.values.length || field.name === "site" ? input.value : oneLine(input.value);
  }

  function save(event) {
    event.preventDefault();
    const now = { start, end, ...Object.fromEntries(fields.map((field) => [field.name, read(field)])) };
    for (const input of inputs.values()) input.setCustomValidity("");
    for (const [name, problem] of listProblems(now)) inputs.get(name).setCustomValidity(`This ${problem}.`);
    if (!form.reportValidity()) return;
    editing = null;
    const before = entry.row && entry.row.values;
    const same = before && Object.keys(before).every((name) => before[name] === now[name]);
    if (draft?.id === key) {
      const added = { ...draft, values: now };
      draft = null;
      change(current, (done) => { done.added.push(added); });
    } else edit(key, (one) => {
      if (entry.row) one.decision = same ? "accepted" : "corrected";
      if (same) delete one.values;
      else one.values = now;
    });
    say(`Row ${entry.label} ${same ? "accepted as it is" : "saved"}.`);
    selectCard(key);
  }
  function cancel() {
    editing = null;
    if (draft?.id === key) dropDraft();
    else showRows();
    selectCard(cards().some((card) => card.dataset.key === key) ? key : cards()[at]?.dataset.key);
  }
  const form = make("form", { "aria-label": `Correct row ${entry.label}`, onsubmit: save, oninput: (event) => { if (event.target !== words) event.target.setCustomValidity(""); } },
    make("div", { class: "field wide" }, make("label", { for: id("words") }, "words"), words, which,
      make("button", { type: "button", onclick: take }, "Take the selected words")),
    ...fields.map((field) => make("div", { class: `field f-${field.name}`, title: field.description }, make("label", { for: id(field.name) }, spell(field.name)), inputs.get(field.name))),
    make("div", { class: "acts wide" }, make("button", { type: "submit", class: "act primary" }, "Save"), make("button", { type: "button", class: "act", onclick: cancel }, "Cancel")));
  form.addEventListener("input", () => { editing.edited = true; });
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") { event.stopPropagation(); cancel(); } });
  return form;
}

// The card of each row as it was made last, and what it was made from.
let made = new Map();
let madeFor = null;

/** Lay out the cards, and make those anew of which anything has changed: a report can have a thousand. */
function layCards(entries) {
  const before = madeFor === current ? made : new Map();
  made = new Map();
  madeFor = current;
  for (const entry of entries) {
    const { key, label, row, values, decision, note } = entry;
    const from = JSON.stringify([label, decision, note, decision === "corrected" || !row ? values : null, noting === key, editing?.key === key]);
    const old = before.get(key);
    // A form is an element of its own, which an older card may have held.
    if (old?.from === from && editing?.key !== key) made.set(key, old);
    else {
      const card = makeCard(entry);
      if (old?.card.querySelector("details")?.open) card.querySelector("details")?.setAttribute("open", "");
      made.set(key, { from, card });
    }
  }
  const wanted = [...made.values()].map(({ card }) => card);
  if (!before.size) return $("cards").replaceChildren(...wanted);
  const kept = new Set(wanted);
  for (const card of cards()) if (!kept.has(card)) card.remove();
  let place = $("cards").firstElementChild;
  for (const card of wanted) {
    if (card === place) place = place.nextElementSibling;
    else $("cards").insertBefore(card, place);
  }
}

/** Mark the card of the row that the reader is at. */
function markCard() {
  $("cards").querySelector(".at")?.classList.remove("at");
  $("cards").children[at]?.classList.add("at");
}

function showRows() {
  const focused = document.activeElement?.dataset?.focus;
  const inside = document.activeElement?.closest?.("#cards .card")?.dataset.key;
  const inForm = editing?.form?.contains(document.activeElement) && document.activeElement;
  const entries = entriesOf(current);
  layCards(entries);
  at = Math.max(0, Math.min(at, entries.length - 1));
  markCard();
  const left = openRows(current).length;
  $("todo").textContent = entries.length ? `${plural(entries.length, "row")}${left ? `, ${left} to decide` : ", all decided"}` : data.blind ? "No rows yet" : "No rows";
  $("accept-rest").hidden = !left;
  const again = focused && document.querySelector(`[data-focus="${focused}"]`);
  const card = cards().find((one) => one.dataset.key === inside);
  if (inForm) inForm.focus({ preventScroll: true });
  else if (again) again.focus({ preventScroll: true });
  else if (inside && !editing) card?.focus({ preventScroll: true });
}

function selectCard(key, { focus = true } = {}) {
  const found = cards().findIndex((card) => card.dataset.key === key);
  if (found < 0) return;
  at = found;
  markCard();
  if (focus) cards()[at].focus();
  cards()[at].scrollIntoView({ block: "nearest" });
  lightEvidence(entryOf(key));
}

function stepRow(direction) {
  const all = cards();
  if (!all.length) return say("This report has no rows.");
  const inside = document.activeElement?.closest?.("#cards .card");
  const next = inside ? Math.max(0, Math.min(at + direction, all.length - 1)) : at;
  selectCard(all[next].dataset.key);
}

/** Do something to the row that the reader is at. After a decision the next open row is the one; one taken back stays. */
function actOnRow(name) {
  const card = cards()[at];
  if (!card) return;
  const entry = entryOf(card.dataset.key);
  const does = !entry.row && name === "reject" ? "remove" : name;
  if (!entry.row && name === "accept") return;
  acts[does](entry.key);
  if (["accept", "reject"].includes(does) && decisionOf(current, entry.row).decision) {
    const open = openRows(current).find((row) => row.finding > entry.row.finding) ?? openRows(current)[0];
    selectCard(open ? `row-${open.finding}` : entry.key);
    if (!open) say("All rows are decided. Press d when the report is done.");
  }
}

function acceptRest() {
  const left = openRows(current);
  if (!left.length) return;
  change(current, (done) => {
    for (const row of left) done.findings[row.finding] = { ...done.findings[row.finding], decision: "accepted" };
  });
  say(`${plural(left.length, "row")} accepted.`);
}

function startRows() {
  $("accept-rest").addEventListener("click", acceptRest);
  $("add").addEventListener("click", addMention);
  const list = $("cards");
  const entryAt = (event) => entryOf(event.target.closest(".card")?.dataset.key);
  list.addEventListener("pointerover", (event) => lightEvidence(entryAt(event)));
  list.addEventListener("pointerleave", () => lightEvidence(null));
  list.addEventListener("focusin", (event) => {
    const key = event.target.closest(".card")?.dataset.key;
    if (key) selectCard(key, { focus: false });
  });
  list.addEventListener("focusout", () => lightEvidence(null));
}
