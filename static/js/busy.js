// A button that was pressed says so, keeps its width and cannot be pressed twice. The server holds "once" anyway.
const words = new WeakMap();

export function makeBusy(button) {
  if (button.dataset.busyNow !== undefined) return;
  words.set(button, [...button.childNodes]);
  button.style.minWidth = `${button.offsetWidth}px`;
  button.dataset.busyNow = "";
  button.setAttribute("aria-disabled", "true");
  const spinner = document.createElement("span");
  spinner.className = "spinner";
  button.replaceChildren(spinner, button.dataset.busy);
}

export function makeReady(button) {
  if (button.dataset.busyNow === undefined) return;
  button.replaceChildren(...words.get(button));
  delete button.dataset.busyNow;
  button.removeAttribute("aria-disabled");
}

export function enhanceBusyButtons(root) {
  root.addEventListener("submit", (event) => {
    const button = event.submitter ?? event.target.querySelector("[data-busy]");
    if (!button?.dataset.busy) return;
    if (button.dataset.busyNow !== undefined) event.preventDefault();
    else makeBusy(button);
  });
  // back from the browser's memory: the page is as it was left, so the buttons must come to life again
  addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("[data-busy-now]").forEach(makeReady);
  });
}
