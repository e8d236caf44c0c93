// The catalogue's filters apply as they are changed; the range says its number while it moves.
export function enhanceFilters(root) {
  root.querySelectorAll("input[type=range][data-outputs]").forEach((range) => {
    const texts = JSON.parse(range.dataset.outputs);
    const show = () => {
      const share = (range.value - range.min) / (range.max - range.min || 1);
      range.style.setProperty("--filled", `${share * 100}%`);
      const text = texts[Math.round((range.value - range.min) / range.step)];
      document.querySelectorAll(`[data-for=${range.id}]`).forEach((node) => {
        node.textContent = text;
      });
      range.setAttribute("aria-valuetext", text);
    };
    range.addEventListener("input", show);
    show();
  });
  root.querySelectorAll("form[data-auto], form[data-counted]").forEach((form) => {
    form.addEventListener("formdata", ({ formData }) => leaveOutDefaults(form, formData));
  });
  root.querySelectorAll("form[data-auto]").forEach((form) => {
    form.addEventListener("change", (event) => {
      if (event.target.type !== "search") form.requestSubmit();
    });
  });
  root.querySelectorAll("form[data-counted]").forEach((form) => {
    form.addEventListener("change", () => count(form));
  });
}

// An address says what was chosen and nothing else: "/rewards?category=Food".
function leaveOutDefaults(form, formData) {
  for (const [name, value] of [...formData]) {
    const range = form.querySelector(`input[type=range][name=${name}]`);
    if (!value || (range && range.value === range.max)) formData.delete(name);
  }
}

// The filters' own page on a phone: how many rewards the button would show.
async function count(form) {
  const page = await fetch(`${form.dataset.counted}?${new URLSearchParams(new FormData(form))}`);
  if (!page.ok) return;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("[data-count]");
  form.querySelector("[data-count]").textContent = fresh.textContent;
}
