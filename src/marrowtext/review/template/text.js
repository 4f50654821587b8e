// Text: small elements, words for values, and offsets. Findings count code points, strings of the page UTF-16 units.

const $ = (id) => document.getElementById(id);

/** Make an element. Text reaches it as text nodes, never as markup. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const spell = (value) => String(value).replaceAll("_", " ");
const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const oneLine = (text) => text.replace(/\s+/g, " ").trim();

/** Give the two ways between code points and UTF-16 units of a text. */
function measure(text) {
  const starts = [];
  let unit = 0;
  for (const character of text) {
    starts.push(unit);
    unit += character.length;
  }
  starts.push(unit);
  if (starts.length === text.length + 1) return { length: text.length, toUnit: (point) => point, toPoint: (at) => at };
  const points = new Map(starts.map((at, point) => [at, point]));
  return {
    length: starts.length - 1,
    toUnit: (point) => starts[point],
    // An offset in the middle of a pair belongs to the character that it cuts.
    toPoint: (at) => points.get(at) ?? points.get(at - 1),
  };
}

/** Make control characters visible, and lone carriage returns line ends, without moving an offset. */
function show(text) {
  return text
    .replace(/\r(?!\n)/g, "\n")
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** Say something in the line below the page, to those who see it and those who listen. */
function say(text) {
  $("say").textContent = "";
  requestAnimationFrame(() => { $("say").textContent = text; });
}

function warn(text) {
  $("notice").textContent = text;
  $("notice").hidden = !text;
}
