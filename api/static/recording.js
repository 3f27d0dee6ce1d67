// One player over the parts of a recording: two video elements take turns, one axis of time is over all of them.
// Nothing is joined: each part is asked for where any clip is. Without this the first part plays, and each has a link.
"use strict";
(() => {
  const one = (selector) => document.querySelector(selector);
  const table = one("#parts");
  let stage = one("#stage");
  let behind = one("#behind");
  if (!table || !stage) return;

  const parts = Array.from(table.querySelectorAll("tbody tr"), (row) => ({
    row,
    from: Number(row.dataset.from),
    length: Number(row.dataset.length),
    source: row.dataset.source || null,
    start: Date.parse(row.dataset.start || ""),
    file: Date.parse(row.dataset.file || ""),
    exact: row.dataset.exact || null, // where the true times of its frames are
    frames: null,
  }));
  const axis = one("#axis");
  const words = window.muniment.place;
  const said = one("#said");
  const now = one("#now");
  const frame = 1 / (Number(table.dataset.rate) || 25);
  const SOON = 5000; // ms before a part ends, the next one is asked for
  let at = parts.findIndex((part) => part.source);
  let dragging = false;
  let wanted = 0; // each change of part makes what was asked for before it void

  const end = (part) => part.from + part.length;
  const playable = (index, step) => {
    let next = index;
    while (next >= 0 && next < parts.length && !parts[next].source) next += step;
    return next;
  };
  const place = () => Math.min(parts[at].from + stage.currentTime * 1000, Math.max(end(parts[at]), parts[at].from));

  function tick() {
    const t = place();
    if (!dragging) axis.value = String(t);
    axis.setAttribute("aria-valuetext", words(t / 1000));
  }

  function say(text) {
    said.hidden = !text;
    said.textContent = text || "";
  }

  function show() {
    parts.forEach((part, index) => part.row.classList.toggle("now", index === at));
    now.textContent = parts[at].row.dataset.now;
    tick();
  }

  function address(video) { return video.getAttribute("src"); }

  // Put a part on the stage, some milliseconds from its beginning.
  function put(index, offset, playing) {
    const change = ++wanted;
    const rate = stage.playbackRate;
    const { source } = parts[index];
    if (address(stage) !== source) {
      stage.pause();
      if (address(behind) !== source) { behind.src = source; behind.load(); }
      [stage, behind] = [behind, stage];
      delete stage.dataset.behind;
      behind.dataset.behind = "";
      stage.muted = behind.muted;
      stage.volume = behind.volume;
    }
    at = index;
    const go = () => {
      if (change !== wanted) return;
      // A damaged part whose length nobody knew, and that plays all the same.
      if (parts[index].length === 0 && Number.isFinite(stage.duration)) {
        parts[index].length = stage.duration * 1000;
        axis.max = String(Math.max(Number(axis.max), end(parts[index])));
      }
      stage.playbackRate = rate;
      const seconds = Math.max(0, offset) / 1000;
      if (Math.abs(stage.currentTime - seconds) > 0.001) stage.currentTime = seconds;
      if (playing) stage.play().catch(() => {});
    };
    if (stage.readyState >= HTMLMediaElement.HAVE_METADATA) go();
    else stage.addEventListener("loadedmetadata", go, { once: true });
    show();
  }

  // What is passed over on the way is said: parts that do not play, gaps that are findings.
  function notes(from, to) {
    const found = [];
    for (let i = from; i <= to && i < parts.length; i += 1) {
      if (i > from && parts[i].row.dataset.gap) found.push(parts[i].row.dataset.gap);
      if (!parts[i].source) found.push(parts[i].row.dataset.skip);
    }
    return found.join(" ");
  }

  // The part that covers a moment: of two that overlap the earlier one, in a gap the one after it.
  function covering(t) {
    const index = parts.findIndex((part) => t < end(part));
    return index < 0 ? parts.length - 1 : index;
  }

  function seek(t) {
    const index = covering(t);
    let target = playable(index, 1);
    if (target >= parts.length) target = playable(index, -1);
    if (target < 0) return;
    say(target === index ? "" : notes(Math.min(index, target), Math.max(index, target)));
    put(target, target === index ? t - parts[target].from : 0, !stage.paused);
  }

  function move(step) {
    const target = playable(at + step, step);
    if (target < 0 || target >= parts.length) return;
    say(notes(Math.min(at, target), Math.max(at, target)));
    put(target, 0, !stage.paused);
  }

  function goOn() {
    const target = playable(at + 1, 1);
    if (target >= parts.length) {
      say(notes(at, parts.length - 1));
      return;
    }
    say(notes(at, target));
    // Where they overlap, what was just seen is not shown twice.
    const seen = target === at + 1 ? Math.max(0, end(parts[at]) - parts[target].from) : 0;
    put(target, Math.min(seen, parts[target].length), true);
  }

  function prepare() {
    if (stage.paused || end(parts[at]) - place() > SOON * Math.max(1, stage.playbackRate)) return;
    const next = playable(at + 1, 1);
    if (next < parts.length && address(behind) !== parts[next].source) { behind.src = parts[next].source; behind.load(); }
  }

  // One frame on or back, by the true times of the frames where they are known; over the edge, the part beside.
  async function stepFrame(direction) {
    const part = parts[at];
    if (part.exact && part.frames === null) part.frames = (await window.muniment.frames(part.exact)) || false;
    if (parts[at] !== part) return;
    if (!part.frames) { stage.currentTime = Math.max(0, stage.currentTime + direction * frame); return; }
    const to = part.frames.before(stage.currentTime) + direction;
    const beside = playable(at + direction, direction);
    if (to >= 0 && to < part.frames.count) stage.currentTime = part.frames.inside(to);
    else if (beside >= 0 && beside < parts.length) put(beside, direction > 0 ? 0 : Math.max(0, parts[beside].length - frame * 500), false);
  }

  [stage, behind].forEach((video) => {
    const mine = (act) => () => { if (video === stage) act(); };
    video.addEventListener("timeupdate", mine(() => { tick(); prepare(); }));
    video.addEventListener("seeked", mine(tick));
    video.addEventListener("ended", mine(goOn));
    video.addEventListener("error", () => {
      const broken = parts.find((part) => part.source && part.source === address(video));
      if (!broken) return;
      broken.source = null;
      if (video === stage) goOn();
    });
  });
  axis.addEventListener("input", () => { dragging = true; axis.setAttribute("aria-valuetext", words(Number(axis.value) / 1000)); });
  axis.addEventListener("change", () => { dragging = false; seek(Number(axis.value)); });
  document.querySelectorAll("[data-seek]").forEach((link) => link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    say("");
    put(Number(link.dataset.seek) - 1, 0, !stage.paused);
  }));
  window.muniment.player({
    media: () => stage,
    elements: [stage, behind],
    zone: table.dataset.zone,
    time: () => place() / 1000,
    length: () => Number(axis.max) / 1000,
    seek: (t) => seek(t * 1000),
    step: stepFrame,
    clocks: () => ({ corrected: parts[at].start + stage.currentTime * 1000, file: parts[at].file + stage.currentTime * 1000 }),
    acts: { before: () => move(-1), after: () => move(1) },
  });
  if (parts[0] && at > 0) say(notes(0, at));
  show();
})();
