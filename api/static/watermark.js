// Who watches, when, and why, over the picture: put back within a second if it is taken away. It stops nobody who means
// to take it off for good; it names whoever films the screen. The picture below it, from the server, serves without this.
"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const WIDTH = 380;
  const LINE = 20;
  const EVERY = 500; // milliseconds

  const two = (n) => String(n).padStart(2, "0");
  function now(zone) {
    const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" }).format(new Date());
    return parts || new Date().toISOString();
  }
  function make(name, attributes, parent) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
    if (parent) parent.append(made);
    return made;
  }

  function draw(room, number) {
    const lines = room.dataset.watermark.split("\n");
    const svg = make("svg", { class: "watermark", width: "100%", height: "100%", "aria-hidden": "true" });
    const height = (lines.length + 1) * LINE + 90;
    const id = `watermark-${two(number)}`;
    const pattern = make("pattern", { id, width: WIDTH, height, patternUnits: "userSpaceOnUse", patternTransform: "rotate(-24)" }, make("defs", {}, svg));
    const text = (words, y) => {
      const made = make("text", { x: 24, y, class: "watermark-line" }, pattern);
      made.textContent = words;
      return made;
    };
    lines.forEach((line, i) => text(line, 40 + i * LINE));
    const clock = text("", 40 + lines.length * LINE);
    make("rect", { width: "100%", height: "100%", fill: `url(#${id})` }, svg);
    return { svg, clock, markup: "" };
  }

  function isShown(svg, room) {
    if (svg.parentNode !== room || room.lastElementChild !== svg) return false;
    const style = getComputedStyle(svg);
    if (style.display === "none" || style.visibility !== "visible" || Number(style.opacity) < 0.9) return false;
    if (style.clipPath !== "none" || style.transform !== "none" || style.filter !== "none") return false;
    const [mine, whole] = [svg.getBoundingClientRect(), room.getBoundingClientRect()];
    return mine.width >= whole.width - 2 && mine.height >= whole.height - 2;
  }

  document.querySelectorAll("[data-watermark]").forEach((room, number) => {
    const { zone } = room.dataset;
    let mark = null;
    function keep() {
      if (mark && isShown(mark.svg, room) && mark.svg.outerHTML === mark.markup) {
        mark.clock.textContent = now(zone);
        mark.markup = mark.svg.outerHTML;
        return;
      }
      if (mark) mark.svg.remove();
      mark = draw(room, number);
      mark.clock.textContent = now(zone);
      room.append(mark.svg);
      mark.markup = mark.svg.outerHTML;
    }
    room.querySelectorAll("img.watermark").forEach((still) => still.remove());
    keep();
    setInterval(keep, EVERY);
    new MutationObserver(() => { if (mark.svg.parentNode !== room) keep(); }).observe(room, { childList: true });
  });
})();
