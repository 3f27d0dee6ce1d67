// Where a clip was recorded, as a plot: north up, true to scale, no map and no other host. Follows the film.
"use strict";
(() => {
  const WIDTH = 640;
  const EDGE = 34;
  const TONES = 5;
  const METRES = 111320; // of a degree of latitude
  const film = document.querySelector("#film");
  const SVG = "http://www.w3.org/2000/svg";
  let drawn = null;

  function put(parent, name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  }

  const number = (value) => typeof value === "number" && Number.isFinite(value);

  function pointsOf(feature) {
    const { geometry, properties } = feature;
    const coordinates = geometry.type === "Point" ? [geometry.coordinates] : geometry.coordinates;
    const times = properties.times_ms || [];
    const utc = properties.utc || [];
    const speeds = properties.speed_mm_s || [];
    return coordinates.map(([lon, lat, alt], i) => ({
      lon, lat, alt,
      t: number(times[i]) ? times[i] / 1000 : null,
      utc: utc[i] || null,
      speed: number(speeds[i]) ? speeds[i] / 1000 : null,
    })).filter((p) => number(p.lon) && number(p.lat));
  }

  // Metres east and north of the first point; a step over the 180th meridian is a short one.
  function project(points) {
    const middle = points.reduce((sum, p) => sum + p.lat, 0) / points.length;
    const narrow = Math.max(0.01, Math.cos((middle * Math.PI) / 180));
    let lon = points[0].lon;
    let turned = 0;
    for (const p of points) {
      if (p.lon - lon > 180) turned -= 360; else if (lon - p.lon > 180) turned += 360;
      lon = p.lon;
      p.east = (p.lon + turned - points[0].lon) * METRES * narrow;
      p.north = (p.lat - points[0].lat) * METRES;
    }
  }

  // Where the receiver told no speed: from place to place, if the times are known.
  function addSpeeds(points) {
    if (points.some((p) => p.speed !== null)) return;
    for (let i = 1; i < points.length; i += 1) {
      const a = points[i - 1];
      const b = points[i];
      const seconds = a.utc && b.utc ? (Date.parse(b.utc) - Date.parse(a.utc)) / 1000 : a.t !== null && b.t !== null ? b.t - a.t : 0;
      if (seconds > 0) b.speed = Math.hypot(b.east - a.east, b.north - a.north) / seconds;
    }
    if (points.length > 1) points[0].speed = points[1].speed;
  }

  const nice = (metres) => {
    const power = 10 ** Math.floor(Math.log10(metres));
    return [5, 2, 1].map((n) => n * power).find((n) => n <= metres) || power;
  };
  const distance = (metres) => (metres >= 1000 ? `${metres / 1000} km` : metres >= 1 ? `${metres} m` : `${Math.round(metres * 100)} cm`);
  const spot = (p) => `${p.lat.toFixed(7)}, ${p.lon.toFixed(7)}`;

  function draw(root, points) {
    const svg = root.querySelector("svg");
    const few = points.length < 2;
    const easts = points.map((p) => p.east);
    const norths = points.map((p) => p.north);
    const low = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
    const high = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
    const [west, east, south, north] = [low(easts), high(easts), low(norths), high(norths)];
    // A recorder that stood still drifts by a few metres: no plot is closer than ten.
    const wide = Math.max(east - west, few ? 100 : 10);
    const tall = Math.max(north - south, few ? 20 : 4);
    const room = WIDTH - 2 * EDGE;
    const height = Math.round(Math.min(260, Math.max(120, (room * tall) / wide)));
    const scale = Math.min(room / wide, height / tall);
    const x = (p) => EDGE + (room - (east - west) * scale) / 2 + (p.east - west) * scale;
    const y = (p) => EDGE + (height - (north - south) * scale) / 2 + (north - p.north) * scale;
    const full = height + 2 * EDGE;
    svg.textContent = "";
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${full}`);
    for (const p of points) { p.x = x(p); p.y = y(p); }

    const speeds = points.map((p) => p.speed).filter(number);
    const slow = low(speeds);
    const fast = high(speeds);
    const lines = Array.from({ length: TONES }, () => []);
    for (let i = 1; i < points.length; i += 1) {
      const a = points[i - 1];
      const b = points[i];
      const tone = number(b.speed) && fast > slow ? Math.min(TONES - 1, Math.floor(((b.speed - slow) / (fast - slow)) * TONES)) : TONES - 1;
      const line = lines[tone];
      if (line.end !== a) line.push(`M${a.x.toFixed(1)} ${a.y.toFixed(1)}`);
      line.push(`L${b.x.toFixed(1)} ${b.y.toFixed(1)}`);
      line.end = b;
    }
    lines.forEach((line, tone) => { if (line.length) put(svg, "path", { d: line.join(""), class: `line tone-${tone}` }); });

    const first = points[0];
    const last = points[points.length - 1];
    const beside = (p, words, drop) => put(svg, "text", { x: p.x > WIDTH - 90 ? p.x - 10 : p.x + 10, y: p.y + drop, "text-anchor": p.x > WIDTH - 90 ? "end" : "start" }, words);
    put(svg, "circle", { cx: first.x, cy: first.y, r: 5, class: "start" });
    if (!few) {
      put(svg, "rect", { x: last.x - 5, y: last.y - 5, width: 10, height: 10, class: "end" });
      const near = Math.abs(first.y - last.y) < 14 && Math.abs(first.x - last.x) < 60;
      beside(first, root.dataset.start, near ? -8 : 4);
      beside(last, root.dataset.end, near ? 18 : 4);
    }
    // Scale and north
    const bar = nice(room / 4 / scale);
    const foot = full - 12;
    put(svg, "path", { d: `M12 ${foot - 5}V${foot}H${12 + bar * scale}V${foot - 5}`, class: "scale" });
    put(svg, "text", { x: 18 + bar * scale, y: foot + 1 }, distance(bar));
    put(svg, "path", { d: `M${WIDTH - 16} 30V10M${WIDTH - 21} 17L${WIDTH - 16} 9L${WIDTH - 11} 17`, class: "scale" });
    put(svg, "text", { x: WIDTH - 16, y: 44, "text-anchor": "middle" }, root.dataset.north);
    const here = put(svg, "circle", { cx: first.x, cy: first.y, r: 7, class: "here" });

    const tones = root.querySelector(".tones");
    if (speeds.length && fast > slow) {
      tones.hidden = false;
      tones.querySelector("[data-slow]").textContent = (slow * 3.6).toFixed(fast * 3.6 < 10 ? 1 : 0);
      tones.querySelector("[data-fast]").textContent = `${(fast * 3.6).toFixed(fast * 3.6 < 10 ? 1 : 0)} km/h`;
    }
    return here;
  }

  function follow(root, points, here) {
    const code = root.querySelector(".here code");
    const copy = root.querySelector("[data-copy]");
    const placed = points.filter((p) => p.t !== null).sort((a, b) => a.t - b.t);
    const moves = root.dataset.moves === "1" && film && placed.length > 1;
    const show = (p) => {
      here.setAttribute("cx", p.x);
      here.setAttribute("cy", p.y);
      const told = [spot(p)];
      if (number(p.alt)) told.push(`${p.alt.toFixed(1)} m`);
      if (number(p.speed)) told.push(`${(p.speed * 3.6).toFixed(1)} km/h`);
      if (p.utc) told.push(p.utc);
      code.textContent = told.join(" · ");
      copy.dataset.copy = spot(p);
      copy.hidden = false;
    };
    const nearest = (t) => {
      let low = 0;
      let high = placed.length - 1;
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (placed[middle].t <= t) low = middle; else high = middle;
      }
      return t - placed[low].t <= placed[high].t - t ? placed[low] : placed[high];
    };
    show(points[0]);
    if (!moves) {
      if (points.length > 1 && film) root.querySelector("[data-note]").textContent = placed.length ? "" : root.dataset.unplaced;
    } else {
      const now = () => show(nearest(film.currentTime));
      ["timeupdate", "seeking", "seeked"].forEach((name) => film.addEventListener(name, now));
      now();
    }
    const svg = root.querySelector("svg");
    svg.addEventListener("click", (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      const p = (moves ? placed : points).reduce((best, one) => (Math.hypot(one.x - at.x, one.y - at.y) < Math.hypot(best.x - at.x, best.y - at.y) ? one : best));
      if (moves) film.currentTime = Math.max(0, p.t);
      show(p);
    });
    svg.classList.toggle("seeks", Boolean(moves));
  }

  async function build() {
    const root = document.querySelector("#track");
    if (!root || drawn === root) return;
    drawn = root;
    root.hidden = false;
    try {
      const answer = await fetch(root.dataset.track);
      if (!answer.ok) throw new Error(String(answer.status));
      const points = pointsOf(await answer.json());
      if (!points.length) throw new Error("empty");
      project(points);
      addSpeeds(points);
      root.querySelector("[data-count]").textContent = root.dataset.positions.replace("{count}", points.length.toLocaleString("en"));
      if (points.length === 1) { const title = root.querySelector("h2"); title.textContent = title.dataset.point; }
      follow(root, points, draw(root, points));
    } catch {
      root.querySelector("[data-note]").textContent = root.dataset.failed;
    }
  }
  build();
  document.addEventListener("renewed", build);
})();
