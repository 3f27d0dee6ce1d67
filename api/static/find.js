// Keys of the find page; without them every choice is a link and every search a form.
"use strict";
(() => {
  const facets = document.querySelector("#facets");
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

  // Up and down among the choices, once one of them has the focus.
  const moveChoice = (step) => {
    const links = Array.from(facets.querySelectorAll("a"));
    const at = links.indexOf(document.activeElement);
    if (at < 0) return false;
    links[Math.min(links.length - 1, Math.max(0, at + step))].focus();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "f") {
      const first = facets && facets.querySelector("a[aria-current], a");
      if (first) { event.preventDefault(); first.focus(); }
    } else if (event.key === "t") {
      const other = document.querySelector("#other-view");
      if (other) { event.preventDefault(); other.click(); }
    } else if (event.key === "ArrowDown" && moveChoice(1)) event.preventDefault();
    else if (event.key === "ArrowUp" && moveChoice(-1)) event.preventDefault();
  });
})();
