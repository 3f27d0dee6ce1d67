// A document beside a film: a link leads to its page and its moment; while the film plays, the page that belongs to the
// moment is shown; "this page, this moment" fills itself in. Without it the same is in addresses and forms.
"use strict";
(() => {
  const beside = document.querySelector("#beside");
  if (!beside) return;
  const film = document.querySelector("#film");
  const sheet = document.querySelector("#sheet");
  const field = document.querySelector("#page");
  const failed = document.querySelector("#sheet-failed");
  const pages = Number(beside.dataset.pages);
  const base = `/api/v1/documents/${beside.dataset.document}/pages/`;
  const clipNow = document.querySelector(".tie input[name=clip]")?.value || document.querySelector("#clip")?.value || "";

  function words(seconds) {
    const whole = Math.floor(seconds);
    const tail = (seconds - whole).toFixed(3).slice(1);
    const two = (n) => String(n).padStart(2, "0");
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor((whole % 3600) / 60);
    return (hours ? `${hours}:${two(minutes)}` : `${minutes}`) + `:${two(whole % 60)}${tail}`;
  }

  function turn(page) {
    if (!sheet || !(page >= 1 && page <= pages)) return;
    const wanted = base + page;
    if (sheet.getAttribute("src") !== wanted) sheet.src = wanted;
    sheet.alt = sheet.dataset.alt.replace("{page}", page);
    if (field) field.value = page;
    const tie = document.querySelector("#tie-page");
    if (tie) tie.value = page;
  }
  const pageNow = () => Number(field ? field.value : 1) || 1;
  if (sheet) {
    sheet.addEventListener("error", () => { failed.hidden = false; });
    sheet.addEventListener("load", () => { failed.hidden = true; });
    for (const [id, by] of [["#page-back", -1], ["#page-next", 1]]) {
      document.querySelector(id).addEventListener("click", (event) => { event.preventDefault(); turn(pageNow() + by); });
    }
    field.addEventListener("change", () => turn(Math.min(Math.max(pageNow(), 1), pages)));
    field.form.addEventListener("submit", (event) => { event.preventDefault(); turn(pageNow()); });
  }

  const select = document.querySelector("#clip");
  if (select) select.addEventListener("change", () => select.form.submit());
  if (!film) return;

  const begin = Number(film.dataset.at);
  if (begin) film.addEventListener("loadedmetadata", () => { if (film.currentTime < 0.1) film.currentTime = begin; }, { once: true });
  const rows = Array.from(document.querySelectorAll("#links .tied li")).filter((row) => row.dataset.clip === clipNow);
  rows.forEach((row) => row.querySelector("[data-go]").addEventListener("click", (event) => {
    event.preventDefault();
    turn(Number(row.dataset.page));
    film.currentTime = Number(row.dataset.from);
    film.play().catch(() => {});
  }));

  const moment = document.querySelector("#moment");
  const at = document.querySelector("#tie-at");
  let touched = Boolean(at && at.value);
  if (at) at.addEventListener("input", () => { touched = at.value !== ""; });
  let last = null;
  function follow() {
    const now = film.currentTime;
    moment.textContent = words(now);
    if (at && !touched) at.value = words(now);
    let here = null;
    for (const row of rows) {
      const from = Number(row.dataset.from);
      const to = row.dataset.to ? Number(row.dataset.to) : from + 3;
      const inside = now >= from - 0.05 && now < to;
      row.classList.toggle("now", inside);
      if (inside) here = row;
    }
    if (here && here !== last && !film.paused) turn(Number(here.dataset.page));
    last = here;
  }
  film.addEventListener("timeupdate", follow);
  film.addEventListener("seeked", follow);
  film.addEventListener("play", () => { touched = false; });
})();
