// One clock over several recorders: it runs, they follow. Small drift is taken up by the rate, a large one by a seek;
// whoever has to load makes the clock wait for a moment. Without this each film has its own controls.
"use strict";
(() => {
  const theatre = document.querySelector("#theatre.together");
  if (!theatre) return;
  const one = (selector, room = document) => room.querySelector(selector);
  const all = (selector, room = document) => Array.from(room.querySelectorAll(selector));
  const SPEEDS = [0.1, 0.25, 0.5, 1, 1.5, 2, 4, 8];
  const TURN = 50; // ms between two looks at the drift
  const CLOSE = 0.008; // s: nothing is done below it
  const FAR = 0.25; // s of drift, at speed 1, from which on it is a seek
  const START = 75; // ms before its time, a film is set off
  const PATIENCE = 4000; // ms that the clock waits for one recorder
  const { zone } = theatre.dataset;
  const axis = one("#axis");
  const clock = one("#clock");
  const waiting = one("#waiting");
  const origin = Number(theatre.dataset.begin); // the drawn line's beginning
  const whole = Math.max(1, Number(theatre.dataset.end) - origin);

  const rooms = all("[data-lane]").map((room) => ({
    room,
    number: Number(room.dataset.lane),
    parts: JSON.parse(room.dataset.parts).map(([begin, length, source, facts, clip, rate]) => ({ begin, length, source, facts, clip, rate, table: undefined })),
    moved: Number(room.dataset.moved),
    line: one(`[data-line="${room.dataset.lane}"]`),
  }));
  const lanes = rooms.filter(({ room }) => room.classList.contains("plays")).map((lane) => {
    const [stage, behind] = all("video", lane.room);
    return Object.assign(lane, { stage, behind, at: -1, lead: 0.08, broken: false, since: 0, stands: "", asked: 0 });
  });
  if (!lanes.length) return;

  let speed = 1;
  let playing = false;
  let held = false;
  let stalled = 0; // since when somebody loads
  let anchor = { t: Number(theatre.dataset.at), when: performance.now() };
  let active = lanes[0];
  let sound = Number(theatre.dataset.sound);

  const begin = () => Math.min(...lanes.flatMap((lane) => lane.parts.map((part) => part.begin + lane.moved)));
  const end = () => Math.max(...lanes.flatMap((lane) => lane.parts.map((part) => part.begin + part.length + lane.moved)));
  const now = () => (playing && !held ? Math.min(end(), anchor.t + (performance.now() - anchor.when) * speed) : anchor.t);
  const put = (t) => { anchor = { t, when: performance.now() }; };

  const format = (options) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone, ...options });
  const CLOCK = format({ hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 2 });
  const SHORT = format({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const FULL = format({ dateStyle: "short", timeStyle: "medium" });
  const wall = (t) => CLOCK.format(new Date(t)).replace(",", ".");
  const by = (ms) => `${ms < 0 ? "−" : "+"}${(Math.abs(ms) / 1000).toFixed(3)} s`;

  // ---- One recorder: its part at a moment, and how far it is from where it should be
  function partAt(lane, t) {
    return lane.parts.findIndex((part) => part.source && t >= part.begin && t < part.begin + part.length);
  }

  function load(video, source) {
    if (video.getAttribute("src") === source) return;
    video.preload = "auto";
    video.src = source;
    video.load();
  }

  function enter(lane, index) {
    const part = lane.parts[index];
    if (lane.stage.getAttribute("src") !== part.source) {
      lane.stage.pause();
      load(lane.behind, part.source);
      [lane.stage, lane.behind] = [lane.behind, lane.stage];
      delete lane.stage.dataset.behind;
      lane.stage.hidden = false;
      lane.behind.pause();
      lane.behind.dataset.behind = "";
      lane.behind.hidden = true;
    }
    lane.at = index;
    lane.since = performance.now();
    lane.stage.muted = lane.number !== sound;
    lane.stage.dataset.begin = String(part.begin + lane.moved);
    one("[data-still]", lane.room).action = `/clips/${part.clip}/stills`;
    one("[data-alone]", lane.room).href = `/clips/${part.clip}`;
  }

  // The file after this one is loaded before it is needed, and set off a moment early: to begin takes a moment.
  function ready(lane, next, left) {
    const { behind } = lane;
    if (left > 6000 * Math.max(1, speed)) return;
    behind.muted = true;
    load(behind, next.source);
    if (left > START * speed || held || !behind.paused || behind.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) return;
    behind.playbackRate = speed;
    behind.play().catch(() => {});
  }

  function gap(lane, t) {
    const said = one(".no-picture", lane.room);
    said.hidden = lane.at >= 0 || lane.broken;
    one("[data-still] button", lane.room).disabled = lane.at < 0 || lane.broken;
    if (lane.at >= 0) return;
    if (!lane.stage.paused) lane.stage.pause();
    const next = lane.parts.find((part) => part.source && part.begin > t);
    const words = next ? theatre.dataset.gapNext.replace("{at}", SHORT.format(new Date(next.begin + lane.moved))) : theatre.dataset.gapOver;
    const place = one("[data-next]", said);
    if (place.textContent !== words) place.textContent = words;
  }

  function follow(lane, master) {
    if (lane.broken) return;
    const t = master - lane.moved;
    const index = partAt(lane, t);
    if (index < 0) { lane.at = -1; gap(lane, t); return; }
    if (index !== lane.at) enter(lane, index);
    gap(lane, t);
    const part = lane.parts[index];
    const next = lane.parts[index + 1];
    if (next && next.source && playing) ready(lane, next, next.begin - t);
    const { stage } = lane;
    if (stage.readyState < HTMLMediaElement.HAVE_METADATA) return;
    const wanted = Math.min((t - part.begin) / 1000, Math.max(0, stage.duration - 0.001) || Infinity);
    if (!playing || held) {
      if (!stage.paused) stage.pause();
      // Once for each place where it stands, however near it is: what a player shows when it stops may be a frame ahead.
      const place = `${part.source} ${wanted.toFixed(4)}`;
      if (!stage.seeking && lane.stands !== place && (!held || Math.abs(stage.currentTime - wanted) > FAR)) { lane.stands = place; lane.since = performance.now(); stage.currentTime = wanted; }
      return;
    }
    lane.stands = "";
    if (stage.seeking) return;
    const drift = stage.currentTime - wanted;
    if (Math.abs(drift) > FAR * Math.max(1, speed)) {
      lane.since = performance.now();
      lane.asked = performance.now();
      stage.currentTime = Math.max(0, wanted + lane.lead * speed);
    } else {
      const bend = Math.abs(drift) < CLOSE * Math.max(1, speed) ? 0 : Math.max(-0.25, Math.min(0.25, -drift * 1.6 / Math.max(1, speed)));
      const rate = Math.max(0.0625, Math.min(16, speed * (1 + bend)));
      if (Math.abs(stage.playbackRate - rate) > 0.004) stage.playbackRate = rate;
    }
    if (stage.paused && !stage.ended) stage.play().catch(() => {});
  }

  const loads = (lane) => lane.at >= 0 && !lane.broken && !lane.stage.ended
    && lane.stage.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && performance.now() - lane.since < PATIENCE;

  // ---- The clock
  function turn() {
    const t = now();
    if (playing) {
      const busy = lanes.some(loads);
      if (!busy) stalled = 0; else if (!stalled) stalled = performance.now();
      const hold = busy && performance.now() - stalled > 120;
      if (hold !== held) { put(t); held = hold; waiting.hidden = !hold; }
      if (t >= end() - 1) pause();
    }
    lanes.forEach((lane) => follow(lane, t));
  }

  let drawn = 0;
  function draw() {
    const t = now();
    if (Math.abs(t - drawn) >= 10 || !playing) {
      drawn = t;
      clock.textContent = wall(t);
      clock.title = new Date(t).toISOString();
      if (document.activeElement !== axis || !axis.matches(":active")) axis.value = String(Math.round(t - origin));
      axis.setAttribute("aria-valuetext", FULL.format(new Date(t)));
      const x = String(Math.max(0, Math.min(1000, ((t - origin) / whole) * 1000)));
      for (const lane of rooms) if (lane.line) { const here = one(".here", lane.line); here.setAttribute("x1", x); here.setAttribute("x2", x); }
      for (const lane of lanes) one("[data-own]", lane.room).textContent = lane.at < 0 || lane.broken ? "" : wall(lane.parts[lane.at].begin + lane.moved + lane.stage.currentTime * 1000);
    }
    requestAnimationFrame(draw);
  }

  function keep() {
    const kept = new URLSearchParams(location.search);
    kept.set("at", new Date(Math.round(now())).toISOString());
    kept.delete("moved");
    for (const lane of lanes) if (lane.moved) kept.append("moved", `${lane.number}:${lane.moved}`);
    kept.set("sound", String(sound));
    history.replaceState(null, "", `?${kept}`);
  }

  function seek(t) {
    put(Math.max(begin(), Math.min(end() - 1, t)));
    stalled = 0;
    lanes.forEach((lane) => { lane.since = performance.now(); });
    turn();
    if (!playing) keep();
  }

  function play() {
    if (playing) return;
    put(now() >= end() - 2 ? begin() : anchor.t);
    playing = true;
    lanes.forEach((lane) => { lane.since = performance.now(); });
    one("[data-do=play]").setAttribute("aria-pressed", "true");
    turn();
  }

  function pause() {
    put(now());
    playing = false;
    held = false;
    waiting.hidden = true;
    one("[data-do=play]").setAttribute("aria-pressed", "false");
    lanes.forEach((lane) => { lane.behind.pause(); follow(lane, anchor.t); });
    keep();
  }

  function changeSpeed(step) {
    const near = SPEEDS.indexOf(speed);
    put(now());
    speed = SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, near + step))];
    one("#speed").textContent = `${speed}×`;
    turn();
  }

  // ---- By frames of the active one; the others follow
  async function step(direction) {
    if (playing) pause();
    const lane = active;
    if (lane.at < 0) { seek(now() + direction * 40); return; }
    const part = lane.parts[lane.at];
    if (part.table === undefined) part.table = part.facts ? await window.muniment.frames(part.facts) : null;
    const inside = (anchor.t - lane.moved - part.begin) / 1000;
    if (!part.table) { seek(anchor.t + (direction * 1000) / (part.rate || 25)); return; }
    const to = part.table.before(inside) + direction;
    if (to < 0 || to >= part.table.count) { seek(anchor.t + (direction * 1000) / (part.rate || 25)); return; }
    seek(part.begin + lane.moved + part.table.inside(to) * 1000);
  }

  // ---- What a visitor chooses
  function choose(lane) {
    active = lane;
    lanes.forEach((other) => {
      other.room.classList.toggle("active", other === lane);
      one("[data-choose]", other.room).setAttribute("aria-pressed", String(other === lane));
    });
  }

  function listen(number) {
    sound = number;
    lanes.forEach((lane) => {
      lane.stage.muted = lane.number !== number;
      lane.behind.muted = true;
      one("[data-listen]", lane.room).setAttribute("aria-pressed", String(lane.number === number));
    });
    keep();
  }

  function move(lane, ms) {
    lane.moved = Math.max(-86400000, Math.min(86400000, ms));
    if (lane.at >= 0) lane.stage.dataset.begin = String(lane.parts[lane.at].begin + lane.moved);
    showMoved(lane);
    seek(now());
    keep();
  }

  function showMoved(lane) {
    const said = one("[data-moved-words]", lane.room);
    said.hidden = lane.moved === 0;
    one("span", said).textContent = theatre.dataset.moved.replace("{by}", by(lane.moved));
    // The line was drawn where the clock puts it.
    if (lane.line) one("g", lane.line).setAttribute("transform", `translate(${(lane.moved / whole) * 1000} 0)`);
  }

  const ACTIONS = {
    play: () => (playing ? pause() : play()),
    back: () => step(-1),
    forward: () => step(1),
    earlier: () => seek(now() - 5000),
    later: () => seek(now() + 5000),
    slower: () => changeSpeed(-1),
    faster: () => changeSpeed(1),
    full: () => { if (document.fullscreenElement) document.exitFullscreen(); else theatre.requestFullscreen().catch(() => {}); },
    sound: () => listen(sound === active.number ? 0 : active.number),
    sooner: () => move(active, active.moved - 40),
    afterwards: () => move(active, active.moved + 40),
  };
  const KEYS = { " ": "play", ",": "back", ".": "forward", ArrowLeft: "earlier", ArrowRight: "later", "[": "slower", "]": "faster", f: "full", v: "sound", "<": "sooner", ">": "afterwards" };

  lanes.forEach((lane) => {
    const { room } = lane;
    one("[data-choose]", room).disabled = false;
    one("[data-choose]", room).addEventListener("click", () => choose(lane));
    one("[data-listen]", room).addEventListener("click", () => { choose(lane); listen(sound === lane.number ? 0 : lane.number); });
    all("[data-nudge]", room).forEach((button) => button.addEventListener("click", () => { choose(lane); move(lane, lane.moved + Number(button.dataset.nudge)); }));
    one("[data-reset]", room).addEventListener("click", () => move(lane, 0));
    one("[data-still]", room).addEventListener("submit", () => {
      if (playing) pause();
      const part = lane.parts[lane.at];
      one("[name=at_us]", room).value = String(Math.max(0, Math.round(part ? (anchor.t - lane.moved - part.begin) * 1000 : 0)));
    });
    [lane.stage, lane.behind].forEach((video) => {
      video.controls = false;
      video.addEventListener("click", () => { choose(lane); ACTIONS.play(); });
      video.addEventListener("seeked", () => {
        if (video !== lane.stage || !lane.asked) return;
        lane.lead = Math.min(0.6, lane.lead * 0.6 + ((performance.now() - lane.asked) / 1000) * 0.4);
        lane.asked = 0;
      });
      video.addEventListener("error", () => {
        if (video !== lane.stage || !video.getAttribute("src")) return;
        lane.broken = true;
        one(".no-picture.broken", room).hidden = false;
        gap(lane, now() - lane.moved);
      });
    });
    showMoved(lane);
  });
  rooms.forEach(({ line }) => {
    if (!line) return;
    line.addEventListener("click", (event) => {
      const box = line.getBoundingClientRect();
      seek(origin + ((event.clientX - box.left) / box.width) * whole);
    });
  });
  axis.addEventListener("input", () => seek(origin + Number(axis.value)));
  all("[data-do]").forEach((button) => button.addEventListener("click", () => ACTIONS[button.dataset.do]()));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input:not([type=range]), textarea, select, [contenteditable]")) return;
    if (event.target === axis && event.key.startsWith("Arrow")) return;
    if (/^[1-9]$/.test(event.key)) {
      const lane = lanes.find(({ number }) => number === Number(event.key));
      if (lane) choose(lane);
      return;
    }
    const act = KEYS[event.key];
    if (!act || (event.key === " " && event.target.closest("button, a, summary"))) return;
    event.preventDefault();
    ACTIONS[act]();
  });

  choose(lanes.find(({ number }) => number === sound) || lanes[0]);
  lanes.forEach((lane) => { lane.stage.muted = lane.number !== sound; one("[data-listen]", lane.room).setAttribute("aria-pressed", String(lane.number === sound)); });
  setInterval(turn, TURN);
  turn();
  draw();
})();
