// The page itself: what is dropped or chosen goes to the engine, what the engine says is drawn; the language can be changed at any time.
(function (v) {
  "use strict";

  const at = (id) => document.getElementById(id);
  const engine = at("engine").textContent;
  const root = document.documentElement;
  /** What is on the screen. */
  const state = { stop: null, steps: {}, answer: null, failure: null, progress: null, pinsWrong: null, hint: false };

  function drawProgress() {
    const { done, total, where } = state.progress || { done: 0, total: 0, where: "" };
    at("bar").max = total || 1;
    at("bar").value = done;
    at("read").textContent = v.word("running.read", { done: v.bytesText(done), total: v.bytesText(total) });
    at("file").textContent = where;
  }

  function drawNotes() {
    const wrong = state.pinsWrong;
    at("pins-wrong").hidden = !wrong;
    at("pins-wrong").textContent = wrong ? `${v.word("pins.wrong")}: ${v.word(wrong.where)} – ${v.pick(wrong.detail)}` : "";
    at("hint").hidden = !state.hint;
  }

  function draw() {
    root.lang = v.language() ? "en" : "zh-CN";
    document.title = v.word("title");
    for (const element of document.querySelectorAll("[data-t]")) element.textContent = v.word(element.dataset.t);
    const busy = state.stop !== null;
    at("invitation").textContent = v.word(root.dataset.verdict ? "drop.again" : "drop.title");
    const { answer, failure } = state;
    at("running").hidden = !busy;
    at("verdict").hidden = busy || !(answer || failure);
    at("checks").hidden = !busy && !answer;
    for (const id of ["clips", "findings", "unchecked"]) at(id).hidden = true;
    v.drawSteps(at("steps"), state.steps);
    drawProgress();
    drawNotes();
    if (failure) v.drawFailure(at("verdict"), failure);
    if (!answer) return;
    v.drawVerdict(at("verdict"), answer);
    v.drawClips(at("clips"), answer);
    v.drawFindings(at("findings"), answer.findings);
    v.drawUnchecked(at("unchecked"), answer.not_checked);
  }

  function end(answer, failure) {
    Object.assign(state, { stop: null, answer, failure });
    for (const name of v.STEPS) if (!state.steps[name]) state.steps[name] = { state: "left" };
    root.dataset.verdict = answer && answer.ok ? "ok" : "bad";
    draw();
    at("verdict").focus();
  }

  function hear(message) {
    if (message.kind === "progress") {
      state.progress = message;
      drawProgress();
    } else if (message.kind === "step") {
      state.steps[message.name] = message;
      v.drawSteps(at("steps"), state.steps);
    } else if (message.kind === "done") end(message.answer, null);
    else end(null, message.reason);
  }

  /** Pins that are none stop us here: they are the reader's to mend. */
  function pins() {
    const text = (id) => at(id).value;
    try {
      const read = v.readPins({ vkeys: text("pin-vkeys"), roots: text("pin-roots"), witnesses: text("pin-witnesses") });
      state.pinsWrong = null;
      return read;
    } catch (e) {
      if (!(e instanceof v.Wrong)) throw e;
      state.pinsWrong = { where: e.code, detail: e.detail };
      at("pins").open = true;
      return null;
    }
  }

  function check(source) {
    delete root.dataset.verdict;
    if (state.stop) state.stop();
    Object.assign(state, { stop: null, steps: {}, answer: null, failure: null, progress: null, hint: false });
    const known = pins();
    if (known) state.stop = v.ask(engine, source, known, hear);
    draw();
  }

  function chooseFolder() {
    const input = document.createElement("input");
    input.type = "file";
    input.webkitdirectory = true;
    input.addEventListener("change", () => {
      const folder = Array.from(input.files, (file) => ({ path: file.webkitRelativePath || file.name, file }));
      if (folder.length) check({ folder });
    });
    input.click();
  }

  const later = (start) => new Promise((resolve, reject) => start(resolve, reject));

  /** Files below a dropped folder. */
  async function walk(entry, path, found) {
    if (entry.isFile) {
      found.push({ path, file: await later((resolve, reject) => entry.file(resolve, reject)) });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await later((resolve, reject) => reader.readEntries(resolve, reject));
      if (!some.length) return;
      for (const one of some) await walk(one, `${path}/${one.name}`, found);
      if (found.length > v.MOST_MEMBERS) return;
    }
  }

  async function dropped(event) {
    event.preventDefault();
    at("drop").classList.remove("over");
    const item = event.dataTransfer.items[0];
    const entry = item && item.kind === "file" && item.webkitGetAsEntry ? item.webkitGetAsEntry() : null;
    const file = event.dataTransfer.files[0];
    if (!entry || !entry.isDirectory) {
      if (file) check({ zip: file });
      return;
    }
    const folder = [];
    try {
      await walk(entry, entry.name, folder);
      check({ folder });
    } catch (e) {
      if (!(e instanceof DOMException)) throw e;
      state.hint = true; // pages opened from a folder may not read one that is dropped, in some browsers
      draw();
    }
  }

  at("zip").addEventListener("change", () => {
    const file = at("zip").files[0];
    at("zip").value = ""; // the same name may be chosen again, after it was mended
    if (file) check({ zip: file });
  });
  at("folder").addEventListener("click", chooseFolder);
  at("language").addEventListener("click", () => {
    v.setLanguage(1 - v.language());
    draw();
  });
  for (const name of ["dragenter", "dragover"])
    document.addEventListener(name, (event) => {
      event.preventDefault();
      at("drop").classList.add("over");
    });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) at("drop").classList.remove("over");
  });
  document.addEventListener("drop", dropped);
  v.setLanguage((navigator.language || "").toLowerCase().startsWith("zh") ? 0 : 1);
  draw();
})((self.muniment = self.muniment || {}));
