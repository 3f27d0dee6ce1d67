// The seal: one ledger entry, `package.made`, names the payload manifest and the tag files; proofs lead from entries to a signed checkpoint.
(function (v) {
  "use strict";

  const SEAL = "proofs/package.entry", SEAL_PROOF = "proofs/package.tlog-proof", NOTE = "proofs/checkpoint";
  const SEALED = ["bagit.txt", "bag-info.txt", "README.txt", "verify.py", "verify.html"];
  const AUTHORITY = /^[A-Za-z0-9.-]+$/;
  const changed = (file) => [`其 SHA-256 是 ${file.sha256}，${v.TAGS} 写的是另一个`, `its SHA-256 is ${file.sha256}; ${v.TAGS} says another`];

  /** A note and its checkpoint, read once; null where it is none or not here. */
  v.readNote = async function (context, path) {
    if (!context.notes.has(path)) context.notes.set(path, await noteAt(context, path));
    return context.notes.get(path);
  };

  async function noteAt(context, path) {
    const bytes = await v.read(context, path, "checkpoint_signature");
    if (!bytes) return null;
    return context.book.attempt("checkpoint_signature", path, () => {
      const note = v.note(bytes);
      return { ...note, ...v.checkpoint(note.text), bytes, path };
    });
  }

  /** Does a proof lead from this leaf at this index to that checkpoint? Tells where not.
   * @param {number | null} index null: whatever it says @param {string} source the file with the entry @returns {Promise<boolean>} */
  v.checkProof = async function (context, path, index, leaf, checkpoint, source) {
    const bytes = await v.read(context, path, "proof_wrong");
    if (!bytes) {
      if (!context.files.has(path)) context.book.add("file_missing", path, ["缺少该条记录的证明", "the proof of this entry is missing"]);
      return false;
    }
    const root = context.book.attempt("proof_wrong", path, () => {
      const proof = v.proof(bytes);
      if (proof.index !== index && index !== null) v.malformed("证明针对另一条记录", "it is about another entry");
      const end = endOf(context, proof, checkpoint);
      const reached = v.rootFromProof(proof.index, end.size, leaf, proof.hashes);
      if (!v.same(reached, end.root)) v.malformed(`证明不能从 ${source} 中的记录到达检查点的根，两者之一被改动`, `it does not lead from the entry in ${source} to the checkpoint's root: one of the two was changed`);
      return reached;
    });
    return root !== null;
  };

  /** The checkpoint that a proof must end with; where all proofs end with another one than is here, that one is checked, and the blame is told once. */
  function endOf(context, proof, checkpoint) {
    if (checkpoint && v.same(proof.note, checkpoint.bytes)) return checkpoint;
    const agreed = context.agreed;
    if (!agreed || (checkpoint && checkpoint.path !== NOTE) || !v.same(proof.note, agreed.bytes))
      v.malformed("证明所附检查点不是包中的检查点", "its checkpoint is not the one in the package");
    if (checkpoint) context.book.add("proof_wrong", NOTE, ["所有证明都以另一个检查点结尾", "the proofs end with another checkpoint"]);
    return agreed;
  }

  /** What two proofs end with alike, where that is not proofs/checkpoint. */
  async function agreedEnd(context) {
    const notes = [];
    for (const path of [SEAL_PROOF, [...context.files.keys()].find((name) => /^proofs\/\d+\.tlog-proof$/.test(name))]) {
      const file = context.files.get(path);
      if (!file || file.size > v.SMALL) return null;
      const bytes = await v.read(context, path, "proof_wrong");
      const note = bytes && context.book.attempt("proof_wrong", path, () => v.proof(bytes).note);
      if (note) notes.push(note);
    }
    if (notes.length !== 2 || !v.same(notes[0], notes[1])) return null;
    return context.book.attempt("proof_wrong", SEAL_PROOF, () => ({ ...v.checkpoint(v.note(notes[0]).text), bytes: notes[0] }));
  }

  /** Tag files against the seal: names the manifest instead, where the seal says that the file is right. */
  function tagFiles(context, data) {
    const sealed = data && data.tags && typeof data.tags === "object" ? data.tags : {};
    const digest = (path) => (path === v.PAYLOAD ? data && data.manifest : sealed[path]);
    for (const file of context.differing) {
      const right = digest(file.path) === file.sha256;
      context.book.add("file_changed", right ? v.TAGS : file.path, right ? [`它对 ${file.path} 的记载不对`, `what it says of ${file.path} is wrong`] : changed(file));
    }
    if (!data) return;
    for (const path of SEALED) {
      const file = context.files.get(path);
      if (typeof sealed[path] !== "string") context.book.add("seal_broken", path, ["封存记录未载明此文件", "the sealing entry does not name it"]);
      else if (file && file.sha256 && sealed[path] !== file.sha256)
        context.book.add("verifier_differs", path, [`封存记录中是 ${sealed[path]}`, `the sealing entry says ${sealed[path]}`]);
    }
  }

  function payload(context, data) {
    const manifest = context.files.get(v.PAYLOAD);
    const files = [...context.files.values()].filter((file) => file.path.startsWith("data/"));
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    if (manifest && manifest.sha256 && data.manifest !== manifest.sha256)
      context.book.add("seal_broken", v.PAYLOAD, [`封存记录中清单的 SHA-256 是 ${v.shown(data.manifest)}`, `the sealing entry names a manifest of SHA-256 ${v.shown(data.manifest)}`]);
    if (data.files !== files.length || data.bytes !== bytes)
      context.book.add("seal_broken", v.PAYLOAD, [`封存时有 ${v.shown(data.files)} 个文件、${v.shown(data.bytes)} 字节`, `${v.shown(data.files)} files of ${v.shown(data.bytes)} bytes were sealed`]);
  }

  /** The form of what is sealed, and who was to stamp it: whoever is silent and whoever is extra. */
  function form(context, data) {
    const names = Array.isArray(data.asked) ? data.asked.filter((name) => typeof name === "string" && AUTHORITY.test(name)) : [];
    const whole = v.equal(names, data.asked) && new Set(names).size === names.length && ["clips", "files", "bytes"].every((name) => Number.isSafeInteger(data[name]));
    if (data.format !== 1 || !whole) context.book.add("seal_broken", SEAL, ["封存格式未知", "a format that is not known here"]);
    context.asked = names;
    for (const path of context.files.keys()) {
      const match = /^proofs\/timestamps\/([^/]+)\//.exec(path);
      if (match && !names.includes(match[1])) context.book.add("file_extra", path, [`封存时没有请 ${match[1]} 加盖时间戳`, `${match[1]} was not asked to stamp it`]);
      const token = match && `proofs/timestamps/${match[1]}/token.der`;
      if (match && !context.files.has(token)) context.book.add("file_missing", token, ["缺少时间戳", "the timestamp is missing"]);
    }
    for (const name of names)
      if (!context.files.has(`proofs/timestamps/${name}/token.der`))
        context.book.note(`asked ${name}`, [`没有 ${name} 对证据包本身的时间戳：当时未应答，或时间戳已被取走`, `no timestamp over the package itself by ${name}: it was silent, or the token was taken out`]);
  }

  /** Does the seal say that this payload file is right? */
  v.isSealed = function (context, path) {
    const [file, manifest, listed] = [context.files.get(path), context.files.get(v.PAYLOAD), context.manifests.get(v.PAYLOAD)];
    return Boolean(context.seal && manifest && context.seal.data.manifest === manifest.sha256 && file && listed && file.sha256 === listed.get(path));
  };

  /** After it `context.seal` is the entry's content, or null, and `context.checkpoint` what proofs lead to, or null. */
  v.checkSeal = async function (context) {
    const checkpoint = await v.readNote(context, NOTE);
    const bytes = await v.read(context, SEAL, "entry_malformed");
    const entry = bytes && context.book.attempt("entry_malformed", SEAL, () => v.entry(bytes));
    const sealing = entry && entry.type === "package.made" ? entry : null;
    if (entry && !sealing) context.book.add("seal_broken", SEAL, ["这不是封存记录", "this is not an entry that seals a package"]);
    context.agreed = await agreedEnd(context);
    if (bytes && !(await v.checkProof(context, SEAL_PROOF, null, v.leafHash(bytes), checkpoint, SEAL)) && context.files.has(SEAL_PROOF))
      context.book.add("proof_wrong", SEAL, [`它或 ${SEAL_PROOF} 被改动`, `it was changed, or ${SEAL_PROOF} was`]);
    context.checkpoint = checkpoint;
    context.seal = sealing;
    tagFiles(context, sealing && sealing.data);
    if (sealing) payload(context, sealing.data);
    if (sealing) form(context, sealing.data);
  };
})((self.muniment = self.muniment || {}));
