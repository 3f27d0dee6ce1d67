// All checks of docs/formats/package.md in their order; one that fails does not stop the others. The answer is plain data.
(function (v) {
  "use strict";

  const MOST_FINDINGS = 10000;

  /** What was found, once each, in the order of finding; and what was not looked at. */
  class Book {
    constructor() {
      this.findings = [];
      this.unchecked = new Map();
      this.seen = new Set();
    }

    /** @param {string} code @param {string} where @param {[string, string]} detail @param {string} [subject] */
    add(code, where, detail, subject) {
      const place = code + "\n" + where;
      if (this.seen.has(place) || this.findings.length >= MOST_FINDINGS) return;
      this.seen.add(place);
      this.findings.push({ code, where, detail, subject: subject || "" });
    }

    /** Note an error of ours; a file that the browser cannot read is one too. Anything else is a fault of this page. */
    wrong(error, code, where) {
      if (error instanceof v.Wrong) this.add(error.code || code, error.where || where, error.detail);
      else if (error instanceof DOMException) this.add("file_missing", where, ["浏览器读不出此文件：" + error.name, "the browser cannot read it: " + error.name]);
      else throw error;
    }

    /** @template T @param {() => T} step @param {[string, string]} [before] put before the detail @returns {T | null} null where it is wrong */
    attempt(code, where, step, before) {
      try {
        return step();
      } catch (e) {
        if (e instanceof v.Wrong && before) e.detail = [before[0] + e.detail[0], before[1] + e.detail[1]];
        this.wrong(e, code, where);
        return null;
      }
    }

    note(key, sentence) {
      this.unchecked.set(key, sentence);
    }
  }

  /** What the reader knows from elsewhere; malformed pins are the reader's to mend, not the package's. */
  v.readPins = function (text) {
    const lines = (value) => value.split(/\s+/).filter(Boolean).map(v.verifierKey);
    const pem = text.roots.trim();
    return {
      vkeys: v.within("signer", "", () => lines(text.vkeys)),
      roots: v.within("authority", "", () => (pem ? v.fromPem(pem).map((root) => v.toHex(v.sha256(root))) : [])),
      witnesses: v.within("witness", "", () => lines(text.witnesses)),
    };
  };

  function newContext(opened, pins, tell) {
    let done = 0;
    let last = 0;
    let rested = performance.now();
    const context = {
      files: opened.files, pins, book: new Book(), manifests: new Map(), differing: [], entries: new Map(), subjects: new Map(), rows: new Map(), seenRows: new Set(),
      notes: new Map(), consistencies: new Set(), grown: new Set(), asked: [], followed: false, keys: [], stamps: [], witnesses: [], package: null, seal: null, checkpoint: null, agreed: null, signed: false, total: 0,
      pinned: { signer: false, authorities: false, witnesses: false },
      count: { objects: 0, bytes: 0, entries: 0, signatures: 0, timestamps: 0 },
      progress(bytes, where) {
        done += bytes;
        if (performance.now() - last < 100 && done < context.total) return;
        last = performance.now();
        tell({ kind: "progress", done, total: context.total, where });
      },
      /** Lets a window without workers draw. */
      async pause() {
        if (performance.now() - rested < 50) return;
        await new Promise((resolve) => setTimeout(resolve, 0));
        rested = performance.now();
      },
    };
    return context;
  }

  async function signatures(context) {
    await v.readEntries(context);
    await v.readKeys(context);
    await v.checkRetired(context);
    if (context.checkpoint) context.signed = v.checkSigned(context, context.checkpoint);
    v.checkPinnedKey(context, context.pins.vkeys);
  }

  async function proofs(context) {
    await v.checkProofs(context);
    await v.checkConsistency(context);
  }

  async function clips(context) {
    await v.readPackage(context);
    await v.checkClips(context);
  }

  async function witnesses(context) {
    await v.checkWitnesses(context);
    v.checkPinnedWitnesses(context, context.pins.witnesses);
  }

  /** The steps as a reader sees them. "none": there was nothing to check. */
  const STEPS = [
    ["bag", "bag_malformed", v.checkBag, () => true],
    ["seal", "seal_broken", v.checkSeal, (context) => context.seal !== null],
    ["signatures", "checkpoint_signature", signatures, () => true],
    ["proofs", "proof_wrong", proofs, () => true],
    ["history", "chain_broken", v.checkHistory, () => true],
    ["clips", "package_differs", clips, () => true],
    ["timestamps", "timestamp_wrong", v.checkStamps, (context) => context.stamps.length > 0],
    ["witnesses", "cosignature_wrong", witnesses, (context) => context.witnesses.length > 0],
  ];
  v.STEPS = ["container", ...STEPS.map(([name]) => name)];

  /** One step. What nobody foresaw in hostile bytes is a finding as well: nothing ends well by accident. */
  async function run(context, [name, code, step, there], tell) {
    const before = context.book.findings.length;
    tell({ kind: "step", name, state: "running" });
    try {
      await step(context);
    } catch (e) {
      context.book.add(code, "", ["此项核验未能完成：" + e, "this check could not be ended: " + e]);
    }
    const found = context.book.findings.slice(before);
    tell({ kind: "step", name, state: found.length ? "bad" : there(context) ? "ok" : "none", findings: found.length });
    await context.pause();
  }

  /** The earliest; where the reader gave roots, only of those. */
  const best = (stamps) => stamps.filter((one) => one.pinned !== false).sort((a, b) => a.time - b.time)[0] || null;

  /** What is wrong with these makes nothing here lead to a signed checkpoint. */
  const TRUNK = ["proofs/checkpoint", "data/keys/ledger.vkeys", "data/ledger/entries.jsonl"];

  function clipAnswers(context) {
    const said = context.package ? context.package.clips : [];
    return said.map((clip) => {
      const file = context.files.get(clip.original);
      const own = new Set([clip.original, ...TRUNK, ...(context.subjects.get(clip.clip) || []).map((entry) => `proofs/${entry.index}.tlog-proof`)]);
      const wrong = context.book.findings.some((one) => own.has(one.where) || one.subject === clip.clip);
      const stamp = wrong ? null : best(context.stamps.filter((one) => one.clip === null || one.clip === clip.clip));
      return {
        clip: clip.clip, path: clip.original, sha256: (file && file.sha256) || null, name: clip.path, start: clip.start,
        ok: !wrong && Boolean(file && file.sha256), existed_by: stamp && v.instant(stamp.time), authority: stamp && stamp.authority, own: stamp && stamp.own,
      };
    });
  }

  function notChecked(context) {
    const sentences = [...context.book.unchecked.values()];
    const pins = context.pins;
    sentences.push(["报告的文字、案号与名称、制作时间：均为制作者所述，包外没有可比对的内容", "the words of the report, the number and title of the case and the time of making: they are the maker's, and nothing outside says so too"]);
    if (context.package && context.package.subject.kind === "case")
      sentences.push(["此处是否为案件的全部原始文件，各原始文件在此处最后一个条目之后是否另有记录：只有制作者的说法", "whether these are all clips of the case, and whether more was recorded about them after the last entry here: there is the maker's word only"]);
    if (!pins.vkeys.length) sentences.push(["签名者是谁：您没有给出从别处得到的存证日志公钥", "who signed: no ledger key that you got elsewhere was given"]);
    if (!context.stamps.length) sentences.push(["何时已存在：没有可用的时间戳", "when this existed: there is no timestamp that holds"]);
    else if (!context.pinned.authorities) sentences.push(["时间戳机构是否可信：根证书取自包内", "whether the timestamp authority is to be believed: its root certificate is the one in the package"]);
    if (context.witnesses.length && !pins.witnesses.length) sentences.push(["见证方是否独立：其公钥取自包内", "whether the witnesses are independent: their keys are those in the package"]);
    return sentences;
  }

  /** A file of proofs that is right in all else and differs from its manifest: perhaps the manifest is wrong. */
  function blameManifest(context) {
    for (const file of context.differing) {
      const others = context.book.findings.filter((one) => one.where === file.path && one.code !== "file_changed");
      if (file.path.startsWith("proofs/") && !others.length)
        context.book.add("bag_malformed", v.TAGS, [`它对 ${file.path} 的记载与该文件不符，两者之一被改动`, `what it says of ${file.path} differs from that file: one of the two was changed`]);
    }
  }

  function says(context) {
    const number = context.book.findings.length;
    if (number) return [`发现 ${number} 处问题`, number === 1 ? "one thing is wrong" : `${number} things are wrong`];
    if (context.followed) return ["完整，签名密钥由您指定的密钥逐级签署启用", "whole, and signed by a key that followed, word by word, from the key that you gave"];
    if (context.pinned.signer) return ["完整，由您指定的密钥签名", "whole, and signed by the key that you gave"];
    return ["前后一致；签名者未经核对", "consistent with itself; signer not pinned"];
  }

  function answer(context, name) {
    const { count, book } = context;
    return {
      ok: book.findings.length === 0, mode: "package", name, objects_checked: count.objects, bytes_checked: count.bytes, entries_checked: count.entries, tiles_checked: 0,
      signatures_checked: count.signatures, timestamps_checked: count.timestamps, findings: book.findings, says: says(context), pinned: context.pinned, given: context.pins.vkeys.length > 0,
      clips: clipAnswers(context), not_checked: notChecked(context), subject: context.package ? context.package.subject : null, made: context.package ? context.package.made : null,
      origin: context.package ? context.package.origin : null, left_out: context.package ? context.package.left_out : [],
    };
  }

  /** Check a package.
   * @param {{zip?: Blob, folder?: {path: string, file: File}[]}} source @param {ReturnType<typeof v.readPins>} pins
   * @param {(message: object) => void} tell progress and steps @returns {Promise<object>} the answer, whatever the bytes */
  v.check = async function (source, pins, tell) {
    tell({ kind: "step", name: "container", state: "running" });
    let opened = null;
    const early = new Book();
    try {
      opened = source.zip ? await v.openZip(source.zip) : v.openFolder(source.folder);
    } catch (e) {
      early.wrong(e, "zip_unsafe", "");
    }
    const context = newContext(opened || { files: new Map() }, pins, tell);
    if (opened) context.book.findings.push(...opened.problems.map((one) => ({ code: one.code, where: one.where || "", detail: one.detail, subject: "" })));
    else context.book.findings.push(...early.findings);
    tell({ kind: "step", name: "container", state: context.book.findings.length ? "bad" : "ok", findings: context.book.findings.length });
    if (opened) for (const step of STEPS) await run(context, step, tell);
    blameManifest(context);
    return answer(context, opened ? opened.name : "");
  };
})((self.muniment = self.muniment || {}));
