// The frame that is shown now: the form to export it needs no moment typed in where the player knows it.
"use strict";
(() => {
  const film = document.querySelector("video#film");
  if (!film) return;
  let seen = null; // the time of the frame that is shown, where the browser tells it
  if (film.requestVideoFrameCallback) {
    const told = (_, frame) => { seen = frame.mediaTime; film.requestVideoFrameCallback(told); };
    film.requestVideoFrameCallback(told);
    film.addEventListener("seeking", () => { seen = null; });
  }
  document.querySelectorAll("form[action$='/stills']").forEach((form) => {
    const at = form.querySelector("[name=at]");
    if (!at) return;
    at.type = "hidden";
    form.addEventListener("submit", () => {
      film.pause();
      // A frame's time as the browser has it was rounded: half a millisecond in, it is the same frame.
      at.value = (seen === null || film.seeking ? film.currentTime : seen + 0.0005).toFixed(6);
    });
  });
})();
