// What every page needs: requests that carry the page's token, leaving.

export async function send(address, body) {
  const headers = { "X-CSRF-Token": document.body.dataset.csrf };
  const form = body instanceof FormData;
  if (!form) headers["Content-Type"] = "application/json";
  const ask = () => fetch(address, { method: "POST", headers, body: form ? body : JSON.stringify(body) });
  let answer = await ask();
  for (let tries = 0; answer.status === 429 && answer.headers.has("Retry-After") && !form && tries < 5; tries += 1) {
    await new Promise((done) => setTimeout(done, 1000 * +answer.headers.get("Retry-After")));
    answer = await ask();
  }
  if (answer.status === 401) location.assign("/login");
  const found = answer.status === 204 ? {} : await answer.json().catch(() => ({ error: answer.statusText }));
  return { ok: answer.ok, status: answer.status, found };
}

export function told(found, translated = (text) => text) {
  return [found.error, found.hint].filter(Boolean).map(translated).join(". ") + ".";
}

document.getElementById("leave")?.addEventListener("click", async () => {
  await send("/api/logout", {});
  location.assign("/login");
});
