"use strict";
// Pictures where they are seen, sorting and filtering. Without this script the page holds the same content, in the same order.
const SEARCHED = ".verdict, .patient, .reason, .path, .kind, .sha256, .model_id, .p_all, .hue";
const form = document.getElementById("filters");
const cells = [...document.querySelectorAll("#cells tbody tr")].map(row => ({
  row,
  verdict: row.querySelector(".verdict").textContent,
  patient: row.querySelector(".patient").textContent,
}));
function textOf(cell) {  // looked up at the first search alone: a page may hold ten thousand cells
  cell.text ??= [...cell.row.querySelectorAll(SEARCHED)].map(part => part.textContent).join("\n").toLowerCase();
  return cell.text;
}
function chosen(name) {  // undefined for the first option, which is "all"
  const select = form.elements[name];
  return select.selectedIndex > 0 ? select.value : undefined;
}
function filter() {
  const verdict = chosen("verdict"), patient = chosen("patient"), text = form.elements.text.value.toLowerCase();
  let shown = 0;
  for (const cell of cells) {
    const fits = (verdict === undefined || cell.verdict === verdict)
      && (patient === undefined || cell.patient === patient) && (!text || textOf(cell).includes(text));
    cell.row.hidden = !fits;
    shown += fits;
  }
  const output = document.getElementById("shown");
  output.textContent = `${shown} of ${cells.length} ${output.dataset.of} shown`;
}
function valueOf(row, column) {
  const cell = row.cells[column];
  return cell.dataset.sort ?? cell.textContent.trim();
}
function sort(table, header) {
  const column = header.cellIndex, falling = header.getAttribute("aria-sort") === "ascending";
  for (const other of table.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", falling ? "descending" : "ascending");
  const order = new Intl.Collator("en", {numeric: true}), numbers = header.classList.contains("number")
    || header.textContent === "Answer";
  const compare = numbers ? (a, b) => (a || -1) - (b || -1) : order.compare;
  const rows = [...table.tBodies[0].rows].map(row => [valueOf(row, column), row]);
  rows.sort((a, b) => falling ? compare(b[0], a[0]) : compare(a[0], b[0]));
  const body = table.tBodies[0];
  body.remove();  // rows that are in no document move faster
  body.append(...rows.map(pair => pair[1]));
  table.append(body);
}
for (const header of document.querySelectorAll("thead th")) {
  if (header.matches(".picture, .technical")) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = header.textContent;
  header.replaceChildren(button);
  button.addEventListener("click", () => sort(header.closest("table"), header));
}
for (const link of document.querySelectorAll("a[data-patient]")) {
  link.addEventListener("click", event => {  // all of the patient's cells, where the plain link leads to the first
    event.preventDefault();
    form.reset();
    form.elements.patient.value = link.dataset.patient;
    if (form.elements.patient.selectedIndex < 1)  // the first option, "all", has a patient's name
      form.elements.patient.selectedIndex = [...form.elements.patient.options].findIndex((option, place) =>
        place > 0 && option.value === link.dataset.patient);
    filter();
    document.getElementById("cells-title").focus();
    document.getElementById("cells-title").scrollIntoView();
  });
}
addEventListener("hashchange", () => {  // a field leads to a cell that a filter hides
  const target = document.getElementById(location.hash.slice(1));
  if (!target?.hidden) return;
  form.reset();
  filter();
  target.scrollIntoView();
});
form.addEventListener("input", filter);
form.addEventListener("submit", event => event.preventDefault());
form.hidden = false;
filter();
const near = new IntersectionObserver(seen => {
  for (const {target, isIntersecting} of seen) if (isIntersecting) draw(target);
}, {rootMargin: "100%"});
function draw(row) {
  near.unobserve(row);
  const packed = row.querySelector(".picture > noscript");
  if (packed) packed.parentElement.innerHTML = packed.textContent;
}
for (const {row} of cells) near.observe(row);
addEventListener("beforeprint", () => { for (const {row} of cells) if (!row.hidden) draw(row); });
