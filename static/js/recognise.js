// Recognise: the card that the colleague will get follows what is typed and chosen. Numbers were written by the server.
export function enhanceRecognise(root) {
  root.querySelectorAll("form[data-recognise]").forEach((form) => {
    const live = (name) => form.querySelector(`[data-live=${name}]`);
    const other = form.querySelector("[data-other-amount]");
    const show = () => {
      const chosen = form.querySelector("input[name=choice]:checked");
      const isOther = chosen?.value === "other";
      const typed = Number.parseInt(form.elements.points.value, 10);
      other.hidden = !isOther;
      live("points").textContent = isOther ? (typed > 0 ? typed.toLocaleString() : "–") : (chosen?.dataset.points ?? "–");
      live("worth").textContent = chosen?.dataset.worth ?? "";
      if (chosen && live("button").dataset.busyNow === undefined) live("button").textContent = chosen.dataset.button;
      const words = form.elements.reason.value.trim();
      live("reason").textContent = words || live("reason").dataset.empty;
      live("reason").classList.toggle("unwritten", !words);
      live("count").textContent = `${form.elements.reason.value.length} of ${live("count").dataset.max}`;
      const value = form.querySelector("input[name=value]:checked")?.value ?? "";
      live("value").hidden = !value;
      live("value").querySelector(".badge > span").textContent = value;
    };
    form.addEventListener("input", show);
    addEventListener("pageshow", show);
    show();
  });
}
