// The custody page: fetches entries and proofs, has a worker check them, and says of each row exactly what came out.
"use strict";
(() => {
  const root = document.querySelector("#custody");
  if (!root || typeof Worker === "undefined") return;
  const words = JSON.parse(root.dataset.words);
  const at = (id) => document.querySelector(id);
  const say = (key, values = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  const pick = (pair) => pair[words.lang === "zh" ? 0 : 1];
  const PIECE = 100;
  let busy = false;

  const worker = new Worker(root.dataset.worker);
  worker.postMessage({ kind: "engine", href: new URL(root.dataset.engine, location.href).href });

  /** One question, one answer; what is told between goes to `between`. */
  const ask = (question, between) =>
    new Promise((resolve, reject) => {
      worker.onerror = (event) => { event.preventDefault(); reject(new Error(event.message || "worker")); };
      worker.onmessage = ({ data }) => (data.kind === "progress" ? between(data) : data.kind === "failed" ? reject(Object.assign(new Error("failed"), { detail: data.detail })) : resolve(data));
      worker.postMessage(question);
    });

  async function evidence(after, limit) {
    const answer = await fetch(`${root.dataset.api}/evidence?after=${after}&limit=${limit}`, { cache: "no-store", redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  }

  const rowsOf = () => Array.from(root.querySelectorAll("[data-entry]"));
  const told = () => Object.fromEntries(rowsOf().map((row) => [row.dataset.entry, { type: row.dataset.type, time: row.dataset.time }]));
  const pinOf = () => at("#pin").value.trim();

  function make(tag, name, text) {
    const element = document.createElement(tag);
    if (name) element.className = name;
    element.textContent = text;
    return element;
  }

  function factsOf(result) {
    const whole = make("details", "more", "");
    whole.append(make("summary", "", `${say("leaf")} `));
    whole.firstChild.append(make("code", "", result.leaf));
    const list = make("dl", "facts", "");
    const add = (key, value) => list.append(make("dt", "", say(key)), make("dd", "mono", value));
    if (result.facts) {
      add("size", result.facts.size);
      add("root", result.facts.root);
      add("signer", result.facts.signer);
      list.append(make("dt", "", say("witnesses")), make("dd", "", root.dataset.witnesses === "0" ? say("witnesses.none") : result.facts.witnesses));
    }
    if (result.chain === null) list.append(make("dt", "", ""), make("dd", "dim", say("chain.none")));
    whole.append(list);
    return whole;
  }

  function show(row, result) {
    const place = row.querySelector(".check");
    const good = result.state === "good";
    const badge = make("span", `badge ${good ? "verified" : result.state === "bad" ? "finding" : "stored"}`, say(good ? "one.good" : result.state === "bad" ? "bad" : "one.later"));
    place.replaceChildren(badge);
    if (result.state === "bad") {
      place.append(make("p", "late", pick(result.detail)));
      const fold = row.closest("details.fold");
      if (fold) fold.open = true;
    } else row.querySelector(".found").replaceChildren(factsOf(result));
    row.dataset.state = result.state;
  }

  const missing = (index) => ({ index, state: "bad", detail: [words["one.missing"], words["one.missing"]] });

  function verdict(mood, text) {
    const place = at("#verdict");
    place.className = `note ${mood}`;
    place.replaceChildren(make("p", "", text));
    place.hidden = false;
  }

  function progress(key, done, total) {
    at("#progress").hidden = done === null;
    if (done === null) return;
    at("#bar").max = total || 1;
    at("#bar").value = done;
    at("#bar-words").textContent = say(key, { done, total });
  }

  function counted(count, result) {
    count[result.state] += 1;
    if (result.subject === root.dataset.subject) {
      count.mine += 1;
      count.last = result.count;
    }
    count.size = result.facts ? result.facts.size : count.size;
  }

  function conclude(count) {
    if (count.bad) verdict("bad", say("failed", { bad: count.bad }));
    else if (count.mine !== count.last) verdict("bad", say("one.gap"));
    else if (count.later) verdict("wait", say("done.later", { good: count.good, later: count.later }));
    else verdict("good", `${say("done", { good: count.good, size: count.size })} ${root.dataset.subject ? say("complete") : ""} ${say(pinOf() ? "pin.good" : "pin.none")}`);
  }

  async function verifyAll() {
    const count = { good: 0, bad: 0, later: 0, mine: 0, last: 0, size: 0 };
    const seen = new Set();
    const rows = new Map(rowsOf().map((row) => [Number(row.dataset.entry), row]));
    await ask({ kind: "begin" });
    for (let after = -1; after !== null; ) {
      const document = await evidence(after, PIECE);
      const { results } = await ask({ kind: "entries", document, rows: told(), pin: pinOf() });
      for (const result of results) {
        counted(count, result);
        seen.add(result.index);
        if (rows.has(result.index)) show(rows.get(result.index), result);
      }
      progress("running", seen.size, seen.size + (document.next === null ? 0 : PIECE));
      after = document.next;
    }
    for (const [index, row] of rows)
      if (!seen.has(index)) {
        count.bad += 1;
        show(row, missing(index));
      }
    conclude(count);
    return count;
  }

  async function verifyOne(row) {
    const index = Number(row.dataset.entry);
    const before = row.dataset.before;
    await ask({ kind: "begin" });
    const document = await evidence(before ? Number(before) - 1 : index - 1, before ? 2 : 1);
    const { results } = await ask({ kind: "entries", document, rows: told(), pin: pinOf() });
    show(row, results.find((result) => result.index === index) || missing(index));
  }

  async function verifyOriginal(button) {
    const place = at("#original-said");
    const mark = (mood, key, values) => { place.className = `note ${mood}`; place.replaceChildren(make("p", "", say(key, values))); place.hidden = false; };
    const count = await verifyAll();
    if (count.bad) return mark("bad", "original.first");
    const mb = (bytes) => (bytes / 1e6).toFixed(1);
    const found = await ask({ kind: "original", href: button.dataset.href, size: Number(button.dataset.size) }, ({ done, size }) => progress("original.running", mb(done), mb(size)));
    if (found.state === "good") return mark("good", "original.good", found);
    return mark("bad", found.state === "bad" ? "original.bad" : found.state === "first" ? "original.first" : "original.failed", found);
  }

  /** One thing at a time; what fails is said, never silent. */
  async function doing(step) {
    if (busy) return;
    busy = true;
    root.setAttribute("aria-busy", "true");
    try {
      if (pinOf()) await ask({ kind: "pin", vkey: pinOf() });
      await step();
    } catch (error) {
      verdict("bad", error.detail ? `${say("pin.bad")} ${pick(error.detail)}` : say("left", { reason: error.message }));
    } finally {
      busy = false;
      root.removeAttribute("aria-busy");
      progress("", null);
    }
  }

  // On paper nothing can be unfolded.
  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = Array.from(root.querySelectorAll("details.fold:not([open])"));
    unfolded.forEach((part) => { part.open = true; });
  });
  addEventListener("afterprint", () => unfolded.forEach((part) => { part.open = false; }));
  at("#verify").addEventListener("click", () => doing(verifyAll));
  rowsOf().forEach((row) => row.querySelector("[data-verify]").addEventListener("click", () => doing(() => verifyOne(row))));
  const whole = at("#verify-original");
  if (whole) whole.addEventListener("click", () => doing(() => verifyOriginal(whole)));
})();
