"use strict";
const form = document.getElementById("filters");
const cells = [...document.querySelectorAll("#cells tbody tr")].map(row => ({
  row,
  verdict: row.querySelector(".verdict").textContent,
  patient: row.querySelector(".patient").textContent,
  text: row.textContent.toLowerCase(),
}));
function chosen(name) {  // undefined for the first option, which is "all"
  const select = form.elements[name];
  return select.selectedIndex > 0 ? select.value : undefined;
}
function filter() {
  const verdict = chosen("verdict"), patient = chosen("patient"), text = form.elements.text.value.toLowerCase();
  let shown = 0;
  for (const cell of cells) {
    const fits = (verdict === undefined || cell.verdict === verdict)
      && (patient === undefined || cell.patient === patient) && cell.text.includes(text);
    cell.row.hidden = !fits;
    shown += fits;
  }
  document.getElementById("shown").textContent = `${shown} of ${cells.length} files shown`;
}
form.addEventListener("input", filter);
form.addEventListener("submit", event => event.preventDefault());
form.hidden = false;
filter();
