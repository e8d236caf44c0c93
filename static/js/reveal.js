// Reveal a code in place, count the seconds down, hide it again. Where the server wants presence proved first, the form
// goes the ordinary way: it is asked, and then the code is shown on a page of its own.
import { showCopyButtons } from "./copy.js";

async function reveal(form) {
  const button = form.querySelector("button");
  button.disabled = true;
  let response;
  try {
    response = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Requested-With": "fetch" },
      redirect: "manual",
    });
  } catch {
    response = { ok: false };
  }
  if (!response.ok) {
    form.submit();
    return;
  }
  const holder = document.createElement("div");
  holder.innerHTML = await response.text();
  const shown = holder.firstElementChild;
  form.replaceWith(shown);
  showCopyButtons(shown);
  startCountdown(shown, () => {
    const hadFocus = shown.contains(document.activeElement);
    shown.replaceWith(form);
    button.disabled = false;
    if (hadFocus) button.focus();
  });
  shown.querySelector("[data-copy]").focus();
}

function startCountdown(box, hide) {
  const ends = Date.now() + Number(box.dataset.seconds) * 1000;
  const place = box.closest("[data-reward]")?.querySelector("[data-countdown]");
  const before = place ? [...place.childNodes] : [];
  const tick = () => {
    const left = Math.max(0, Math.ceil((ends - Date.now()) / 1000));
    const clock = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    place?.replaceChildren(`Hidden again in ${clock}`);
    if (left > 0) return;
    clearInterval(timer);
    place?.replaceChildren(...before);
    hide();
  };
  const timer = setInterval(tick, 250);
  tick();
}

export function enhanceReveal(root) {
  root.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-reveal]")) return;
    event.preventDefault();
    reveal(event.target);
  });
  // the page that shows a code without being asked by this file: leave it when the time is over
  root.querySelectorAll(".code-box[data-leave-to]").forEach((box) => {
    startCountdown(box, () => location.replace(box.dataset.leaveTo));
  });
}
