// Earlier checkpoints, stamped or cited, belong to the ledger of proofs/checkpoint: consistency proofs (RFC 9162, 2.1.4.2).
// A checkpoint that is not proven to be an earlier state of the same ledger dates nothing. Who signed it is asked elsewhere.
(function (v) {
  "use strict";

  const NOTE = /^data\/(?:ledger|timestamps\/[^/]+)\/checkpoint$/;
  const PROOF = /^proofs\/(\d+)\.consistency$/;
  const MOST = 128;

  /** `old <size>`, then one hash a line. @returns {Uint8Array[]} */
  v.consistencyHashes = function (bytes, size) {
    const lines = v.fromUtf8(bytes).split("\n");
    if (lines.pop() !== "" || lines.length > MOST || lines[0] !== `old ${size}`) v.malformed("一致性证明格式不符", "not a consistency proof from this size");
    const hashes = lines.slice(1).map(v.fromBase64);
    if (hashes.some((hash) => hash.length !== 32)) v.malformed("一致性证明格式不符", "a hash of another length");
    return hashes;
  };

  /** Is the older tree, 0 < its size < the newer's, the beginning of the newer one? */
  v.growsFrom = function (older, newer, proof) {
    if (!proof.length) return false;
    let [node, last] = [BigInt(older.size) - 1n, BigInt(newer.size) - 1n];
    const full = (BigInt(older.size) & node) === 0n; // a power of two: its root is a node of the newer tree
    const [start, ...rest] = full ? [older.root, ...proof] : proof;
    for (; node & 1n; last >>= 1n) node >>= 1n;
    let [first, second] = [start, start];
    for (const beside of rest) {
      if (last === 0n) return false;
      if (node & 1n || node === last) {
        [first, second] = [v.nodeHash(beside, first), v.nodeHash(beside, second)];
        for (; node && !(node & 1n); last >>= 1n) node >>= 1n;
      } else {
        second = v.nodeHash(second, beside);
      }
      [node, last] = [node >> 1n, last >> 1n];
    }
    return last === 0n && v.same(first, older.root) && v.same(second, newer.root);
  };

  async function grows(context, older, newest) {
    const empty = older.size === 0 && v.same(older.root, v.sha256(new Uint8Array(0)));
    if (older.size >= newest.size || older.size === 0) {
      const same = older.size === newest.size && v.same(older.root, newest.root);
      if (!same && !empty) context.book.add("proof_wrong", older.path, ["与包末检查点不属于同一存证日志", "it is no earlier state of the ledger of proofs/checkpoint"]);
      return same || empty;
    }
    const path = `proofs/${older.size}.consistency`;
    context.consistencies.add(path);
    const bytes = await v.read(context, path, "proof_wrong");
    if (!bytes && !context.files.has(path)) context.book.add("file_missing", path, [`缺少 ${older.path} 的一致性证明`, `the consistency proof of ${older.path} is missing`]);
    if (!bytes) return false;
    const told = context.book.attempt("proof_wrong", path, () => {
      if (!v.growsFrom(older, newest, v.consistencyHashes(bytes, older.size)))
        v.malformed(`不能证明 ${older.path} 是 proofs/checkpoint 的前身：两者属于不同的历史`, `it does not lead from ${older.path} to proofs/checkpoint: the two are of different histories`);
      return true;
    });
    return told !== null;
  }

  /** After it `context.grown` has the paths of the checkpoints out of which proofs/checkpoint grew. */
  v.checkConsistency = async function (context) {
    const newest = context.agreed || context.checkpoint; // where all proofs end with another one, that was told
    let whole = newest !== null;
    for (const path of context.files.keys()) {
      const older = NOTE.test(path) ? await v.readNote(context, path) : undefined;
      if (older === null) whole = false; // told where it was read; which proof it needs is not known
      if (older && newest && (await grows(context, older, newest))) context.grown.add(path);
    }
    for (const path of context.files.keys())
      if (whole && PROOF.test(path) && !context.consistencies.has(path)) context.book.add("file_extra", path, ["没有检查点需要此证明", "no checkpoint needs it"]);
  };
})((self.muniment = self.muniment || {}));
