// The controls under a player: speed, steps, a loop over a stretch, sound, clocks, full screen. One set for a clip's
// film and for a recording's parts: whoever has a player gives it to `muniment.player`.
//
// A player: media() the element that shows now; elements: all of them; time(), length(), seek(t) in seconds of the
// whole; step(direction); clocks() {name: milliseconds since 1970 or null}; zone; acts: more actions by name.
"use strict";
window.muniment = window.muniment || {};
window.muniment.place = (seconds) => {
  const ms = Math.round(seconds * 1000);
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(ms / 3600000);
  const minutes = Math.floor(ms / 60000) % 60;
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(Math.floor(ms / 1000) % 60)}.${String(ms % 1000).padStart(3, "0")}`;
};
window.muniment.player = (player) => {
  const SPEEDS = [0.1, 0.25, 0.5, 1, 1.5, 2, 4, 8, 16];
  const SHORTEST = 0.05; // seconds: of a loop
  const LEAP = 5;
  const ASK_EVERY = 4000; // milliseconds
  const theatre = document.querySelector("#theatre");
  const one = (selector) => theatre.querySelector(selector);
  const { place } = window.muniment;
  const loop = { from: null, to: null, on: false };

  // ---- Speed
  const menu = one("#speed");
  const near = (rate) => SPEEDS.reduce((best, s, i) => (Math.abs(s - rate) < Math.abs(SPEEDS[best] - rate) ? i : best), 0);
  const setSpeed = (rate) => { player.media().playbackRate = rate; };
  const changeSpeed = (step) => setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, near(player.media().playbackRate) + step))]);
  const showSpeed = () => { if (menu) menu.value = String(SPEEDS[near(player.media().playbackRate)]); };
  if (menu) {
    for (const speed of SPEEDS) menu.append(new Option(`${speed}×`, String(speed)));
    menu.addEventListener("change", () => setSpeed(Number(menu.value)));
  }

  // ---- Play, steps, leaps
  const toggle = () => { const media = player.media(); if (media.paused) media.play().catch(() => {}); else media.pause(); };
  const showState = () => {
    const button = one("[data-act=play]");
    if (button) button.dataset.state = player.media().paused ? "paused" : "playing";
  };
  const leap = (by) => player.seek(Math.max(0, Math.min(player.length(), player.time() + by)));
  const step = (direction) => { player.media().pause(); player.step(direction); };

  // ---- A loop over a stretch
  const said = one("#loop");
  const band = one(".loop-band");
  function showLoop() {
    const { from, to, on } = loop;
    const begin = from === null ? 0 : from;
    const end = to === null ? player.length() : to;
    const set = from !== null || to !== null;
    const button = one("[data-act=loop]");
    if (button) button.setAttribute("aria-pressed", String(on));
    if (said) {
      said.hidden = !set && !on;
      said.textContent = `${place(begin)} – ${place(end)}`;
    }
    if (band) {
      const whole = player.length();
      band.hidden = !(whole > 0) || (!set && !on);
      band.classList.toggle("on", on);
      if (!band.hidden) {
        band.style.left = `${(begin / whole) * 100}%`;
        band.style.width = `${(Math.max(0, end - begin) / whole) * 100}%`;
      }
    }
  }
  function setEdge(edge) {
    const t = player.time();
    loop[edge] = t;
    // An end before the beginning is a new stretch, not an empty one.
    if (loop.from !== null && loop.to !== null && loop.to - loop.from < SHORTEST) loop[edge === "from" ? "to" : "from"] = null;
    showLoop();
  }
  function toggleLoop() {
    loop.on = !loop.on;
    showLoop();
    if (loop.on) keepIn();
  }
  function keepIn() {
    const media = player.media();
    // On its way to another place, or to another part.
    if (!loop.on || media.seeking || media.readyState < HTMLMediaElement.HAVE_METADATA) return;
    const begin = loop.from === null ? 0 : loop.from;
    const end = loop.to === null ? player.length() : loop.to;
    const t = player.time();
    if (end - begin >= SHORTEST && (t >= end - 0.005 || t < begin - 0.05)) player.seek(begin);
  }

  // ---- Sound
  const level = one("#volume");
  const showVolume = () => {
    const media = player.media();
    if (level) { level.value = String(media.muted ? 0 : media.volume); level.setAttribute("aria-valuetext", `${Math.round(Number(level.value) * 100)} %`); }
    const button = one("[data-act=mute]");
    if (button) button.setAttribute("aria-pressed", String(media.muted));
  };
  function setVolume(value) {
    for (const media of player.elements) {
      media.volume = Math.max(0, Math.min(1, value));
      media.muted = value <= 0;
    }
  }
  const louder = (by) => { const media = player.media(); setVolume((media.muted ? 0 : media.volume) + by); };
  const mute = () => { const muted = !player.media().muted; for (const media of player.elements) media.muted = muted; };
  if (level) level.addEventListener("input", () => setVolume(Number(level.value)));

  // ---- The whole screen: of the room that the watermark is in, never of the film alone
  function fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (theatre.requestFullscreen) theatre.requestFullscreen().catch(() => {});
  }
  document.addEventListener("fullscreenchange", () => {
    const now = document.fullscreenElement;
    if (now && player.elements.includes(now)) document.exitFullscreen().then(() => theatre.requestFullscreen()).catch(() => {});
  });

  // ---- Clocks
  const format = (zone) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 2 });
  const local = format(player.zone || "UTC");
  const bare = format("UTC"); // what is in the picture has no zone
  const day = new Intl.DateTimeFormat("sv-SE", { timeZone: player.zone || "UTC", year: "numeric", month: "2-digit", day: "2-digit" });
  const position = one("#clock");
  function tick() {
    const t = player.time();
    if (position) position.textContent = `${place(t)} / ${place(player.length() || 0)}`;
    const clocks = player.clocks();
    for (const shown of theatre.querySelectorAll("[data-clock]")) {
      const at = clocks[shown.dataset.clock];
      const known = typeof at === "number" && Number.isFinite(at);
      shown.closest("[data-clock-room]").hidden = !known;
      if (known) {
        const burnt = shown.dataset.clock === "picture";
        shown.textContent = (burnt ? bare : local).format(new Date(at)).replace(",", ".");
        shown.title = burnt ? "" : `${day.format(new Date(at))} · ${new Date(at).toISOString()}`;
      }
    }
  }

  // ---- Smoothly while it plays: timeupdate comes four times a second
  let gliding = false;
  function glide() {
    keepIn();
    tick();
    gliding = !player.media().paused;
    if (gliding) requestAnimationFrame(glide);
  }
  for (const media of player.elements) {
    const mine = (act) => () => { if (media === player.media()) act(); };
    for (const name of ["timeupdate", "seeking", "seeked", "loadedmetadata"]) media.addEventListener(name, mine(tick));
    media.addEventListener("timeupdate", mine(keepIn));
    for (const name of ["loadedmetadata", "durationchange"]) media.addEventListener(name, mine(showLoop));
    media.addEventListener("ratechange", mine(showSpeed));
    media.addEventListener("volumechange", mine(showVolume));
    media.addEventListener("play", mine(() => { showState(); if (!gliding) { gliding = true; requestAnimationFrame(glide); } }));
    media.addEventListener("pause", mine(showState));
    // At its end a film is paused, and a loop over all of it goes on.
    media.addEventListener("ended", mine(() => {
      if (!loop.on || player.time() < player.length() - 0.05) return;
      keepIn();
      player.media().play().catch(() => {});
    }));
    if (media.tagName === "VIDEO") {
      media.controls = false; // ours are beside the watermark's room, its own would take the film out of it
      media.addEventListener("click", toggle);
      media.addEventListener("dblclick", fullScreen);
    }
  }

  // ---- Who may watch no longer: what the browser still has of it goes too
  document.addEventListener("ended", (event) => {
    if (event.target !== document) return; // a film that came to its end
    for (const media of player.elements) { media.pause(); media.removeAttribute("src"); media.removeAttribute("poster"); media.load(); }
    document.querySelectorAll("#timeline, .parts-axis, .controls, .running, .under").forEach((part) => { part.hidden = true; });
    const said = document.querySelector("#ended");
    if (said) said.hidden = false;
  });

  // A film that the browser holds already asks for nothing more: whether it may still be seen is asked beside it.
  setInterval(async () => {
    const source = player.media().getAttribute("src");
    if (!source || document.hidden) return;
    try {
      const answer = await fetch(source, { method: "HEAD", cache: "no-store" });
      if ([401, 403, 404].includes(answer.status)) document.dispatchEvent(new Event("ended"));
    } catch { /* the station is away for a moment */ }
  }, ASK_EVERY);

  const ACTIONS = {
    play: toggle,
    back: () => step(-1),
    forward: () => step(1),
    slower: () => changeSpeed(-1),
    faster: () => changeSpeed(1),
    earlier: () => leap(-LEAP),
    later: () => leap(LEAP),
    in: () => setEdge("from"),
    out: () => setEdge("to"),
    loop: toggleLoop,
    louder: () => louder(0.1),
    quieter: () => louder(-0.1),
    mute,
    full: fullScreen,
    ...player.acts,
  };
  const KEYS = {
    " ": "play", ",": "back", ".": "forward", "[": "slower", "]": "faster", ArrowLeft: "earlier", ArrowRight: "later",
    i: "in", o: "out", l: "loop", ArrowUp: "louder", ArrowDown: "quieter", v: "mute", f: "full",
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    const act = KEYS[event.key];
    if (!act || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input:not([type=range]), textarea, select, [contenteditable]")) return;
    // Whatever has the focus keeps its own keys.
    if (event.key === " " && event.target.closest("button, a, summary, audio")) return;
    if (event.key.startsWith("Arrow")) {
      if (event.target.closest("input, [role=slider], audio")) return;
      // Away from the player the arrows move the page.
      if (!document.fullscreenElement && (event.target !== document.body || theatre.getBoundingClientRect().bottom < 120) && !theatre.contains(event.target)) return;
    }
    event.preventDefault();
    ACTIONS[act]();
  });
  theatre.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button && ACTIONS[button.dataset.act]) ACTIONS[button.dataset.act]();
  });
  showSpeed();
  showState();
  showVolume();
  showLoop();
  tick();
};
