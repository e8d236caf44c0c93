// A short word at the foot of the page, announced too.
const SHOWN_MS = 4000;

export function toast(text) {
  const node = document.getElementById("toast").content.firstElementChild.cloneNode(true);
  node.querySelector("span").textContent = text;
  document.querySelector(".toasts").append(node);
  setTimeout(() => node.remove(), SHOWN_MS);
}
