// Renews the live desk each second: only tiles that changed are put anew. Without it the page loads itself anew.
"use strict";
(() => {
  const desk = document.querySelector("#desk");
  const lost = document.querySelector("#desk-lost");
  if (!desk) return;
  const PAUSE = 1000;
  let failed = 0;

  function renew(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    const grid = old.classList.contains("tiles");
    if (!grid) { old.replaceWith(fresh); return; }
    const kept = new Map(Array.from(old.children).map((tile) => [tile.id, tile]));
    const tiles = Array.from(fresh.children).map((tile) => {
      const there = kept.get(tile.id);
      return there && there.isEqualNode(tile) ? there : tile;
    });
    old.replaceChildren(...tiles);
  }

  function show(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html").body;
    const parts = Array.from(fresh.children);
    const old = Array.from(desk.children);
    const same = parts.length === old.length && parts.every((part, at) => part.className === old[at].className);
    if (same) parts.forEach((part, at) => renew(old[at], part));
    else desk.replaceChildren(...parts);
  }

  async function look() {
    try {
      const answer = await fetch(desk.dataset.source, { cache: "no-store", redirect: "error", headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.text());
      failed = 0;
    } catch {
      failed += 1;
    }
    // One answer that is late is no news; a board that stands still and looks alive would be a lie.
    lost.hidden = failed < 3;
    desk.classList.toggle("stale", failed >= 3);
    setTimeout(look, document.hidden ? 5 * PAUSE : PAUSE);
  }
  setTimeout(look, PAUSE);

  const button = document.querySelector("#full-screen");
  const room = document.querySelector("#desk-room");
  if (button) {
    if (!document.fullscreenEnabled) button.remove();
    button.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : room.requestFullscreen()));
  }
})();
