// One key to grant, one to decline: they open the form of the row that has the focus. Every form works without it.
"use strict";
(() => {
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

  function formOf(target) {
    const row = target.closest("ol.requests > li") || document.querySelector(".decide-card");
    const first = document.querySelector("ol.requests > li .decide");
    const holder = row || (first && first.closest("li"));
    if (!holder) return null;
    const details = holder.querySelector("details.decide");
    if (details) details.open = true;
    return holder.querySelector(".decide-form[action$='/decision']");
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
    if (event.key !== "g" && event.key !== "r") return;
    const form = formOf(event.target);
    if (!form) return;
    event.preventDefault();
    const reason = form.elements.reason;
    reason.required = event.key === "r";
    // To grant, Enter on the button says so; to decline, the reason comes first.
    if (event.key === "g") form.querySelector("button[value='grant']").focus();
    else reason.focus();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".decide-form button[name='decision']");
    if (button) button.form.elements.reason.required = button.value === "decline";
  });
})();
