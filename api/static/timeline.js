// Under the player: key frames, marks and waveform on one axis of time, with the playing head; a slider for all of it.
"use strict";
(() => {
  const film = document.querySelector("#film");
  if (!film) return;
  const STRIP = 56;
  const MARKS = 6;
  const WAVE = 44;
  const BARE = 14; // where there is neither a strip nor a waveform
  const QUIET = 1; // of 128: what counts as quiet; finding silence needs finer steps
  const LONG = 0.5; // seconds: a shorter quiet is none
  let stop = null; // takes the listeners of the one before away

  const { place } = window.muniment;

  // "00:01.000" or "01:00:01.000", as WebVTT has them.
  const seconds = (text) => text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);

  function cuesOf(text) {
    const found = [];
    const cue = /([\d:.]+) --> ([\d:.]+)[^\n]*\n[^\n]*#xywh=(\d+),(\d+),(\d+),(\d+)/g;
    for (const m of text.matchAll(cue)) {
      const [x, y, width, height] = m.slice(3).map(Number);
      if (width > 0 && height > 0) found.push({ from: seconds(m[1]), to: seconds(m[2]), x, y, width, height });
    }
    return found;
  }

  async function ask(address, as) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(String(answer.status));
    return answer[as]();
  }

  const image = (address) => new Promise((resolve, reject) => {
    const made = new Image();
    made.onload = () => resolve(made);
    made.onerror = reject;
    made.src = address;
  });

  function build() {
    const root = document.querySelector("#timeline");
    if (stop) stop.abort();
    if (!root) return;
    stop = new AbortController();
    const { signal } = stop;
    const bar = root.querySelector(".bar-room");
    const canvas = root.querySelector("canvas");
    const head = root.querySelector(".head-line");
    const hover = root.querySelector(".hover");
    const tile = hover.querySelector(".tile-room");
    const label = hover.querySelector("span");
    const legend = root.querySelector(".legend");
    let strip = null; // {image, cues}
    let wave = null;
    let dragging = false;

    const length = () => {
      if (Number.isFinite(film.duration) && film.duration > 0) return film.duration;
      if (wave) return (wave.points.length * 1000) / wave.rate;
      return strip ? strip.cues[strip.cues.length - 1].to : 0;
    };
    const colour = (name) => getComputedStyle(document.body).getPropertyValue(`--${name}`).trim();
    const cueAt = (t) => strip.cues.findLast((cue) => cue.from <= t) || strip.cues[0];

    function drawStrip(pen, width, top) {
      const whole = length();
      const first = strip.cues[0];
      const each = Math.max(24, (STRIP * first.width) / first.height);
      pen.save();
      pen.beginPath();
      pen.rect(0, top, width, STRIP);
      pen.clip();
      if (strip.cues.length === 1) { // all over the width it would look like a film that stands still
        pen.drawImage(strip.image, first.x, first.y, first.width, first.height, 0, top, each, STRIP);
        pen.fillStyle = colour("dim");
        pen.font = "12px sans-serif";
        pen.textBaseline = "middle";
        pen.fillText(root.dataset.single, each + 12, top + STRIP / 2);
        pen.restore();
        return;
      }
      for (let x = 0; x < width; x += each) {
        const cue = cueAt(((x + each / 2) / width) * whole);
        pen.drawImage(strip.image, cue.x, cue.y, cue.width, cue.height, x, top, each, STRIP);
      }
      pen.restore();
    }

    function spans() {
      return Array.from(document.querySelectorAll("[data-span]"), (part) => {
        const [from, to] = part.dataset.span.split(",");
        return { from: Number(from), to: to === "" ? length() : Number(to), tone: part.dataset.tone };
      });
    }

    function quietPlaces() {
      const found = [];
      const each = 1000 / wave.rate;
      let from = null;
      for (let i = 0; i <= wave.points.length; i += 1) {
        const quiet = i < wave.points.length && -wave.points[i][0] <= QUIET && wave.points[i][1] <= QUIET;
        if (quiet && from === null) from = i;
        if (!quiet && from !== null) {
          const to = Math.min(i * each, length()); // sound may end after the pictures
          if (to - from * each >= LONG) found.push([from * each, to]);
          from = null;
        }
      }
      return found;
    }

    function drawWave(pen, width, top) {
      const whole = length();
      const { points } = wave;
      const middle = top + WAVE / 2;
      const scale = (WAVE / 2 - 1) / 128;
      pen.fillStyle = colour("soft");
      pen.fillRect(0, top, width, WAVE);
      const quiet = quietPlaces();
      pen.fillStyle = colour("wait-soft");
      for (const [from, to] of quiet) pen.fillRect((from / whole) * width, top, Math.max(1, ((to - from) / whole) * width), WAVE);
      pen.fillStyle = colour("accent");
      for (let x = 0; x < width; x += 1) {
        const from = Math.floor(((x / width) * whole * wave.rate) / 1000);
        const to = Math.max(from + 1, Math.floor((((x + 1) / width) * whole * wave.rate) / 1000));
        if (from >= points.length) break;
        let low = 127;
        let high = -128;
        for (let i = from; i < to && i < points.length; i += 1) {
          low = Math.min(low, points[i][0]);
          high = Math.max(high, points[i][1]);
        }
        pen.fillRect(x, middle - high * scale, 1, Math.max(1, (high - low) * scale));
      }
      legend.hidden = quiet.length === 0;
      legend.textContent = "";
      if (quiet.length) {
        const box = document.createElement("i");
        legend.append(box, ` ${root.dataset.silence}: ${quiet.slice(0, 4).map(([a, b]) => `${place(a)} – ${place(b)}`).join(", ")}${quiet.length > 4 ? " …" : ""}`);
      }
    }

    function draw() {
      const width = bar.clientWidth;
      const whole = length();
      if (width === 0 || whole === 0) return;
      const bare = strip || wave ? 0 : BARE;
      const high = (strip ? STRIP : 0) + MARKS + (wave ? WAVE : 0) + bare;
      const dots = window.devicePixelRatio || 1;
      canvas.width = Math.round(width * dots);
      canvas.height = Math.round(high * dots);
      canvas.style.height = `${high}px`;
      const pen = canvas.getContext("2d");
      pen.scale(dots, dots);
      if (strip) drawStrip(pen, width, 0);
      const top = strip ? STRIP : 0;
      pen.fillStyle = colour("card");
      pen.fillRect(0, top, width, MARKS);
      for (const span of spans()) {
        pen.fillStyle = colour(span.tone);
        pen.fillRect((span.from / whole) * width, top + 1, Math.max(2, ((Math.min(span.to, whole) - span.from) / whole) * width), MARKS - 2);
      }
      if (wave) drawWave(pen, width, top + MARKS);
      if (bare) { pen.fillStyle = colour("line"); pen.fillRect(0, top + MARKS, width, bare); }
      for (const part of document.querySelectorAll("[data-mark]")) {
        const x = Math.round((Number(part.dataset.mark) / whole) * width);
        pen.fillStyle = colour("ground");
        pen.fillRect(x - 2, 0, 4, high);
        pen.fillStyle = colour("wait");
        pen.fillRect(x - 1, 0, 2, high);
        pen.beginPath();
        pen.moveTo(x - 5, 0); pen.lineTo(x + 5, 0); pen.lineTo(x, 7);
        pen.fill();
      }
      bar.setAttribute("aria-valuemax", whole.toFixed(3));
      tick();
    }

    function tick() {
      const whole = length();
      if (!whole) return;
      const t = Math.min(film.currentTime, whole);
      head.style.left = `${(t / whole) * 100}%`;
      bar.setAttribute("aria-valuenow", t.toFixed(3));
      bar.setAttribute("aria-valuetext", place(t));
    }

    const timeOf = (event) => {
      const box = bar.getBoundingClientRect();
      return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * length();
    };
    const go = (t) => { film.currentTime = Math.max(0, Math.min(length(), t)); tick(); };

    function peek(event) {
      const t = timeOf(event);
      label.textContent = place(t);
      hover.hidden = false;
      if (strip) {
        const cue = cueAt(t);
        tile.style.width = `${cue.width}px`;
        tile.style.height = `${cue.height}px`;
        tile.style.backgroundImage = `url("${strip.image.src}")`;
        tile.style.backgroundPosition = `-${cue.x}px -${cue.y}px`;
      }
      const box = bar.getBoundingClientRect();
      const half = hover.offsetWidth / 2;
      const x = Math.max(half, Math.min(box.width - half, event.clientX - box.left));
      hover.style.left = `${x - half}px`;
    }

    bar.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      dragging = true;
      bar.setPointerCapture(event.pointerId);
      go(timeOf(event));
    }, { signal });
    bar.addEventListener("pointermove", (event) => { peek(event); if (dragging) go(timeOf(event)); }, { signal });
    bar.addEventListener("pointerup", () => { dragging = false; }, { signal });
    bar.addEventListener("pointercancel", () => { dragging = false; }, { signal });
    bar.addEventListener("pointerleave", () => { hover.hidden = true; }, { signal });
    bar.addEventListener("keydown", (event) => {
      const whole = length();
      const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -whole / 10, PageUp: whole / 10 };
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in steps) go(film.currentTime + steps[event.key]);
      else if (event.key === "Home") go(0);
      else if (event.key === "End") go(whole);
      else return;
      event.preventDefault();
    }, { signal });
    for (const name of ["timeupdate", "seeking", "seeked"]) film.addEventListener(name, tick, { signal });
    for (const name of ["loadedmetadata", "durationchange"]) film.addEventListener(name, draw, { signal });
    document.addEventListener("marked", draw, { signal });
    const room = new ResizeObserver(draw);
    room.observe(bar);
    signal.addEventListener("abort", () => room.disconnect());
    // Smoothly while it plays: timeupdate comes four times a second.
    const glide = () => { if (signal.aborted) return; if (!film.paused) { tick(); requestAnimationFrame(glide); } };
    film.addEventListener("play", () => requestAnimationFrame(glide), { signal });

    const failed = () => { legend.hidden = false; legend.textContent = root.dataset.failed; };
    const show = () => { root.hidden = false; draw(); };
    if (!root.dataset.strip && !root.dataset.waveform) show();
    if (root.dataset.strip) {
      // One after the other: the ledger has one view of both.
      image(root.dataset.strip).then(async (picture) => [picture, await ask(`${root.dataset.strip}/index`, "text")])
        .then(([picture, text]) => {
          const cues = cuesOf(text);
          if (cues.length) strip = { image: picture, cues };
          show();
        }).catch(failed);
    }
    if (root.dataset.waveform) {
      ask(root.dataset.waveform, "json").then((found) => {
        if (found.format === 1 && found.rate > 0 && Array.isArray(found.points) && found.points.length) wave = found;
        show();
      }).catch(failed);
    }
  }

  let built = "";
  const rebuild = () => {
    const root = document.querySelector("#timeline");
    const wanted = root ? `${root.dataset.strip} ${root.dataset.waveform}` : "";
    if (root && wanted === built && !root.hidden) return;
    built = wanted;
    build();
  };
  rebuild();
  document.addEventListener("renewed", rebuild);
})();
