// Checks ledger entries and an original in a worker, with the engine of verify.html. Believes nothing that it did not work out.
"use strict";
(() => {
  let v = null; // the engine
  let newest = new Map(); // subject: the entry about it that was checked last; leaf null where that one was wrong
  let original = null; // digest of the original, by an entry that was proven
  const PROGRESS = 100; // ms

  const wrong = (zh, en) => v.malformed(zh, en);

  /** The keys of the answer, with the size up to which each is believed. */
  const keysOf = (document) => document.keys.map((key) => ({ key: v.verifierKey(key.vkey), until: key.until }));

  /** Who signed this checkpoint, of those who may. */
  function signerOf(note, checkpoint, keys, pin) {
    const found = keys.find(({ key }) => v.signedBy(note, key) === true);
    if (!found) wrong("检查点没有本站密钥的有效签名", "no key of this ledger signed the checkpoint");
    if (found.until !== null && checkpoint.size > found.until) wrong("签署检查点的密钥当时已停用", "the key that signed the checkpoint was retired before");
    if (checkpoint.origin !== found.key.name) wrong("检查点来自另一存证日志", "the checkpoint is of another ledger");
    if (pin && pin !== found.key.vkey) wrong("签署检查点的不是您填入的公钥", "the checkpoint is signed by another key than the one that you gave");
    return found.key;
  }

  /** How many of the witnesses cosigned it; one that is there and wrong is told. */
  function cosigned(note, witnesses) {
    const held = witnesses.map((vkey) => v.cosignedBy(note, v.verifierKey(vkey)));
    if (held.includes(false)) wrong("见证方的联署不成立", "the cosignature of a witness is wrong");
    return held.filter((one) => one === true).length;
  }

  /** Does the proof lead from these bytes to a checkpoint that a key of ours signed? */
  function proven(one, entry, document, pin) {
    const proof = v.proof(v.utf8(one.proof));
    if (proof.index !== one.index) wrong("证明针对另一条记录", "the proof is about another entry");
    const note = v.note(proof.note);
    const checkpoint = v.checkpoint(note.text);
    const root = v.rootFromProof(proof.index, checkpoint.size, v.fromHex(entry.leaf), proof.hashes);
    if (!v.same(root, checkpoint.root))
      wrong("记录的哈希不能到达检查点的根：记录或其证明被改动", "the entry's hash does not lead to the checkpoint's root: the entry or its proof was changed");
    const signer = signerOf(note, checkpoint, keysOf(document), pin);
    return { size: checkpoint.size, root: v.toHex(checkpoint.root), signer: signer.id, witnesses: cosigned(note, document.witnesses) };
  }

  /** Does it continue the entry before about the same subject? Null: that one is not here, or is wrong itself. */
  function chained(one, entry, document) {
    const before = newest.get(entry.subject);
    const { count, index, prev } = entry.chain;
    if (!before) return count === 1 ? true : null;
    if (before.leaf === null) return null;
    // Of what is only mentioned here (a clip in a case's history) not every entry is.
    if (entry.subject !== document.subject && count > before.count + 1) return null;
    if (count !== before.count + 1 || index !== before.index || prev !== before.leaf)
      wrong(`不与同一主体的前一条（${before.index}）衔接：其间有记录缺失或被改动`, `does not continue entry ${before.index} about the same subject: one between is missing, or was changed`);
    return true;
  }

  function check(one, document, rows, pin) {
    const entry = v.entry(v.fromBase64(one.entry));
    const row = rows[one.index];
    let facts = null;
    try {
      if (one.why === "damaged") wrong("没有证明：已发布的日志受损，请运行 muniment audit", "there is no proof: the published log is damaged, run muniment audit");
      if (one.proof !== null) facts = proven(one, entry, document, pin);
      const chain = chained(one, entry, document);
      if (row && (row.type !== entry.type || row.time !== entry.time)) wrong("页面显示的事项或时间与记录不符", "the page shows another event or time than the entry");
      newest.set(entry.subject, { index: one.index, leaf: entry.leaf, count: entry.chain.count });
      if (facts && entry.type === "clip.ingested" && entry.subject === document.subject) original = v.asText(v.asObject(entry.data.original).object);
      return { index: one.index, state: facts ? "good" : "later", leaf: entry.leaf, count: entry.chain.count, subject: entry.subject, chain, facts };
    } catch (error) {
      newest.set(entry.subject, { index: one.index, leaf: null, count: entry.chain.count });
      throw error;
    }
  }

  function told(one, document, rows, pin) {
    try {
      return check(one, document, rows, pin);
    } catch (error) {
      if (!(error instanceof v.Wrong)) throw error;
      if (!newest.size || ![...newest.values()].some((entry) => entry.index === one.index))
        newest.set(document.subject, { index: one.index, leaf: null, count: 0 }); // it has no form: what follows cannot be tied to it
      return { index: one.index, state: "bad", detail: error.detail };
    }
  }

  /** The digest of the whole original, read as it comes: a view like any other. */
  async function digestOf(href, size) {
    const answer = await fetch(href, { cache: "no-store", redirect: "error" });
    if (!answer.ok) return { kind: "original", state: "failed", status: answer.status };
    const hash = new v.Sha256();
    const reader = answer.body.getReader();
    let [done, last] = [0, 0];
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      hash.update(piece.value);
      done += piece.value.length;
      if (performance.now() - last < PROGRESS) continue;
      last = performance.now();
      self.postMessage({ kind: "progress", done, size });
    }
    const digest = v.toHex(hash.digest());
    return { kind: "original", state: digest === original && done === size ? "good" : "bad", digest, expected: original, bytes: done };
  }

  async function answer(data) {
    if (data.kind === "begin") {
      newest = new Map();
      return { kind: "begun" };
    }
    if (data.kind === "pin") {
      const key = v.verifierKey(data.vkey);
      return { kind: "pin", id: key.id };
    }
    if (data.kind === "original") return original === null ? { kind: "original", state: "first" } : digestOf(data.href, data.size);
    return { kind: "entries", results: data.document.entries.map((one) => told(one, data.document, data.rows, data.pin)) };
  }

  self.onmessage = async ({ data }) => {
    if (data.kind === "engine") {
      importScripts(data.href);
      v = self.muniment;
      return;
    }
    try {
      self.postMessage(await answer(data));
    } catch (error) {
      self.postMessage({ kind: "failed", detail: v && error instanceof v.Wrong ? error.detail : null });
    }
  };
})();
