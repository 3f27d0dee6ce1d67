// Signed notes, checkpoints, verifier keys, cosignatures and proofs of the C2SP formats: text in, values out.
// As strict as docs/formats/ledger.md is: base64 in one spelling, no control characters.
(function (v) {
  "use strict";

  // Nothing that Unicode calls a space or a control, in whatever program it is read.
  const NAME = /^[^\s+\u0000-\u0020\u007f-\u009f\ufeff]+$/u;
  const MOST = 1000000;
  const ED25519 = 1, COSIGNATURE = 4;
  v.MLDSA = 6;

  const refuse = (zh, en) => v.malformed(zh, en);

  /** @param {Uint8Array} bytes @returns {{text: string, signatures: {name: string, id: string, value: Uint8Array}[]}} nothing is said about signatures */
  v.note = function (bytes) {
    if (bytes.length > MOST) refuse("检查点过大", "longer than a note may be");
    const whole = v.fromUtf8(bytes);
    const cut = whole.lastIndexOf("\n\n");
    if (cut < 0 || !whole.endsWith("\n") || /[\u0000-\u0009\u000b-\u001f]/.test(whole)) refuse("检查点格式不符", "not a signed note");
    const lines = whole.slice(cut + 2).split("\n").slice(0, -1);
    if (!lines.length || lines.length > 100) refuse("签名行数不符", "no signature, or too many");
    return { text: whole.slice(0, cut + 1), signatures: lines.map(signatureLine) };
  };

  function signatureLine(line) {
    const parts = line.split(" ");
    if (parts.length !== 3 || parts[0] !== "—" || !NAME.test(parts[1])) refuse("签名行格式不符", "a signature line has another form");
    const raw = v.fromBase64(parts[2]);
    if (raw.length < 5) refuse("签名过短", "a signature is too short");
    return { name: parts[1], id: v.toHex(raw.subarray(0, 4)), value: raw.subarray(4) };
  }

  /** @param {string} text of a note @returns {{origin: string, size: number, root: Uint8Array}} */
  v.checkpoint = function (text) {
    const lines = text.split("\n");
    if (lines.length < 4 || lines.pop() !== "" || lines.includes("")) refuse("不是检查点", "not origin, size and root");
    if (!/^(?:0|[1-9][0-9]{0,15})$/.test(lines[1]) || !Number.isSafeInteger(Number(lines[1]))) refuse("检查点大小不符", "the size is no whole number");
    const root = v.fromBase64(lines[2]);
    if (root.length !== 32) refuse("根散列长度不符", "the root is no SHA-256");
    return { origin: lines[0], size: Number(lines[1]), root };
  };

  /** @param {string} text `<name>+<id>+<base64(type ‖ key)>` @returns {{name: string, id: string, type: number, key: Uint8Array, vkey: string}} */
  v.verifierKey = function (text) {
    const match = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text);
    if (!match || !NAME.test(match[1])) return refuse("不是公钥行", "not a verifier key");
    const raw = v.fromBase64(match[3]);
    const id = v.toHex(v.sha256(v.utf8(match[1] + "\n"), raw).subarray(0, 4));
    if (id !== match[2]) refuse("公钥编号与公钥不符", "the id is another key's");
    const [type, key] = [raw[0], raw.subarray(1)];
    if (type !== v.MLDSA && !v.ed25519KeyIsSound(key)) refuse("公钥不可用", "the key is none that can be used");
    return { name: match[1], id, type, key, vkey: text };
  };

  /** Verifier keys, one a line. @param {Uint8Array} bytes */
  v.verifierKeys = function (bytes) {
    const lines = v.fromUtf8(bytes).split("\n");
    if (lines.pop() !== "") refuse("末行没有换行", "the last line has no newline");
    return lines.map(v.verifierKey);
  };

  const checked = new Map();

  function holds(key, signature, message) {
    const question = [v.toHex(key), v.toHex(signature), v.toHex(v.sha256(message))].join();
    if (!checked.has(question)) checked.set(question, v.ed25519(key, signature, message));
    return checked.get(question);
  }

  const lines = (note, key) => note.signatures.filter((one) => one.name === key.name && one.id === key.id);

  /** Is the note signed by this ledger key? null: it has no line of it; false: a line of it is wrong.
   * @returns {boolean | null} */
  v.signedBy = function (note, key) {
    const own = key.type === ED25519 ? lines(note, key) : [];
    return own.length ? own.every((one) => holds(key.key, one.value, v.utf8(note.text))) : null;
  };

  /** The same of a witness's cosignature (C2SP tlog-cosignature, "cosignature/v1"). @returns {boolean | null} */
  v.cosignedBy = function (note, key) {
    const own = key.type === COSIGNATURE ? lines(note, key) : [];
    return own.length ? own.every((one) => cosignatureHolds(note, key, one.value)) : null;
  };

  /** Has the note a line under this key, which nobody looked into? */
  v.namesKey = (note, key) => lines(note, key).length > 0;

  function cosignatureHolds(note, key, value) {
    if (value.length !== 72) return false;
    const time = v.toInteger(value.subarray(0, 8));
    return holds(key.key, value.subarray(8), v.utf8(`cosignature/v1\ntime ${time}\n${note.text}`));
  }

  /** C2SP tlog-proof. @param {Uint8Array} bytes @returns {{index: number, hashes: Uint8Array[], note: Uint8Array}} */
  v.proof = function (bytes) {
    if (bytes.length > MOST) refuse("证明过大", "longer than a proof may be");
    const text = v.fromUtf8(bytes);
    const cut = text.indexOf("\n\n");
    const head = text.slice(0, Math.max(cut, 0)).split("\n");
    const index = /^index (0|[1-9][0-9]{0,15})$/.exec(head[1] || "");
    if (head[0] !== "c2sp.org/tlog-proof@v1" || !index || head.length > 66) return refuse("证明格式不符", "not a proof");
    const hashes = head.slice(2).map(v.fromBase64);
    if (hashes.some((hash) => hash.length !== 32)) refuse("证明格式不符", "a hash of another length");
    return { index: Number(index[1]), hashes, note: v.utf8(text.slice(cut + 2)) };
  };
})((self.muniment = self.muniment || {}));
