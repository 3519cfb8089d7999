// A field: choosing cells and calling them, adding one that was missed; by keyboard, mouse or touch.
import { send, told } from "./common.js";
import * as store from "./cells.js";
import { viewOf } from "./view.js";

const { data, cells, translated } = store;
const SVG = "http://www.w3.org/2000/svg";
const VERDICTS = { 1: "ALL", 2: "HEM", 3: "other kind", 4: "not assessable", 5: "not a cell" };
const put = (id) => document.getElementById(id);
const svg = put("field");
const marks = put("marks");
const draftBox = put("draft");
const done = []; // cells in the order in which this reader changed them: what u takes back
let chosen = null;
let draft = null; // {x, y, width, height} of a cell that is being added
let drawing = null; // where its drawing began
let dragged = false;

const view = viewOf(svg, { moved: (unit) => marks.setAttribute("font-size", 13 * unit) });
const groupOf = (cell) => cell.word.verdict || (["ALL", "HEM", "uncertain"].includes(cell.verdict) ? cell.verdict : "not judged");
const slug = (text) => text.replaceAll(" ", "-").toLowerCase();
const boxOf = ({ box: [x, y, right, bottom] }) => ({ x, y, width: right - x, height: bottom - y });

// what is drawn

function made(name, values, text = "") {
  const one = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(values)) one.setAttribute(key, value);
  one.textContent = text;
  return one;
}

function mark(cell) {
  const group = made("g", { "data-cell": cell.id, tabindex: 0, role: "button" });
  group.append(made("polygon", { points: cell.polygon.map((point) => point.join(",")).join(" ") }));
  group.append(made("text", { x: cell.box[0], y: cell.box[1], dy: "-.25em" }));
  group.addEventListener("focus", () => choose(cell.id));
  group.addEventListener("click", () => !dragged && choose(cell.id));
  marks.append(group);
  draw(cell.id);
}

function draw(id) {
  const cell = cells.get(id);
  const place = marks.querySelector(`[data-cell="${id}"]`);
  if (!place) return;
  const group = groupOf(cell);
  place.setAttribute("class", `group-${slug(group)}${cell.word.verdict ? " is-read" : ""}${cell.waiting ? " is-waiting" : ""}${cell.trouble ? " is-trouble" : ""}`);
  place.setAttribute("aria-pressed", id === chosen);
  place.setAttribute("aria-label", `${cell.number}: ${translated(group)}`);
  place.querySelector("text").textContent = `${cell.number} ${data.symbols[group]}`;
  for (const count of document.querySelectorAll("[data-count]")) {
    const number = [...cells.values()].filter((one) => groupOf(one) === count.dataset.count).length;
    count.textContent = number;
    count.parentElement.classList.toggle("none", !number);
  }
  if (id === chosen) panel();
}

function panel() {
  const cell = chosen === null ? null : cells.get(chosen);
  const title = put("chosen");
  const kind = draft ? "draft" : "none";
  title.textContent = draft || !cell ? title.dataset[kind] : `${translated("Cell")} ${cell.number}`;
  put("hint").textContent = draft || !cell ? put("hint").dataset[kind] : "";
  const said = (verdict) => (verdict ? translated(verdict) : "–");
  const facts = draft || !cell ? [] : [
    ["software", cell.kind === "added" ? translated("added by a reader") : said(cell.verdict)], ["p(ALL)", cell.p_all?.toFixed(2)], ["reason", cell.reason],
    ["reader", said(cell.word.verdict)], ["by", cell.word.reader], ["note", cell.word.note], ["area", cell.area_um2 ? `${cell.area_um2.toFixed(1)} µm²` : ""],
  ];
  put("facts").replaceChildren(...facts.filter(([, value]) => value).flatMap(([name, value]) => [
    Object.assign(document.createElement("dt"), { textContent: translated(name) }),
    Object.assign(document.createElement("dd"), { textContent: value }),
  ]));
  for (const button of document.querySelectorAll("[data-verdict]")) {
    const verdict = button.dataset.verdict;
    button.disabled = !data.write || !(draft ? !["undo", "not a cell"].includes(verdict) : cell || verdict === "undo");
    if (verdict !== "undo") button.setAttribute("aria-pressed", !draft && cell?.word.verdict === verdict);
  }
  put("open").hidden = draft || !cell;
  if (cell) put("open").firstElementChild.href = `/cases/${data.case}/patients/${data.patient}#${cell.id}`;
}

function choose(id) {
  if (draft) return;
  const before = chosen;
  chosen = id;
  if (before !== null && before !== id) draw(before);
  draw(id);
  view.reveal(boxOf(cells.get(id)));
}

const announce = (text) => (put("said").textContent = text);
function complain(text) {
  put("trouble").textContent = text;
  put("trouble").hidden = !text;
}

// a cell that was missed

function setDraft(next) {
  draft = next;
  put("add")?.setAttribute("aria-pressed", Boolean(draft));
  svg.classList.toggle("is-adding", Boolean(draft));
  draftBox.setAttribute("visibility", draft ? "visible" : "hidden");
  if (draft) for (const [name, value] of Object.entries(draft)) draftBox.setAttribute(name, value);
  panel();
}

function begin() {
  if (!data.write) return;
  const { x, y, width, height } = view.shown();
  const side = Math.min(width, height) / 8;
  setDraft({ x: x + (width - side) / 2, y: y + (height - side) / 2, width: side, height: side });
  svg.focus();
}

const cancel = () => (setDraft(null), (drawing = null));

function shift(x, y, grow = 1) {
  const step = Math.max(draft.width / 8, 1);
  const width = Math.max(draft.width * grow, 6);
  const height = Math.max(draft.height * grow, 6);
  setDraft({ x: draft.x + x * step - (width - draft.width) / 2, y: draft.y + y * step - (height - draft.height) / 2, width, height });
  view.reveal(draft);
}

async function add(verdict) {
  const given = draft;
  cancel(); // the next one can be begun while this one is on its way
  const within = (place, all) => Math.round(Math.min(Math.max(place, 0), all));
  const { width, height } = view.size;
  const box = [within(given.x, width), within(given.y, height), within(given.x + given.width, width), within(given.y + given.height, height)];
  const answer = await send(`/api/cases/${data.case}/fields/${svg.dataset.id}/cells`, { box, verdict }).catch(() => null);
  if (!answer?.ok) {
    if (!draft) setDraft(given); // to be moved and said again
    return complain(answer ? told(answer.found, translated) : translated("The server does not answer; this is not saved"));
  }
  complain("");
  cells.set(answer.found.id, answer.found);
  done.push(answer.found.id);
  if (!marks.querySelector(`[data-cell="${answer.found.id}"]`)) mark(answer.found); // unless a look was faster
  if (!draft) marks.querySelector(`[data-cell="${answer.found.id}"]`).focus();
  announce(`${translated("added")}: ${translated(verdict)}`);
}

// what a reader does

function call(verdict) {
  if (!data.write) return;
  if (draft) return void (verdict !== "not a cell" && add(verdict));
  if (chosen === null) return;
  const id = chosen;
  done.push(id);
  store.say(id, "review", { verdict }).then((kept) => !kept && done.splice(done.lastIndexOf(id), 1));
  announce(translated(verdict));
}

async function undo() {
  const id = done.pop() ?? chosen;
  if (!data.write || draft || id === null) return;
  choose(id);
  await store.say(id, "undo", {});
  announce(translated("undone"));
}

function outlines() {
  const on = put("outlines").getAttribute("aria-pressed") !== "true";
  put("outlines").setAttribute("aria-pressed", on);
  marks.classList.toggle("is-off", !on);
}

const KEYS = { a: begin, u: undo, o: outlines, 0: view.whole, "+": () => view.zoom(1.5), "-": () => view.zoom(0.667), ArrowLeft: () => view.pan(-0.1, 0), ArrowRight: () => view.pan(0.1, 0), ArrowUp: () => view.pan(0, -0.1), ArrowDown: () => view.pan(0, 0.1) };
const DRAFT = { Escape: cancel, "+": () => shift(0, 0, 1.15), "-": () => shift(0, 0, 1 / 1.15), ArrowLeft: () => shift(-1, 0), ArrowRight: () => shift(1, 0), ArrowUp: () => shift(0, -1), ArrowDown: () => shift(0, 1) };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const pressed = (draft && DRAFT[event.key]) || (VERDICTS[event.key] && (() => call(VERDICTS[event.key]))) || KEYS[event.key];
  if (!pressed) return;
  event.preventDefault();
  pressed();
});

svg.addEventListener("pointerdown", (event) => {
  dragged = false;
  if (draft && event.isPrimary) {
    drawing = view.at(event);
    svg.setPointerCapture(event.pointerId);
  } else view.down(event);
});
svg.addEventListener("pointermove", (event) => {
  if (drawing && event.isPrimary) {
    const now = view.at(event);
    const width = Math.abs(now.x - drawing.x);
    const height = Math.abs(now.y - drawing.y);
    if (width > 2 && height > 2) setDraft({ x: Math.min(now.x, drawing.x), y: Math.min(now.y, drawing.y), width, height });
  } else if (event.buttons && view.move(event) && Math.abs(event.movementX) + Math.abs(event.movementY) > 1) {
    dragged = true;
    if (!svg.hasPointerCapture(event.pointerId)) svg.setPointerCapture(event.pointerId);
  }
});
for (const kind of ["pointerup", "pointercancel", "pointerleave"]) svg.addEventListener(kind, (event) => (view.up(event), (drawing = null)));
for (const button of document.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", () => (+button.dataset.zoom ? view.zoom(+button.dataset.zoom) : view.whole()));
}
for (const button of document.querySelectorAll("[data-verdict]")) {
  button.addEventListener("click", () => (button.dataset.verdict === "undo" ? undo() : call(button.dataset.verdict)));
}
put("outlines").addEventListener("click", outlines);
put("add")?.addEventListener("click", () => (draft ? cancel() : begin()));

// what others do

store.changed.addEventListener("cell", ({ detail }) => draw(detail));
store.changed.addEventListener("trouble", ({ detail }) => complain(detail));
store.changed.addEventListener("strange", async () => {
  const answer = await fetch(`/api/cases/${data.case}/patients/${data.patient}/cells`).catch(() => null);
  if (!answer?.ok) return;
  for (const cell of await answer.json()) {
    if (cell.input_id !== +svg.dataset.id || !cell.box || cells.has(cell.id)) continue;
    const { x, y, width, height } = boxOf(cell);
    if (!cell.polygon.length) cell.polygon = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
    cells.set(cell.id, cell);
    mark(cell);
  }
});
store.changed.addEventListener("patient", ({ detail: now }) => now.state === "signed" && data.state !== "signed" && location.reload());

for (const cell of cells.values()) mark(cell);
view.whole();
panel();
const asked = +location.hash.slice(1);
if (cells.has(asked)) {
  const { x, y, width } = boxOf(cells.get(asked));
  view.zoom(Math.min(view.size.width / (8 * width), 12), { x, y });
  choose(asked);
}
setInterval(() => document.visibilityState === "visible" && store.refresh(), 2000);
