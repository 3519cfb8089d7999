// What every page needs: requests that carry the page's token, leaving.

export async function send(address, body) {
  const headers = { "X-CSRF-Token": document.body.dataset.csrf };
  const form = body instanceof FormData;
  if (!form) headers["Content-Type"] = "application/json";
  const answer = await fetch(address, { method: "POST", headers, body: form ? body : JSON.stringify(body) });
  if (answer.status === 401) location.assign("/login");
  const found = answer.status === 204 ? {} : await answer.json().catch(() => ({ error: answer.statusText }));
  return { ok: answer.ok, status: answer.status, found };
}

export function told(found) {
  return [found.error, found.hint].filter(Boolean).join(". ") + ".";
}

document.getElementById("leave")?.addEventListener("click", async () => {
  await send("/api/logout", {});
  location.assign("/login");
});
