// Keyboard comfort. Every page works without it: forms are forms, links are links.
"use strict";
(() => {
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const one = (selector) => document.querySelector(selector);
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
  const rows = () => all("ol.clips a.open");

  function moveRow(step) {
    const list = rows();
    if (list.length === 0) return;
    const at = list.indexOf(document.activeElement);
    const next = at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + step));
    list[next].focus();
    list[next].closest("li").scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "/") {
      const box = one("#search");
      if (box) { event.preventDefault(); box.focus(); box.select(); }
    } else if (event.key === "j") moveRow(1);
    else if (event.key === "k") moveRow(-1);
    else if (event.key === "?") {
      const help = one("#help");
      if (help && !help.open) help.showModal();
    }
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    const said = button.dataset.said || button.textContent;
    button.dataset.said = said;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = said; }, 1500);
  });
  // What only works with this is only then there; parts of a page may be put anew.
  const uncover = () => all("[data-script], [data-copy]").forEach((part) => { part.hidden = false; });
  uncover();
  document.addEventListener("renewed", uncover);
  all("[data-print]").forEach((button) => button.addEventListener("click", () => window.print()));
  const helpButton = one("#help-button");
  if (helpButton) helpButton.addEventListener("click", () => one("#help").showModal());
})();
