// Draws what the engine says. Names come from recorders and people: everything is put in as text, never as markup.
(function (v) {
  "use strict";

  const MOST_SHOWN = 500;
  let language = 0;

  v.setLanguage = (number) => (language = number);
  v.language = () => language;

  /** @param {[string, string]} pair */
  v.pick = (pair) => pair[language];

  /** A word of the page. @param {string} key @param {Record<string, string | number>} [values] */
  v.word = (key, values = {}) => v.pick(v.WORDS[key]).replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

  /** An element. @param {string} tag @param {Record<string, string>} [attributes] @param {...(Node | string)} inside */
  function make(tag, attributes, ...inside) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    element.append(...inside);
    return element;
  }

  v.bytesText = function (bytes) {
    const units = ["B", "kB", "MB", "GB", "TB"];
    let value = bytes;
    let unit = 0;
    for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
    return `${unit ? value.toFixed(value < 10 ? 1 : 0) : value} ${units[unit]}`;
  };

  /** Local time with its zone; what was said stays in the title. */
  function moment(text) {
    const date = new Date(text);
    if (Number.isNaN(date.getTime())) return make("span", {}, String(text));
    const two = (n) => String(n).padStart(2, "0");
    const minutes = -date.getTimezoneOffset();
    const zone = `UTC${minutes < 0 ? "−" : "+"}${Math.floor(Math.abs(minutes) / 60)}${minutes % 60 ? ":" + two(Math.abs(minutes) % 60) : ""}`;
    const shown = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
    return make("time", { datetime: text, title: text }, shown, make("small", {}, ` ${zone}`));
  }

  const badge = (state, words) => make("span", { class: "badge " + state }, words);

  /** The list of checks. @param {Record<string, {state: string, findings?: number}>} steps */
  v.drawSteps = function (place, steps) {
    const words = { waiting: "waiting", running: "step", ok: "ok", bad: "wrong", none: "none", left: "left" };
    const rows = v.STEPS.map((name) => {
      const state = steps[name] ? steps[name].state : "waiting";
      return make("li", { "data-step": name, "data-state": state }, make("span", { class: "what" }, v.word("step." + name)), badge(state, v.word(words[state])));
    });
    place.replaceChildren(...rows);
  };

  function facts(answer) {
    const list = make("dl", { class: "facts" });
    const add = (key, value) => value && list.append(make("dt", {}, v.word(key)), make("dd", {}, value));
    add("about.package", answer.name);
    add("about.case", answer.subject && typeof answer.subject.number === "string" ? answer.subject.number : "");
    add("about.made", typeof answer.made === "string" ? moment(answer.made) : "");
    add("about.origin", typeof answer.origin === "string" ? answer.origin : "");
    add("about.counts", v.word("counts", {
      objects: answer.objects_checked, bytes: v.bytesText(answer.bytes_checked), entries: answer.entries_checked,
      signatures: answer.signatures_checked, timestamps: answer.timestamps_checked,
    }));
    return list;
  }

  /** The verdict, first and large. */
  v.drawVerdict = function (place, answer) {
    const lines = [make("p", { class: "says" }, v.pick(answer.says))];
    if (!answer.ok) lines.push(make("p", {}, v.word("bad.text")));
    else {
      lines.push(make("p", {}, v.word("good.text")));
      if (!answer.pinned.signer) lines.push(make("p", { class: "unpinned" }, v.word(answer.given ? "good.compromised" : "good.unpinned")));
    }
    place.className = "card verdict " + (answer.ok ? "ok" : "bad");
    place.replaceChildren(make("h2", {}, v.word(answer.ok ? "good" : "bad")), ...lines, facts(answer));
  };

  v.drawFailure = function (place, reason) {
    place.className = "card verdict bad";
    place.replaceChildren(make("h2", {}, v.word("failed")), make("p", {}, v.word("failed.text")), make("p", { class: "dim" }, reason));
  };

  function existed(clip) {
    if (!clip.existed_by) return make("td", {}, make("span", { class: "dim" }, v.word("clips.none")));
    const who = clip.own ? badge("none", v.word("clips.own")) : make("small", {}, v.word("clips.by", { authority: clip.authority }));
    return make("td", {}, moment(clip.existed_by), make("br"), who);
  }

  v.drawClips = function (place, answer) {
    const rows = answer.clips.slice(0, MOST_SHOWN).map((clip) =>
      make("tr", {},
        make("td", {}, make("span", { class: "name" }, clip.name), make("small", {}, clip.path)),
        make("td", { class: "digest" }, make("code", {}, clip.sha256 || "–")),
        existed(clip),
        make("td", {}, badge(clip.ok ? "ok" : "bad", v.word(clip.ok ? "clips.ok" : "clips.bad"))),
      ),
    );
    const heads = ["name", "digest", "existed", "result"].map((name) => make("th", { scope: "col" }, v.word("clips." + name)));
    const parts = [make("h2", {}, v.word("clips.title"))];
    if (rows.length) parts.push(make("div", { class: "scroll" }, make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows))));
    if (answer.clips.length > MOST_SHOWN) parts.push(make("p", { class: "dim" }, v.word("findings.more", { number: answer.clips.length - MOST_SHOWN })));
    if (answer.left_out.length) {
      const why = (one) => (Object.hasOwn(v.WORDS, one.why) ? v.word(one.why) : v.shown(one.why));
      parts.push(make("h3", {}, v.word("left.title")), make("ul", {}, ...answer.left_out.slice(0, MOST_SHOWN).map((one) => make("li", {}, `${v.shown(one.clip)}: ${why(one)}`))));
    }
    place.hidden = !answer.clips.length && !answer.left_out.length;
    place.replaceChildren(...parts);
  };

  v.drawFindings = function (place, findings) {
    const items = findings.slice(0, MOST_SHOWN).map((one) =>
      make("li", { "data-code": one.code, "data-where": one.where },
        make("code", { class: "where" }, one.where || v.word("findings.whole")),
        make("p", {}, v.pick(v.MEANINGS[one.code])),
        make("p", { class: "dim" }, v.pick(one.detail), " ", make("span", { class: "code" }, one.code)),
      ),
    );
    place.hidden = !items.length;
    place.replaceChildren(make("h2", {}, v.word("findings.title")), make("ol", {}, ...items));
    if (findings.length > MOST_SHOWN) place.append(make("p", {}, v.word("findings.more", { number: findings.length - MOST_SHOWN })));
  };

  v.drawUnchecked = function (place, sentences) {
    place.hidden = false;
    const inside = sentences.length ? make("ul", {}, ...sentences.map((one) => make("li", {}, v.pick(one)))) : make("p", {}, v.word("unchecked.none"));
    place.replaceChildren(make("h2", {}, v.word("unchecked.title")), inside);
  };
})((self.muniment = self.muniment || {}));
