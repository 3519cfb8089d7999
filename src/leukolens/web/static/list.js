// The work list: search, and pictures that are dropped into a case and watched while they are judged.
import { send, told } from "./common.js";

document.getElementById("search")?.addEventListener("input", (event) => {
  const asked = event.target.value.trim().toLowerCase();
  for (const row of document.querySelectorAll("tr[data-search]")) row.hidden = !row.dataset.search.includes(asked);
  for (const table of document.querySelectorAll(".list")) table.hidden = !table.querySelector("tr[data-search]:not([hidden])");
  document.getElementById("none").hidden = Boolean(document.querySelector(".list:not([hidden])"));
});

const AT_ONCE = 20; // files a request, so that one that fails costs little
const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

async function give(form, files) {
  const watch = form.querySelector(".watch");
  const refused = document.createElement("ul");
  let taken = 0;
  for (let first = 0; first < files.length; first += AT_ONCE) {
    const body = new FormData();
    body.append("patient", form.elements.patient.value);
    for (const file of files.slice(first, first + AT_ONCE)) body.append("files", file);
    let answer = await send(`/api/cases/${form.dataset.case}/uploads`, body);
    while (answer.status === 429) {
      watch.replaceChildren(form.dataset.busy);
      await pause(5);
      answer = await send(`/api/cases/${form.dataset.case}/uploads`, body);
    }
    const bad = answer.ok ? answer.found.filter((one) => !one.taken) : [{ name: "", reason: told(answer.found) }];
    taken += answer.ok ? answer.found.length - bad.length : 0;
    for (const one of bad) refused.append(Object.assign(document.createElement("li"), { textContent: `${one.name} ${one.reason}` }));
  }
  watch.replaceChildren(refused);
  if (taken) follow(form, watch, refused);
}

function follow(form, watch, refused) {
  const bar = document.createElement("progress");
  const words = document.createElement("span");
  watch.replaceChildren(bar, " ", words, refused);
  const source = new EventSource(`/api/cases/${form.dataset.case}/progress`);
  source.onmessage = (event) => {
    const { taken, judged, error } = JSON.parse(event.data);
    bar.max = taken || 1;
    bar.value = judged;
    words.textContent = `${judged} / ${taken} ${form.dataset.done}${error ? `: ${error}` : ""}`;
    if (judged < taken) return;
    source.close();
    if (!error && !refused.children.length) location.reload();
  };
}

for (const form of document.querySelectorAll(".drop")) {
  form.elements.files.addEventListener("change", () => give(form, [...form.elements.files.files]));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("dragover", (event) => (event.preventDefault(), form.classList.add("over")));
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    give(form, [...event.dataTransfer.files]);
  });
}
