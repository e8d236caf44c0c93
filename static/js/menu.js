// A <details> menu closes on Escape and when attention goes elsewhere.
export function enhanceMenus(root) {
  root.addEventListener("click", (event) => closeAll(root, event.target.closest(".menu")));
  root.addEventListener("focusin", (event) => closeAll(root, event.target.closest(".menu")));
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = root.querySelector(".menu[open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });
}

function closeAll(root, except) {
  root.querySelectorAll(".menu[open]").forEach((menu) => {
    if (menu !== except) menu.open = false;
  });
}
