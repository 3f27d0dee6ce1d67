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
  // The purposes of the way that was chosen; without script all of them are there, in groups.
  function fit(form) {
    const kind = form.elements.kind.value;
    const select = form.elements.purpose;
    select.querySelectorAll("optgroup").forEach((group) => { group.disabled = group.dataset.kind !== kind; });
    const chosen = select.selectedOptions[0];
    if (!chosen || chosen.parentElement.disabled) {
      const first = select.querySelector("optgroup:not([disabled]) option");
      if (first) first.selected = true;
    }
  }
  const ask = document.querySelector("form.ask");
  if (ask) {
    ask.addEventListener("change", (event) => { if (event.target.name === "kind") fit(ask); });
    fit(ask);
  }
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".decide-form button[name='decision']");
    if (button) button.form.elements.reason.required = button.value === "decline";
  });
})();
