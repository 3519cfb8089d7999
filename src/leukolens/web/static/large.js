// One cell, large: what the software saw, its evidence, its facts, the note.
import { cells, data, translated } from "./cells.js";

const dialog = document.getElementById("large");
const part = (name) => document.getElementById(`large-${name}`);
let showing = null;

export const isOpen = () => dialog.open;
export const close = () => dialog.close();

function facts(cell) {
  const said = (verdict) => (verdict ? translated(verdict) : "–");
  const listed = [
    ["software", said(cell.verdict)], ["p(ALL)", cell.p_all?.toFixed(4)], ["reason", cell.reason], ["reader", said(cell.word.verdict)],
    ["by", cell.word.reader], ["kind", cell.kind], ["area", cell.area_um2 ? `${cell.area_um2.toFixed(1)} µm²` : ""],
    ["file", cell.path.split(/[\\/]/).length > 1 ? cell.path : ""], ["hue", cell.hue === null ? "" : `${cell.hue.toFixed(1)}°`], ["model", cell.model_id],
  ];
  return listed.filter(([, value]) => value).flatMap(([name, value]) => [
    Object.assign(document.createElement("dt"), { textContent: translated(name) }),
    Object.assign(document.createElement("dd"), { textContent: value }),
  ]);
}

function fill(cell) {
  const file = cell.path.split(/[\\/]/).pop();
  part("title").textContent = cell.number === null ? file : `${file}, ${cell.number}`;
  document.getElementById("facts").replaceChildren(...facts(cell));
  for (const button of dialog.querySelectorAll("[data-verdict]")) {
    if (button.dataset.verdict !== "undo") button.setAttribute("aria-pressed", button.dataset.verdict === cell.word.verdict);
  }
}

function field(cell) {
  const place = document.getElementById("field");
  place.replaceChildren();
  part("around-figure").hidden = !cell.box;
  if (!cell.box) return;
  part("around").src = `/cases/${data.case}/cells/${cell.id}/around.jpg`;
  part("around").onerror = () => (part("around-figure").hidden = true);
  place.append(Object.assign(document.createElement("a"), { href: `/cases/${data.case}/fields/${cell.input_id}#${cell.id}`, textContent: translated("See it in its field") }));
}

export function open(id, write, { note = false } = {}) {
  const cell = cells.get(id);
  showing = id;
  const address = `/cases/${data.case}/cells/${id}`;
  for (const name of ["picture", "under", "evidence"]) part(name).hidden = !cell.pictured;
  if (cell.pictured) {
    part("picture").src = part("under").src = `${address}/picture.jpg`;
    part("evidence").src = `${address}/evidence.png`;
  }
  part("evidence").onerror = () => (part("evidence").hidden = true);
  fill(cell);
  field(cell);
  const text = document.querySelector("#note textarea");
  text.value = cell.word.note;
  if (!dialog.open) dialog.showModal();
  if (note) text.focus();
  else dialog.querySelector("#close").focus();
}

export function refreshOpen(id) {
  if (dialog.open && showing === id) fill(cells.get(id));
}

document.getElementById("close").addEventListener("click", close);
