// What was really played: stretches of the film that ran before somebody's eyes, told to the station every fifteen
// seconds and when the page goes. A seek ends a stretch; what was passed over is not in one.
"use strict";
(() => {
  const EVERY = 15000;
  const TICK = 100; // a stretch is known to a tenth of a second, also where a seek ends it
  const LOOK = 3000; // footage ends within five seconds of the right to see it
  const MOST = 200; // stretches in one report
  const SOURCE = /^\/api\/v1\/clips\/([^/]+)\/(?:(original)|renditions\/([^/?]+))/;
  const notes = []; // one for each film or sound of the page
  const reports = new Map(); // by what is played: {clip, what, spans, played}

  function reportOf(media) {
    const found = SOURCE.exec(media.getAttribute("src") || "");
    if (!found) return null;
    const key = found[0];
    if (!reports.has(key)) reports.set(key, { clip: found[1], what: found[2] || found[3], spans: [], played: 0 });
    return reports.get(key);
  }

  function union(spans) {
    const found = [];
    for (const [from, to] of spans.sort((a, b) => a[0] - b[0])) {
      const last = found[found.length - 1];
      if (last && from <= last[1] + 100) last[1] = Math.max(last[1], to);
      else found.push([from, to]);
    }
    return found;
  }

  async function send(report) {
    if (!report.spans.length) return;
    const all = union(report.spans);
    const spans = all.slice(0, MOST);
    const played = Math.round(report.played);
    report.spans = all.slice(MOST);
    report.played = 0;
    try {
      const answer = await fetch(`/api/v1/clips/${report.clip}/plays`, {
        method: "POST",
        keepalive: true, // also when the page goes
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ what: report.what, spans, played_ms: Math.min(played, 86400000) }),
      });
      if ([401, 403, 404].includes(answer.status)) { reports.clear(); document.dispatchEvent(new Event("ended")); return; }
      if (answer.status !== 429 && answer.status < 500) return;
    } catch { /* the station is away for a moment */ }
    report.spans = union([...report.spans, ...spans]);
    report.played += played;
  }

  document.querySelectorAll("#theatre video, #theatre audio").forEach((media) => {
    let last = null; // {at: seconds of the film, when: milliseconds}
    let span = null;
    const cut = () => { last = null; span = null; };
    function note() {
      if (media.seeking) { cut(); return; }
      const report = reportOf(media);
      if (!report) return;
      const [at, when] = [media.currentTime, performance.now()];
      if (last && last.report === report) {
        const ran = at - last.at;
        const may = ((when - last.when) / 1000) * media.playbackRate * 1.5 + 0.5;
        if (ran > 0 && ran <= may) {
          const to = Math.round(at * 1000);
          // A report that left took the stretch with it.
          if (!span || !report.spans.includes(span)) { span = [Math.round(last.at * 1000), to]; if (span[0] < to) report.spans.push(span); else span = null; } else span[1] = to;
          report.played += when - last.when;
        } else span = null;
      }
      last = media.paused ? null : { at, when, report };
      if (media.paused) span = null;
    }
    media.addEventListener("timeupdate", note);
    media.addEventListener("playing", note);
    media.addEventListener("pause", note);
    media.addEventListener("ended", note);
    media.addEventListener("ratechange", note);
    for (const name of ["seeking", "emptied", "waiting"]) media.addEventListener(name, cut);
    // The browser tells the time four times a second at best, and a seek leaves no moment to ask where it had been.
    setInterval(() => { if (!media.paused) note(); }, TICK);
    notes.push(note);
  });

  const sendAll = () => {
    for (const note of notes) note();
    for (const report of reports.values()) send(report);
  };
  setInterval(sendAll, EVERY);

  // What the browser has of a film already would go on without us: while one runs it is asked whether it may.
  setInterval(async () => {
    const running = Array.from(document.querySelectorAll("#theatre video, #theatre audio")).filter((media) => !media.paused);
    for (const source of new Set(running.map((media) => media.getAttribute("src")).filter(Boolean))) {
      try {
        const answer = await fetch(source, { method: "HEAD", cache: "no-store" });
        if ([401, 403, 404].includes(answer.status)) { reports.clear(); document.dispatchEvent(new Event("ended")); return; }
      } catch { /* the station is away for a moment */ }
    }
  }, LOOK);
  document.addEventListener("ended", (event) => {
    // A page with no words for it is asked for anew, and says what is left.
    if (event.target === document && !document.querySelector("#ended")) location.reload();
  });
  window.addEventListener("pagehide", sendAll);
  document.addEventListener("visibilitychange", () => { if (document.hidden) sendAll(); });
})();
