// The cells of one patient: what stands of each, what was said and is not acknowledged yet, and what others say.
import { send, told } from "./common.js";

export const data = JSON.parse(document.getElementById("data").textContent);
export const translated = (text) => data.words[text] ?? text;
export const cells = new Map(Object.values(data.cells).map((cell) => [cell.id, cell]));
const query = data.blind ? "?blind=true" : "";
const patient = `/api/cases/${data.case}/patients/${data.patient}`;
const waiting = new Map(); // cell → the end of what is on its way: one word at a time, each knows the version before
let version = data.version; // of what this reader sees; signing asks for it
let looked = 0; // up to here others' words on cells of another page are known

export const changed = new EventTarget(); // "cell" (detail: its id), "patient" (detail: counts and share), "trouble"
const tell = (kind, detail) => changed.dispatchEvent(new CustomEvent(kind, { detail }));

function stands(cell, word) {
  cell.word = word;
  cell.trouble = false;
  version = Math.max(version, word.version);
}

// body: {verdict} or {note} for "review", {} for "undo"
export function say(id, action, body) {
  const cell = cells.get(id);
  const before = waiting.get(id) ?? Promise.resolve();
  cell.waiting = (cell.waiting ?? 0) + 1;
  tell("cell", id);
  const now = before.then(async () => {
    let answer;
    try {
      const expected = cell.word.version;
      answer = await send(`/api/cases/${data.case}/cells/${id}/${action}${query}`, { ...body, expected });
    } catch {
      answer = { ok: false, found: { error: translated("The server does not answer; this is not saved") } };
    }
    cell.waiting -= 1;
    if (answer.ok) stands(cell, answer.found);
    else {
      if (answer.found.now) stands(cell, answer.found.now);
      cell.trouble = true;
      tell("trouble", `${cell.path}: ${told(answer.found, translated)}`);
    }
    tell("cell", id);
    refresh();
    return answer.ok;
  });
  waiting.set(id, now);
  return now;
}

export async function settled() {
  await Promise.all(waiting.values());
}

export const versionSeen = () => version;

// What other readers said since, and what the patient comes to now. A quick reader's words do not each ask for it: while
// one answer is on its way or less than PAUSE old, all that ask share the next one.
const PAUSE = 300; // ms
let next = null;
let last = Promise.resolve();

export function refresh() {
  next ??= last.then(() => {
    next = null;
    const found = look().catch(() => null);
    last = Promise.all([found, new Promise((done) => setTimeout(done, PAUSE))]);
    return found;
  });
  return next;
}

async function look() {
  const answer = await fetch(`${patient}?since=${Math.max(version, looked)}${data.blind ? "&blind=true" : ""}`).catch(() => null);
  if (!answer?.ok) return;
  const found = await answer.json();
  const strange = Object.entries(found.changed).filter(([id]) => !cells.has(+id)); // added by another, or of another field
  for (const [id, word] of Object.entries(found.changed)) {
    const cell = cells.get(+id);
    if (!cell || cell.waiting || word.version <= cell.word.version) continue;
    stands(cell, word);
    tell("cell", cell.id);
  }
  if (strange.length) {
    looked = Math.max(looked, ...strange.map(([, word]) => word.version));
    tell("strange");
  }
  tell("patient", found);
}

export const sign = (body) => send(`${patient}/signature${query}`, { ...body, expected: version });
export const amend = (body) => send(`${patient}/amendment`, body);
