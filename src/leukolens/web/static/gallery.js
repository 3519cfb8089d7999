// The gallery: moving among cells and calling them by keyboard, mouse or touch; signing.
import { send, told } from "./common.js";
import * as store from "./cells.js";
import { isOpen, open, refreshOpen, close } from "./large.js";

const { data, cells, translated } = store;
const tiles = [...document.querySelectorAll(".cell")];
const tileOf = new Map(tiles.map((tile) => [+tile.dataset.cell, tile]));
const VERDICTS = { 1: "ALL", 2: "HEM", 3: "other kind", 4: "not assessable", 5: "not a cell" };
const done = []; // cells in the order in which this reader changed them: what u takes back
let current = null;

const shown = () => tiles.filter((tile) => !tile.hidden);
const read = (cell) => Boolean(cell.word.verdict);
const differs = (cell) => read(cell) && ["ALL", "HEM"].includes(cell.verdict) && cell.word.verdict !== cell.verdict;

function draw(id) {
  const cell = cells.get(id);
  const tile = tileOf.get(id);
  const group = cell.word.verdict || (["ALL", "HEM", "uncertain"].includes(cell.verdict) ? cell.verdict : "not judged");
  const classes = { "is-read": read(cell), "is-differ": differs(cell), "is-waiting": cell.waiting > 0, "is-trouble": cell.trouble };
  tile.className = `cell group-${group.replace(" ", "-").toLowerCase()}`;
  for (const [name, on] of Object.entries(classes)) tile.classList.toggle(name, Boolean(on));
  const word = read(cell) ? translated(cell.word.verdict) : "–";
  tile.querySelector(".reader").textContent = read(cell) ? `${data.symbols[cell.word.verdict]} ${word}` : word;
  tile.querySelector(".marker").hidden = !cell.word.note;
  const software = translated(cell.verdict ?? "not judged") + (cell.p_all === null ? "" : ` ${cell.p_all.toFixed(2)}`);
  const name = cell.number === null ? cell.path : `${cell.path} ${cell.number}`;
  tile.setAttribute("aria-label", `${name}. ${translated("software")}: ${software}. ${translated("reader")}: ${word}`);
  refreshOpen(id);
}

function go(tile, { focus = true, scroll = true } = {}) {
  if (!tile) return;
  current?.removeAttribute("aria-current");
  if (current) current.tabIndex = -1;
  current = tile;
  current.tabIndex = 0;
  current.setAttribute("aria-current", "true");
  if (isOpen()) open(+tile.dataset.cell, data.write);
  else if (focus) tile.focus({ preventScroll: true });
  if (scroll) tile.scrollIntoView({ block: "nearest" });
}

function beside(tile, key) {
  const all = shown();
  const place = all.indexOf(tile);
  if (key === "ArrowRight") return all[place + 1];
  if (key === "ArrowLeft") return all[place - 1];
  const { left, top } = tile.getBoundingClientRect();
  const down = key === "ArrowDown";
  const rows = (down ? all.slice(place + 1) : all.slice(0, Math.max(place, 0)).reverse()).map((one) => [one, one.getBoundingClientRect()]);
  const row = rows.find(([, box]) => (down ? box.top > top + 4 : box.top < top - 4))?.[1].top;
  const inRow = rows.filter(([, box]) => Math.abs(box.top - row) < 4);
  inRow.sort((one, other) => Math.abs(one[1].left - left) - Math.abs(other[1].left - left));
  return inRow[0]?.[0];
}

function nextUnread(tile) {
  const all = shown();
  const place = all.indexOf(tile);
  return [...all.slice(place + 1), ...all.slice(0, Math.max(place, 0))].find((one) => !read(cells.get(+one.dataset.cell)) && !cells.get(+one.dataset.cell).waiting);
}

function call(verdict) {
  if (!data.write || !current) return;
  const tile = current;
  const id = +tile.dataset.cell;
  done.push(id);
  store.say(id, "review", { verdict }).then((kept) => !kept && done.splice(done.lastIndexOf(id), 1));
  announce(`${translated(verdict)}`);
  go(nextUnread(tile) ?? tile);
}

async function undo() {
  if (!data.write) return;
  const id = done.pop() ?? (current ? +current.dataset.cell : null);
  if (id === null) return;
  go(tileOf.get(id));
  await store.say(id, "undo", {});
  announce(translated("undone"));
}

function act(key) {
  if (VERDICTS[key]) call(VERDICTS[key]);
  else if (key === "u") undo();
  else if (key === " " && isOpen()) close();
  else if (key === " " || key === "n") current && open(+current.dataset.cell, data.write, { note: key === "n" });
  else if (key.startsWith("Arrow")) go(current ? beside(current, key) : shown()[0]);
  else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  const pressed = event.target.closest("button:not(.cell), a, summary") && [" ", "Enter"].includes(event.key);
  if (typing || pressed || event.ctrlKey || event.metaKey || event.altKey || !tiles.length) return;
  if (act(event.key)) event.preventDefault();
});
for (const tile of tiles) {
  tile.addEventListener("focus", () => tile !== current && go(tile, { focus: false }));
  tile.addEventListener("click", () => (go(tile), open(+tile.dataset.cell, data.write)));
}
for (const button of document.querySelectorAll("[data-verdict]")) {
  button.addEventListener("click", () => (button.dataset.verdict === "undo" ? undo() : call(button.dataset.verdict)));
}
document.getElementById("large").addEventListener("close", () => current?.focus());
document.getElementById("note").addEventListener("submit", (event) => {
  event.preventDefault();
  const id = +current.dataset.cell;
  done.push(id);
  store.say(id, "review", { note: event.target.elements.note.value });
  close();
});

// what is shown

const announce = (text) => (document.getElementById("said").textContent = text);
const FILTERS = { all: () => true, unread: (cell) => !read(cell), differ: differs };
for (const button of document.querySelectorAll("[data-show]")) {
  button.addEventListener("click", () => {
    for (const other of document.querySelectorAll("[data-show]")) other.setAttribute("aria-pressed", other === button);
    for (const tile of tiles) tile.hidden = !FILTERS[button.dataset.show](cells.get(+tile.dataset.cell));
    go(shown()[0], { focus: false });
  });
}

const percent = (share) => `${Math.round(100 * share)}\u00a0%`;
store.changed.addEventListener("cell", ({ detail }) => draw(detail));
store.changed.addEventListener("trouble", ({ detail }) => {
  const place = document.getElementById("trouble");
  place.textContent = detail;
  place.hidden = false;
});
store.changed.addEventListener("strange", () => {
  data.write = false; // what was added is not on this page: none of it may be signed unseen
  const again = Object.assign(document.createElement("a"), { href: location.href, textContent: translated("Load the page again") });
  again.addEventListener("click", (event) => (event.preventDefault(), location.reload()));
  document.getElementById("trouble").replaceChildren(translated("Another reader added a cell."), " ", again);
  document.getElementById("trouble").hidden = false;
});
store.changed.addEventListener("patient", ({ detail: now }) => {
  const put = (id, text) => (document.getElementById(id).textContent = text);
  for (const place of document.querySelectorAll("[data-group]")) place.textContent = now.counts[place.dataset.group];
  put("share", now.share ? percent(now.share.share) : "–");
  put("interval", now.share ? `${percent(now.share.low)} – ${percent(now.share.high)}` : "–");
  put("counted", now.counts.ALL + now.counts.HEM);
  put("read", now.read);
  put("differ", now.differ);
  document.getElementById("progress").value = now.read;
  const unread = document.getElementById("unread");
  if (unread) {
    unread.textContent = now.cells - now.read;
    document.getElementById("reason").hidden = now.read === now.cells;
  }
  const state = document.getElementById("state");
  state.textContent = translated(now.state);
  state.className = `chip state-${now.state.replace(" ", "-")}`;
  if (now.state === "signed" && data.state !== "signed") location.reload();
});

// signing

async function setPassword(form) {
  if (!("new" in form.elements.password.dataset)) return true;
  if (form.elements.password.value !== form.elements.again.value) return complain(form, translated("The two passwords differ"));
  const body = new FormData();
  body.append("password", form.elements.password.value);
  const answer = await send("/password", body);
  if (!answer.ok) return complain(form, told(answer.found, translated));
  delete form.elements.password.dataset.new;
  return true;
}

function complain(form, text) {
  const place = form.querySelector(".warning");
  place.textContent = text;
  place.hidden = false;
  return false;
}

document.getElementById("sign")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  await store.settled();
  if (!data.write) return complain(form, translated("Load the page again"));
  if (!(await setPassword(form))) return;
  const { role, meaning, reason, password } = Object.fromEntries(new FormData(form));
  const answer = await store.sign({ role, meaning, reason, password });
  if (answer.ok) location.reload();
  else complain(form, told(answer.found, translated));
});
document.getElementById("amend")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await store.amend({ reason: event.target.elements.reason.value });
  if (answer.ok) location.assign(`/cases/${answer.found.case}/patients/${answer.found.patient}`);
  else complain(event.target, told(answer.found, translated));
});
document.getElementById("print").addEventListener("click", () => print());

for (const id of cells.keys()) draw(id);
const asked = () => tileOf.get(+location.hash.slice(1));
go(asked() ?? tiles[0], { scroll: Boolean(asked()) }); // the patient's own card stays in sight
addEventListener("hashchange", () => go(asked()));
setInterval(() => document.visibilityState === "visible" && store.refresh(), 2000);
