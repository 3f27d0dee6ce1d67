// Markers: `m` puts one at this moment, with words; the list follows without a new page, so that the film goes on.
"use strict";
(() => {
  const room = document.querySelector("#markers");
  if (!room) return;
  const film = document.querySelector("#film");
  const list = room.querySelector("ol");
  const form = room.querySelector("form.put");
  const { place } = window.muniment;
  const said = form && form.querySelector(".failed");
  const clip = location.pathname.split("/").pop();

  const make = (name, attributes, words) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (words !== undefined) made.textContent = words;
    return made;
  };
  const when = (text) => {
    const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: room.dataset.zone, dateStyle: "short", timeStyle: "medium" });
    const shown = make("time", { datetime: text, title: text, class: "nowrap" }, parts.format(new Date(text)));
    return shown;
  };

  function row(marker) {
    const made = make("li", { "data-marker": marker.marker });
    if (marker.from_us === null) made.append(make("span", { class: "dim" }, room.dataset.note));
    else {
      const at = (marker.from_us / 1e6).toFixed(6);
      made.dataset.mark = at;
      made.append(make("button", { type: "button", class: "plain at", "data-seek": at }, place(Number(at))));
    }
    const words = make("div", {});
    const by = make("small", {}, `${marker.name || marker.account} · `);
    by.append(when(marker.set_at));
    words.append(make("p", {}, marker.text || "—"), by);
    made.append(words);
    if (marker.own) {
      const taking = make("form", { class: "no-print", action: `/clips/${clip}/markers`, method: "post" });
      taking.append(
        make("input", { type: "hidden", name: "do", value: "remove" }),
        make("input", { type: "hidden", name: "marker", value: marker.marker }),
        make("button", { class: "plain", "aria-label": room.dataset.remove, title: room.dataset.remove }, "×"),
      );
      made.append(taking);
    }
    return made;
  }

  async function renew() {
    const answer = await fetch(room.dataset.address, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const { markers } = await answer.json();
    list.replaceChildren(...markers.map(row));
    room.querySelector(".none").hidden = markers.length > 0;
    document.dispatchEvent(new Event("marked"));
  }

  async function change(method, address, body) {
    try {
      const answer = await fetch(address, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      if (answer.ok) { if (said) said.hidden = true; await renew(); return true; }
    } catch { /* said below */ }
    if (said) { said.hidden = false; said.textContent = room.dataset.failed; }
    return false;
  }

  // "1:02.5" as microseconds; null for nothing, undefined for what is no time.
  function microseconds(text) {
    if (!text.trim()) return null;
    if (!/^(?:\d+:){0,2}\d+(?:\.\d+)?$/.test(text.trim())) return undefined;
    return Math.round(text.trim().split(":").reduce((sum, part) => sum * 60 + Number(part), 0) * 1e6);
  }

  if (form) {
    const { at, text } = form.elements;
    form.addEventListener("submit", async (event) => {
      const place_us = microseconds(at.value);
      if (place_us === undefined || !text.value.trim()) return; // the station says what is wrong
      event.preventDefault();
      if (await change("POST", room.dataset.address, { text: text.value, from_us: place_us })) {
        at.value = "";
        text.value = "";
        text.blur();
      }
    });
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "m" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (event.target.closest("input:not([type=range]), textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      if (document.fullscreenElement) document.exitFullscreen();
      if (film) at.value = place(film.currentTime);
      text.focus();
      text.scrollIntoView({ block: "nearest" });
    });
  }
  list.addEventListener("submit", (event) => {
    event.preventDefault();
    const { marker } = event.target.closest("li").dataset;
    change("DELETE", `${room.dataset.address}/${marker}`, {});
  });
})();
