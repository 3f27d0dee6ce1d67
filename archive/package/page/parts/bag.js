// The bag (RFC 8493): its declaration, its two manifests, and the digest of every file that they name.
(function (v) {
  "use strict";

  const LARGEST_MANIFEST = 64 << 20;
  const DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
  v.PAYLOAD = "manifest-sha256.txt";
  v.TAGS = "tagmanifest-sha256.txt";
  v.SMALL = 16 << 20;

  const TAG_FILES = ["bagit.txt", "bag-info.txt", v.PAYLOAD, "README.txt", "verify.py", "verify.html", "proofs/package.entry", "proofs/checkpoint", "proofs/package.tlog-proof"];
  v.PAYLOAD_FILES = ["data/package.json", "data/ledger/entries.jsonl", "data/ledger/text.jsonl", "data/ledger/checkpoint", "data/keys/ledger.vkeys", "data/keys/witnesses.vkeys", "data/report/report.html"];
  const STAMP = /^proofs\/timestamps\/[A-Za-z0-9.-]+\/(?:token\.der|chain\.pem|revocation-(?:0|[1-9]\d{0,15})\.(?:crl|ocsp))$/;
  const PROOF = /^proofs\/(?:(?:0|[1-9]\d{0,15})\.tlog-proof|[1-9]\d{0,15}\.consistency)$/;

  /** Lines of a manifest (2.1.3). @returns {Map<string, string>} path -> digest */
  function manifest(bytes, payload) {
    const found = new Map();
    const lines = v.fromUtf8(bytes).replace(/\r\n/g, "\n").split("\n");
    if (lines.pop() !== "") v.malformed("末行没有换行", "the last line has no newline");
    for (const line of lines) {
      const match = /^([0-9a-f]{64}) {2}(.+)$/su.exec(line);
      const path = match && match[2].replace(/%(0[aA]|0[dD]|25)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))).normalize("NFC");
      if (!match || v.unsafeName(path) || path.startsWith("data/") !== payload || found.has(path))
        v.malformed("清单中有一行不符合规范：" + line.slice(0, 200), "a line is not as it must be: " + line.slice(0, 200));
      found.set(path, match[1]);
    }
    return found;
  }

  /** The whole of a file that must be here. @returns {Promise<Uint8Array | null>} null where it is not: that is told by others */
  v.read = async function (context, path, code, most = v.SMALL) {
    const file = context.files.get(path);
    if (!file) return null;
    try {
      return await file.whole(most);
    } catch (e) {
      context.book.wrong(e, code, path);
      return null;
    }
  };

  async function readManifest(context, path, payload) {
    const bytes = await v.read(context, path, "bag_malformed", LARGEST_MANIFEST);
    if (!bytes) context.book.add("file_missing", path, ["清单缺失", "the manifest is missing"]);
    return bytes ? context.book.attempt("bag_malformed", path, () => manifest(bytes, payload)) : null;
  }

  /** Payload-Oxum: bytes and number of files of the payload (2.2.2). */
  function oxum(text, payload) {
    const lines = text.split(/\r\n|\n|\r/).filter((line) => line.startsWith("Payload-Oxum:"));
    const bytes = payload.reduce((sum, file) => sum + file.size, 0);
    if (lines.length !== 1 || lines[0].slice(13).trim() !== `${bytes}.${payload.length}`)
      v.malformed(`Payload-Oxum 应为 ${bytes}.${payload.length}`, `Payload-Oxum should say ${bytes}.${payload.length}`);
  }

  async function declarations(context) {
    const bagit = await v.read(context, "bagit.txt", "bag_malformed");
    if (bagit && context.book.attempt("bag_malformed", "bagit.txt", () => v.fromUtf8(bagit).replace(/\r\n/g, "\n")) !== DECLARATION) context.book.add("bag_malformed", "bagit.txt", ["应声明 BagIt 1.0 与 UTF-8", "it should say BagIt 1.0 and UTF-8"]);
    const info = await v.read(context, "bag-info.txt", "bag_malformed");
    const payload = [...context.files.values()].filter((file) => file.path.startsWith("data/"));
    if (info) context.book.attempt("bag_malformed", "bag-info.txt", () => oxum(v.fromUtf8(info), payload));
  }

  /** Which files should be here, and are. */
  function presence(context) {
    const { files, book, manifests } = context;
    const listed = (path) => path === v.TAGS || [...manifests.values()].some((one) => one && one.has(path));
    for (const [name, one] of manifests)
      for (const path of one ? one.keys() : [])
        if (!files.has(path)) book.add("file_missing", path, [`${name} 列有此文件，包中没有`, `${name} names it, and it is not here`]);
    for (const path of [...TAG_FILES, ...v.PAYLOAD_FILES])
      if (!files.has(path) && !listed(path)) book.add("file_missing", path, ["每个证据包都应有此文件", "every package has it, and it is not here"]);
    for (const path of files.keys()) {
      const known = path === v.TAGS || path.startsWith("data/") || TAG_FILES.includes(path) || STAMP.test(path) || PROOF.test(path);
      if (!known || !listed(path)) book.add("file_extra", path, ["清单中没有此文件", "no manifest names it"]);
    }
  }

  /** Hash every file that a manifest names. Tag files that differ are kept for the seal to say which side is wrong. */
  async function hashAll(context) {
    const named = [...context.files.values()].filter((file) => [...context.manifests.values()].some((one) => one && one.has(file.path)));
    context.total = named.reduce((sum, file) => sum + file.size, 0);
    const unread = new Map();
    await v.hashFiles(named, context.progress, (file, digest, error) => {
      file.sha256 = digest;
      if (error) unread.set(file, error);
    });
    for (const file of named) {
      if (unread.has(file)) {
        context.book.wrong(unread.get(file), "file_changed", file.path);
        continue;
      }
      context.count.objects += 1;
      context.count.bytes += file.size;
      const payload = context.manifests.get(v.PAYLOAD), tags = context.manifests.get(v.TAGS);
      if (payload && payload.has(file.path) && payload.get(file.path) !== file.sha256)
        context.book.add("file_changed", file.path, [`其 SHA-256 是 ${file.sha256}，${v.PAYLOAD} 写的是另一个`, `its SHA-256 is ${file.sha256}; ${v.PAYLOAD} says another`]);
      if (tags && tags.has(file.path) && tags.get(file.path) !== file.sha256) context.differing.push(file);
    }
  }

  /** Steps 2 of docs/formats/package.md: after it every file that is named has its digest. */
  v.checkBag = async function (context) {
    context.manifests = new Map([
      [v.PAYLOAD, await readManifest(context, v.PAYLOAD, true)],
      [v.TAGS, await readManifest(context, v.TAGS, false)],
    ]);
    presence(context);
    await declarations(context);
    await hashAll(context);
  };
})((self.muniment = self.muniment || {}));
