// The page of one clip: places to go to, exact steps from frame to frame, and what is made while one watches.
"use strict";
(() => {
  const one = (selector) => document.querySelector(selector);
  const film = one("#film");

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
    film.addEventListener("broken", (event) => { if (goOn()) event.preventDefault(); });
    film.addEventListener("playing", () => { playing = true; });
    film.addEventListener("pause", () => { if (!film.error) playing = false; });
  }

  // ---- One frame on or back, by the true times of the frames
  const exact = film && film.dataset.exact;
  const shownFrame = one("#frame");
  let times = null; // once asked for: {count, at(index), before(seconds)}
  let asked = null;
  let seen = null; // the time of the frame that is shown, where the browser tells it

  function tableOf(facts) {
    const { frames } = facts;
    if (!frames || !Array.isArray(frames.runs) || frames.runs.length === 0) return null;
    const [over, under] = frames.time_base.split("/").map(Number);
    const streams = facts.streams.filter((s) => (s.type === "video" || s.type === "audio") && !s.cover && Number.isInteger(s.start_us));
    const zero = Math.min(...streams.map((s) => s.start_us)) / 1e6;
    const runs = [];
    let index = 0;
    let ticks = frames.first;
    for (const [count, each] of frames.runs) {
      runs.push({ index, ticks, each });
      index += count;
      ticks += count * each;
    }
    const last = (field, value) => {
      let low = 0;
      let high = runs.length - 1;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (runs[middle][field] <= value) low = middle; else high = middle - 1;
      }
      return runs[low];
    };
    const seconds = (t) => (t * over) / under - (Number.isFinite(zero) ? zero : 0);
    return {
      count: frames.count,
      at: (i) => { const run = last("index", i); return seconds(run.ticks + (i - run.index) * run.each); },
      // The frame that is shown at a moment: the last one that began. Half a millisecond is what clocks round away.
      before: (s) => {
        const t = ((s + 0.0005 + (Number.isFinite(zero) ? zero : 0)) * under) / over;
        const run = last("ticks", t);
        const i = run.index + (run.each > 0 ? Math.floor((t - run.ticks) / run.each) : 0);
        return Math.max(0, Math.min(frames.count - 1, i));
      },
    };
  }

  function load() {
    asked = asked || fetch(exact, { headers: { Accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : null))
      .then((facts) => { times = facts && tableOf(facts); say(); })
      .catch(() => {});
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
    film.addEventListener("step", (event) => {
      if (!times) { load().then(() => { if (times) step(event.detail); }); event.preventDefault(); return; }
      event.preventDefault();
      step(event.detail);
    });
  }

  function step(direction) {
    const from = times.before(film.seeking || seen === null ? film.currentTime : seen);
    const to = Math.max(0, Math.min(times.count - 1, from + direction));
    const begin = times.at(to);
    const length = to + 1 < times.count ? times.at(to + 1) - begin : 0.01;
    // Just inside: at the very edge, rounding may show the frame before.
    film.currentTime = Math.max(0, begin + Math.min(0.001, length / 4));
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
