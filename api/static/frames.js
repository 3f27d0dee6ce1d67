// The true times of a film's frames, out of its facts (docs/formats/media.md): runs of frames of one length each.
"use strict";
window.muniment = window.muniment || {};
(() => {
  function tableOf(facts) {
    const { frames } = facts;
    if (!frames || !Array.isArray(frames.runs) || frames.runs.length === 0) return null;
    const [over, under] = frames.time_base.split("/").map(Number);
    const streams = facts.streams.filter((s) => (s.type === "video" || s.type === "audio") && !s.cover && Number.isInteger(s.start_us));
    const zero = Math.min(...streams.map((s) => s.start_us)) / 1e6;
    const runs = [];
    let index = 0;
    let ticks = frames.first;
    for (const [count, each] of frames.runs) {
      runs.push({ index, ticks, each });
      index += count;
      ticks += count * each;
    }
    const last = (field, value) => {
      let low = 0;
      let high = runs.length - 1;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (runs[middle][field] <= value) low = middle; else high = middle - 1;
      }
      return runs[low];
    };
    const seconds = (t) => (t * over) / under - (Number.isFinite(zero) ? zero : 0);
    const at = (i) => { const run = last("index", i); return seconds(run.ticks + (i - run.index) * run.each); };
    return {
      count: frames.count,
      at,
      // Where to go to see a frame. Just inside: at the very edge, rounding may show the frame before.
      inside: (i) => { const begin = at(i); return Math.max(0, begin + Math.min(0.001, (i + 1 < frames.count ? at(i + 1) - begin : 0.01) / 4)); },
      // The frame that is shown at a moment: the last one that began. Half a millisecond is what clocks round away.
      before: (s) => {
        const t = ((s + 0.0005 + (Number.isFinite(zero) ? zero : 0)) * under) / over;
        const run = last("ticks", t);
        const i = run.index + (run.each > 0 ? Math.floor((t - run.ticks) / run.each) : 0);
        return Math.max(0, Math.min(frames.count - 1, i));
      },
    };
  }

  // The table of a clip, or null where its facts have none.
  window.muniment.frames = async (address) => {
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      return answer.ok ? tableOf(await answer.json()) : null;
    } catch { return null; }
  };
})();
