// Renews the live desk when the station says that something changed, or each second where it cannot say so: only tiles
// that changed are put anew. Without it the page loads itself anew.
"use strict";
(() => {
  const desk = document.querySelector("#desk");
  const lost = document.querySelector("#desk-lost");
  if (!desk) return;
  const PAUSE = 1000;
  const CALM = 10 * PAUSE; // while events come: clocks and figures that no event tells of
  const SILENCE = 40 * PAUSE; // the station says something every 15 seconds
  const arrivals = document.querySelector("#desk-arrivals");
  const said = document.querySelector("#live-state");
  let failed = 0;
  let timer = 0;
  let looking = false;
  let again = false;
  let heard = 0; // when the station last said something; 0: it does not
  let count = 0;

  /** What of the old may stay; the tiles' own room always does. */
  function renewed(old, fresh) {
    if (old.isEqualNode(fresh)) return old;
    if (!old.classList.contains("tiles")) return fresh;
    const kept = new Map(Array.from(old.children).map((tile) => [tile.id, tile]));
    const tiles = Array.from(fresh.children).map((tile) => {
      const there = kept.get(tile.id);
      return there && there.isEqualNode(tile) ? there : tile;
    });
    put(old, tiles);
    return old;
  }

  /** Who is in the place already is not moved: that would take the focus away. */
  function put(place, children) {
    const old = Array.from(place.children);
    if (old.length !== children.length || children.some((child, at) => child !== old[at])) place.replaceChildren(...children);
  }

  function show(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html").body;
    const left = new Set(desk.children);
    const parts = Array.from(fresh.children).map((part) => {
      const there = Array.from(left).find((old) => old.tagName === part.tagName && old.id === part.id && old.className === part.className);
      left.delete(there);
      return there ? renewed(there, part) : part;
    });
    put(desk, parts);
  }

  async function part(source) {
    const answer = await fetch(source, { cache: "no-store", redirect: "error", headers: { Accept: "text/html" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.text();
  }

  const live = () => heard !== 0 && performance.now() - heard < SILENCE;

  async function look() {
    if (looking) { again = true; return; }
    looking = true;
    clearTimeout(timer);
    try {
      show(await part(desk.dataset.source));
      failed = 0;
    } catch {
      failed += 1;
    }
    looking = false;
    // One answer that is late is no news; a board that stands still and looks alive would be a lie.
    lost.hidden = failed < 3;
    desk.classList.toggle("stale", failed >= 3);
    const calm = live() && failed === 0 ? CALM : document.hidden ? 5 * PAUSE : PAUSE;
    timer = setTimeout(look, again ? 0 : calm);
    again = false;
  }

  /** The list anew; rows that were there stay as they are, so that nobody loses what they read or touch. */
  async function lookAtArrivals() {
    if (!arrivals) return;
    const fresh = new DOMParser().parseFromString(await part(arrivals.dataset.source), "text/html").body;
    const old = arrivals.querySelector(".arrived");
    const list = fresh.querySelector(".arrived");
    if (!old || !list) { arrivals.replaceChildren(...fresh.children); return; }
    const kept = new Map(Array.from(old.children).map((row) => [row.id, row]));
    old.replaceChildren(...Array.from(list.children).map((row) => {
      const there = kept.get(row.id);
      if (there && there.dataset.was === row.innerHTML) return there;
      row.dataset.was = row.innerHTML;
      if (!there) row.classList.add("fresh");
      return row;
    }));
  }

  /** A docking brings many at once: one look for all of them. */
  let waiting = 0;
  function lookSoon() {
    if (waiting) return;
    waiting = setTimeout(() => { lookAtArrivals().catch(() => {}).finally(() => { waiting = 0; }); }, PAUSE / 4);
  }

  function arrived(event) {
    const clip = JSON.parse(event.data);
    const place = document.querySelector("#arrived-count");
    if (place && clip.count) {
      count += clip.count;
      place.textContent = String(count);
    } else lookSoon();
  }

  function alarm(event) {
    const place = document.querySelector("#desk-alarm");
    place.querySelector("code").textContent = JSON.parse(event.data).code;
    place.hidden = false;
  }

  function tell() {
    if (!said) return;
    const words = heard === 0 ? "" : live() ? said.dataset.on : said.dataset.off;
    if (said.textContent !== words) said.textContent = words;
  }

  function listen() {
    if (typeof EventSource === "undefined") return;
    const events = new EventSource(desk.dataset.events);
    const on = (kind, step) => events.addEventListener(kind, (event) => { heard = performance.now(); tell(); step(event); });
    on("desk", look);
    on("arrival", arrived);
    on("alarm", alarm);
    on("poster", lookSoon);
    on("missed", lookSoon);
    on("beat", () => {});
    // The browser asks again by itself, with what it heard last; until then we ask, as without events.
    events.addEventListener("error", () => {
      if (heard) heard = -SILENCE;
      tell();
      clearTimeout(timer);
      timer = setTimeout(look, PAUSE);
      if (events.readyState === EventSource.CLOSED) setTimeout(listen, CALM);
    });
    addEventListener("pagehide", () => events.close());
  }
  timer = setTimeout(look, PAUSE);
  listen();

  const button = document.querySelector("#full-screen");
  const room = document.querySelector("#desk-room");
  if (button) {
    if (!document.fullscreenEnabled) button.remove();
    button.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : room.requestFullscreen()));
  }
})();
