// The log's page: ask the server to check the chain, and say what it found.
import { told } from "./common.js";

const button = document.getElementById("check");
button.addEventListener("click", async () => {
  button.disabled = true;
  const answer = await fetch(`/api/cases/${button.dataset.case}/check`);
  const found = await answer.json();
  button.disabled = false;
  const said = Object.assign(document.createElement("p"), { className: "note" });
  said.textContent = answer.ok ? `${button.dataset.good} ${found.rows} ${button.dataset.rows}, ${found.entries} ${button.dataset.entries}.` : told(found);
  if (answer.ok && found.findings.length) {
    said.className = "warning";
    said.textContent = `${button.dataset.bad} ${found.findings.join("; ")}`;
  }
  document.getElementById("checked").replaceChildren(said);
});
