// Renews the list of packages while one is under way: only what changed is put anew. Without it the page loads itself anew.
"use strict";
(() => {
  const place = document.querySelector("#packages");
  if (!place) return;
  const PAUSE = 1000;
  const underWay = () => place.querySelector(".queued, .making") !== null;

  async function look() {
    try {
      const answer = await fetch(place.dataset.source, { cache: "no-store", redirect: "error", headers: { Accept: "text/html" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
      const kept = new Map(Array.from(place.children).map((part) => [part.id, part]));
      place.replaceChildren(...Array.from(fresh.children).map((part) => {
        const there = kept.get(part.id);
        return there && there.isEqualNode(part) ? there : part;
      }));
    } catch {
      // The next look may bring it; what is shown stays.
    }
    if (underWay()) setTimeout(look, document.hidden ? 5 * PAUSE : PAUSE);
  }
  if (underWay()) setTimeout(look, PAUSE);
})();
