// Copy a code. Without a clipboard (an insecure page, an old browser) the code is selected instead.
import { toast } from "./toast.js";

async function copy(button) {
  const code = button.closest(".code-box").querySelector("[data-code]");
  try {
    await navigator.clipboard.writeText(code.textContent.trim());
    toast("Code copied");
  } catch {
    getSelection().selectAllChildren(code);
    toast("Code selected: press Ctrl and C to copy it");
  }
}

// The button is of no use without this file, so it comes hidden.
export function showCopyButtons(root) {
  root.querySelectorAll("[data-copy]").forEach((button) => {
    button.hidden = false;
  });
}

export function enhanceCopy(root) {
  showCopyButtons(root);
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
}
