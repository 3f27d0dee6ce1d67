// The page of one clip: places to go to, exact steps from frame to frame, and what is made while one watches.
"use strict";
(() => {
  const one = (selector) => document.querySelector(selector);
  const film = one("#film");

  // ---- The controls, and the three clocks: what the recorder said, what it was by ours, what is in the picture
  let known = null; // steps by the true times of the frames, below
  const guess = (direction) => { film.currentTime = Math.max(0, film.currentTime + direction / (Number(film.dataset.rate) || 25)); };
  if (film) {
    const begun = { corrected: Date.parse(film.dataset.start || ""), file: Date.parse(film.dataset.file || ""), picture: Date.parse(film.dataset.inPicture || "") };
    window.muniment.player({
      media: () => film,
      elements: [film],
      zone: film.dataset.zone,
      time: () => film.currentTime,
      length: () => (Number.isFinite(film.duration) ? film.duration : 0),
      seek: (t) => { film.currentTime = t; },
      step: (direction) => (known ? known(direction) : guess(direction)),
      clocks: () => Object.fromEntries(Object.entries(begun).map(([name, at]) => [name, at + film.currentTime * 1000])),
    });
    const cannot = () => { const said = one("#cannot-play"); if (said) said.hidden = false; };
    film.addEventListener("error", async () => { if (!(await hasEnded()) && !goOn()) cannot(); });
    // Sound that plays under no picture: the browser knows the container and not the film in it.
    film.addEventListener("loadedmetadata", () => { if (film.tagName === "VIDEO" && film.dataset.picture === "1" && film.videoWidth === 0) cannot(); });
  }

  // ---- Who may watch no longer is told so, and is not led on
  async function hasEnded() {
    const source = film.getAttribute("src");
    if (!source) return true; // told already
    try {
      const answer = await fetch(source, { method: "HEAD" });
      if (![401, 403, 404].includes(answer.status)) return false;
    } catch { return false; }
    document.dispatchEvent(new Event("ended"));
    return true;
  }

  // ---- Places in words that lead there
  document.addEventListener("click", (event) => {
    const place = event.target.closest("[data-seek]");
    if (!place || !film) return;
    film.currentTime = Number(place.dataset.seek);
    film.scrollIntoView({ block: "nearest" });
  });

  // ---- A damaged place stops a browser for good: go on after it, a few times
  const MOST = 4;
  let tries = 0;
  let reached = 0; // seconds: the furthest that was shown
  let playing = false;
  const clockOf = (t) => `${Math.floor(t / 60)}:${(t % 60).toFixed(1).padStart(4, "0")}`;

  function after(t) {
    const ends = Array.from(document.querySelectorAll("[data-span][data-tone=bad]"), (part) => part.dataset.span.split(",").map(Number))
      .filter(([from, to]) => from <= t + 1.5 && to > t).map(([, to]) => to);
    return Math.max(t + 2 ** tries, ...ends);
  }

  function goOn() {
    const said = one("#broken");
    if (film.error.code !== MediaError.MEDIA_ERR_DECODE || film.readyState < HTMLMediaElement.HAVE_METADATA || !said) return false;
    const at = Math.max(film.currentTime, 0);
    if (at > reached + 0.5) { tries = 0; said.dataset.at = clockOf(at); }
    reached = Math.max(reached, at);
    const to = after(at);
    const may = tries < MOST && to < film.duration - 0.2;
    tries += 1;
    said.hidden = false;
    said.textContent = said.dataset.said.replace("{at}", said.dataset.at || clockOf(at));
    said.textContent += ` ${may ? said.dataset.on.replace("{at}", clockOf(to)) : said.dataset.next}`;
    film.addEventListener("loadedmetadata", () => {
      film.currentTime = may ? to : 0;
      if (may && playing) film.play().catch(() => {});
    }, { once: true });
    film.load();
    return true;
  }
  if (film) {
    film.addEventListener("playing", () => { playing = true; });
    film.addEventListener("pause", () => { if (!film.error) playing = false; });
  }

  // ---- One frame on or back, by the true times of the frames
  const exact = film && film.dataset.exact;
  const shownFrame = one("#frame");
  let times = null; // once asked for: {count, at(index), before(seconds)}
  let asked = null;
  let seen = null; // the time of the frame that is shown, where the browser tells it

  function load() {
    asked = asked || window.muniment.frames(exact).then((found) => { times = found; say(); });
    return asked;
  }

  function say() {
    if (!times || !shownFrame) return;
    const index = times.before(film.seeking || seen === null ? film.currentTime : seen);
    shownFrame.hidden = false;
    shownFrame.textContent = `${shownFrame.dataset.word} ${index + 1} / ${times.count}`;
  }

  if (exact) {
    film.addEventListener("pause", load);
    film.addEventListener("seeking", () => { seen = null; });
    film.addEventListener("seeked", say);
    film.addEventListener("timeupdate", say);
    if (film.requestVideoFrameCallback) {
      const told = (now, frame) => { if (!film.seeking) { seen = frame.mediaTime; say(); } film.requestVideoFrameCallback(told); };
      film.requestVideoFrameCallback(told);
    }
    known = (direction) => { if (times) step(direction); else load().then(() => { if (times) step(direction); else guess(direction); }); };
  }

  function step(direction) {
    const from = times.before(film.seeking || seen === null ? film.currentTime : seen);
    film.currentTime = times.inside(Math.max(0, Math.min(times.count - 1, from + direction)));
  }

  // ---- What is being made appears when it is there; the player goes on
  const clip = location.pathname.split("/").pop();
  const started = Date.now();
  let before = null;
  let unchanged = 0;

  const waits = () => one("[data-waiting]") !== null || one("[data-waits]") !== null;

  async function look() {
    const answer = await fetch(`/api/v1/clips/${clip}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) return answer.status < 500 ? null : before;
    const known = await answer.json();
    const ended = new Set([...known.renditions, ...(known.failures || [])].map((r) => r.kind));
    // Made between this page and the first look.
    if (Array.from(document.querySelectorAll("[data-waiting]")).some((part) => ended.has(part.dataset.waiting))) before = "";
    return JSON.stringify([known.due, known.renditions.map((r) => r.sha256), known.failures, known.assessment, known.media.facts]);
  }

  async function renew() {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const idle = !film || film.error || !one("#cannot-play").hidden;
    const shown = (page) => page.querySelector(".player [src]")?.getAttribute("src");
    if (idle && shown(fresh) !== shown(document)) { location.reload(); return; } // nothing plays that this would stop
    for (const part of fresh.querySelectorAll("[data-live]")) {
      const old = document.getElementById(part.id);
      // What was there and stays is left alone: one may be reading in it.
      if (old && old.dataset.was !== part.outerHTML) {
        const text = part.outerHTML;
        old.replaceWith(document.importNode(part, true));
        document.getElementById(part.id).dataset.was = text;
      }
    }
    document.dispatchEvent(new Event("renewed"));
  }

  async function poll() {
    if (!waits() || Date.now() - started > 3600e3) return;
    if (!document.hidden) {
      try {
        const now = await look();
        if (now === null) return; // signed out, or no longer to be seen
        if (before !== null && now !== before) { unchanged = 0; await renew(); } else unchanged += 1;
        before = now;
      } catch { /* the station is away for a moment */ }
    }
    setTimeout(poll, Math.min(15000, 2000 + unchanged * 250));
  }
  document.querySelectorAll("[data-live]").forEach((part) => { part.dataset.was = ""; });
  if (waits()) poll();
})();
