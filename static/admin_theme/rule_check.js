// Checks a rule while it is written: what the page's Check button says, a moment after the last key.
const AFTER_MS = 500;
const button = document.getElementById("rule-check-button");
const form = button.form;
let timer, running;

async function look() {
  running?.abort();
  running = new AbortController();
  const answer = await fetch(button.dataset.address, { method: "POST", body: new FormData(form), signal: running.signal });
  if (!answer.ok) return;
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.getElementById("rule-check").replaceWith(found.getElementById("rule-check"));
  const [events, now] = [found, document].map((page) => page.getElementById("id_try-event"));
  const chosen = now.value;
  now.replaceChildren(...events.options);
  now.value = chosen;
  if (now.selectedIndex < 0) now.selectedIndex = 0;
}

form.addEventListener("input", (event) => {
  if (event.target.closest("#try") || event.target.name?.startsWith("sim-")) return;
  clearTimeout(timer);
  timer = setTimeout(() => look().catch(() => {}), AFTER_MS);
});
