// Product page: the sum and the button follow the value that is chosen. Every sentence was written by the server.
export function enhanceValues(root) {
  root.querySelectorAll("form[data-values]").forEach((form) => {
    const show = () => {
      const chosen = form.querySelector("input[name=value]:checked");
      if (!chosen) return;
      const other = form.querySelector("[data-other]");
      if (other) other.hidden = chosen.value !== "other";
      for (const name of ["points", "minus", "left", "worth", "button"]) {
        const text = chosen.dataset[name];
        if (text === undefined) continue;
        document.querySelectorAll(`[data-show=${name}]`).forEach((node) => {
          node.textContent = text;
        });
      }
      document.querySelectorAll("[data-sum]").forEach((node) => {
        node.classList.toggle("unknown", chosen.value === "other");
      });
    };
    form.addEventListener("change", show);
    addEventListener("pageshow", show);
    show();
  });
}
