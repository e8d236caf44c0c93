// Gives select2's boxes the name of the field they stand for: it leaves them without one.
function nameBoxes() {
  for (const select of document.querySelectorAll("select.admin-autocomplete[id]")) {
    const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
    const box = select.nextElementSibling;
    if (!label || !box?.classList.contains("select2")) continue;
    for (const part of box.querySelectorAll('[role="combobox"], [role="textbox"]')) {
      part.removeAttribute("aria-labelledby");
      part.setAttribute("aria-label", [label.textContent.trim(), part.textContent.trim()].filter(Boolean).join(": "));
    }
  }
}

// select2 makes its boxes when jQuery says so, which may be after the page has loaded, and again for each new row.
new MutationObserver(nameBoxes).observe(document.body, { childList: true, subtree: true });
document.addEventListener("change", nameBoxes);
nameBoxes();
