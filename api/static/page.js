// Keyboard and player comfort. Every page works without it: forms are forms, links are links.
"use strict";
(() => {
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const one = (selector) => document.querySelector(selector);
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
  const rows = () => all("ol.clips a.open");

  function moveRow(step) {
    const list = rows();
    if (list.length === 0) return;
    const at = list.indexOf(document.activeElement);
    const next = at < 0 ? (step > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + step));
    list[next].focus();
    list[next].closest("li").scrollIntoView({ block: "nearest" });
  }

  const film = one("#film");
  // 25 pictures a second unless the page knows better.
  const frame = film ? 1 / (Number(film.dataset.rate) || 25) : 0;
  const SPEEDS = [0.25, 0.5, 1, 1.5, 2, 4, 8];

  function showSpeed() {
    const shown = one("#speed");
    if (shown) shown.textContent = `${film.playbackRate}×`;
  }

  function changeSpeed(step) {
    const near = SPEEDS.reduce((best, s, i) => (Math.abs(s - film.playbackRate) < Math.abs(SPEEDS[best] - film.playbackRate) ? i : best), 0);
    film.playbackRate = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, near + step))];
    showSpeed();
  }

  function stepFrame(direction) {
    film.pause();
    // Whoever knows the true times of the frames steps by them.
    if (!film.dispatchEvent(new CustomEvent("step", { detail: direction, cancelable: true }))) return;
    film.currentTime = Math.max(0, film.currentTime + direction * frame);
  }

  function playOrPause() {
    if (film.paused) film.play().catch(() => {});
    else film.pause();
  }

  const ACTIONS = {
    play: playOrPause,
    back: () => stepFrame(-1),
    forward: () => stepFrame(1),
    slower: () => changeSpeed(-1),
    faster: () => changeSpeed(1),
  };
  const FILM_KEYS = { " ": "play", ",": "back", ".": "forward", "[": "slower", "]": "faster" };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "/") {
      const box = one("#search");
      if (box) { event.preventDefault(); box.focus(); box.select(); }
    } else if (event.key === "j") moveRow(1);
    else if (event.key === "k") moveRow(-1);
    else if (event.key === "?") {
      const help = one("#help");
      if (help && !help.open) help.showModal();
    } else if (film && FILM_KEYS[event.key]) {
      // A focused button or the player itself keeps its own space bar.
      if (event.key === " " && event.target.closest("button, a, summary, video, audio")) return;
      event.preventDefault();
      ACTIONS[FILM_KEYS[event.key]]();
    }
  });

  all("[data-act]").forEach((button) => button.addEventListener("click", () => ACTIONS[button.dataset.act]()));
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    const said = button.dataset.said || button.textContent;
    button.dataset.said = said;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = said; }, 1500);
  });
  // What only works with this is only then there; parts of a page may be put anew.
  const uncover = () => all("[data-script], [data-copy]").forEach((part) => { part.hidden = false; });
  uncover();
  document.addEventListener("renewed", uncover);
  all("[data-print]").forEach((button) => button.addEventListener("click", () => window.print()));
  const helpButton = one("#help-button");
  if (helpButton) helpButton.addEventListener("click", () => one("#help").showModal());

  if (film) {
    const clock = one("#clock");
    const started = Date.parse(film.dataset.start || "");
    const zone = film.dataset.zone;
    const wall = (seconds) =>
      new Intl.DateTimeFormat("sv-SE", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 2 })
        .format(new Date(started + seconds * 1000)).replace(",", ".");
    const tick = () => {
      if (!clock) return;
      const offset = film.currentTime.toFixed(2);
      clock.textContent = Number.isNaN(started) ? `${offset} s` : wall(film.currentTime);
      clock.title = `${offset} s`;
    };
    film.addEventListener("timeupdate", tick);
    film.addEventListener("seeked", tick);
    film.addEventListener("ratechange", showSpeed);
    tick();
    const cannot = () => { const said = one("#cannot-play"); if (said) said.hidden = false; };
    film.addEventListener("error", () => { if (film.dispatchEvent(new CustomEvent("broken", { cancelable: true }))) cannot(); });
    // Sound that plays under no picture: the browser knows the container and not the film in it.
    film.addEventListener("loadedmetadata", () => { if (film.tagName === "VIDEO" && film.dataset.picture === "1" && film.videoWidth === 0) cannot(); });
  }
})();
