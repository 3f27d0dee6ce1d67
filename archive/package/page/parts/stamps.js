// Outside time and outside eyes: timestamp tokens over checkpoints, and cosignatures of witnesses.
(function (v) {
  "use strict";

  const FOLDER = /^data\/timestamps\/([1-9]\d{0,15})-([A-Za-z0-9.-]+)\/token\.der$/;
  const SEAL_FOLDER = /^proofs\/timestamps\/([A-Za-z0-9.-]+)\/token\.der$/;
  const SLACK = 600e6; // microseconds that clocks may differ
  const FILE = "data/package.json", WITNESSES = "data/keys/witnesses.vkeys";

  /** Microseconds as RFC 3339. */
  v.instant = function (time) {
    const text = new Date(Math.floor(time / 1000)).toISOString();
    const micros = String(((time % 1000000) + 1000000) % 1000000).padStart(6, "0").replace(/0+$/, "");
    return text.slice(0, 19) + (micros ? "." + micros : "") + "Z";
  };

  async function revocationOf(context, folder) {
    const found = [];
    for (const path of context.files.keys()) {
      const match = path.startsWith(folder) && /^revocation-\d+\.(crl|ocsp)$/.exec(path.slice(folder.length));
      const bytes = match && (await v.read(context, path, "timestamp_chain"));
      if (bytes) found.push({ kind: match[1], bytes, where: path });
    }
    return found;
  }

  async function certificates(context, path) {
    const bytes = await v.read(context, path, "timestamp_chain");
    if (!bytes && !context.files.has(path)) context.book.add("file_missing", path, ["缺少该机构的证书", "the authority's certificates are missing"]);
    return bytes ? context.book.attempt("timestamp_chain", path, () => v.fromPem(v.fromUtf8(bytes))) : [];
  }

  /** One token over a note. @returns what it proves, or null where it proves nothing */
  async function checkOne(context, folder, authority, note) {
    const where = folder + "token.der";
    const bytes = await v.read(context, where, "timestamp_wrong");
    const roots = await certificates(context, `data/keys/${authority}.pem`);
    const chain = await certificates(context, folder + "chain.pem");
    const revocation = await revocationOf(context, folder);
    if (!bytes || !note || !roots || !roots.length || !chain) return null;
    const imprint = v.sha256(v.utf8(note.text));
    const checked = context.book.attempt("timestamp_wrong", where, () => v.within("timestamp_wrong", where, () => v.checkToken(bytes, imprint, chain, roots, revocation, folder)));
    if (!checked) return null;
    context.count.timestamps += 1;
    const pinned = context.pins.roots.length ? context.pins.roots.includes(checked.root) : null;
    if (pinned === false)
      context.book.note(`authority ${authority}`, [`时间戳机构 ${authority}：其根证书不是您给出的，它的时间戳不作数`, `the authority ${authority}: its root is none of those that you gave, and its timestamps count for nothing`]);
    if (!checked.revocation)
      context.book.note(`revocation ${authority}`, [`时间戳机构 ${authority} 的证书当时是否被吊销：包中没有相应资料`, `whether the certificate of the authority ${authority} was revoked then: nothing about it is here`]);
    return { authority, own: authority === "embedded", time: checked.time, pinned, where, size: note.size };
  }

  const differs = (context, folder, zh, en) => context.book.add("package_differs", FILE, [`${folder}：${zh}`, `${folder}: ${en}`]);

  /** What package.json and the ledger say of a token from an earlier day. */
  function compare(context, folder, note, token, stamp) {
    const said = context.package && context.package.timestamps.find((one) => one.folder.replace(/\/?$/, "/") === folder);
    if (!said) return differs(context, folder, "未列此时间戳", "it does not name this timestamp");
    const entry = context.entries.get(said.entry);
    if (!entry || entry.type !== "checkpoint.timestamped") return differs(context, folder, "没有它的加盖记录", "its entry is not here");
    const data = entry.data;
    const file = context.files.get(folder + "token.der");
    if (data.size !== note.size || data.root !== v.toHex(note.root) || v.asObject(data.token).object !== file.sha256)
      context.book.add("timestamp_wrong", folder + "token.der", ["不是加盖记录所载的时间戳", "it is not the one that its entry names"]);
    for (const [name, path] of [["chain", "chain.pem"], ["checkpoint", "checkpoint"]]) {
      const kept = context.files.get(folder + path);
      if (kept && v.asObject(data[name]).object !== kept.sha256) context.book.add("timestamp_wrong", folder + path, ["不是加盖记录所载的文件", "it is not the file that its entry names"]);
    }
    const same = said.size === note.size && said.root === data.root &&
      said.authority === data.authority && said.own === data.own && said.time === data.time && (!stamp || Math.abs(Date.parse(data.time) - stamp.time / 1000) < 1000) && v.equal([...token.dates].sort(), [...said.dates].sort());
    if (!same) differs(context, folder, "与记录不同", "it says something else than the entry");
  }

  /** Clips whose ingestion an earlier checkpoint covers. */
  async function datedBy(context, folder, note) {
    const dates = [];
    for (const path of context.files.keys()) {
      const match = path.startsWith(folder) && /^(\d+)\.tlog-proof$/.exec(path.slice(folder.length));
      const entry = match && context.entries.get(Number(match[1]));
      if (!match) continue;
      if (!entry || entry.type !== "clip.ingested" || context.subjects.get(entry.subject)[0] !== entry) context.book.add("proof_wrong", path, ["没有与之对应的入库记录", "there is no entry of ingestion for it"]);
      else if (await v.checkProof(context, path, entry.index, v.fromHex(entry.leaf), note, "data/ledger/entries.jsonl")) dates.push(entry);
    }
    return dates;
  }

  async function earlier(context, path, size, authority) {
    const folder = path.slice(0, -"token.der".length);
    const note = await v.readNote(context, folder + "checkpoint");
    if (!note) return context.files.has(folder + "checkpoint") ? undefined : context.book.add("file_missing", folder + "checkpoint", ["缺少被加盖的检查点", "the checkpoint that was stamped is missing"]);
    const signed = v.checkSigned(context, note);
    const stamp = await checkOne(context, folder, authority, note);
    const dated = await datedBy(context, folder, note);
    const dates = dated.map((entry) => entry.subject);
    context.book.attempt("package_differs", FILE, () => compare(context, folder, note, { dates }, stamp));
    if (String(note.size) !== size) differs(context, folder, "文件夹名与检查点大小不符", "the folder's name is another size");
    if (stamp && signed && context.grown.has(note.path) && notBefore(context, stamp, dated)) for (const clip of dates) context.stamps.push({ ...stamp, clip });
  }

  const early = (context, where) => context.book.add("timestamp_wrong", where, ["所称时间早于其所涵盖的内容", "it says a time before what it covers existed"]);

  /** What it covers was there when it says that it stamped. */
  function notBefore(context, stamp, entries) {
    const wrong = entries.some((entry) => stamp.time < v.momentOf(entry.time) - SLACK);
    if (wrong) early(context, stamp.where);
    return !wrong;
  }

  /** A larger checkpoint was not stamped before a smaller one; and where authorities differ about one, that is said. */
  function compareTimes(context) {
    const all = [...new Map(context.stamps.map((one) => [one.where, one])).values()].sort((a, b) => a.size - b.size);
    const wrong = new Set();
    let [latest, below, at] = [-Infinity, -Infinity, -1]; // up to this size, below it
    for (const one of all) {
      if (one.size > at) [below, at] = [latest, one.size];
      if (one.time < below - SLACK) wrong.add(one.where);
      else latest = Math.max(latest, one.time);
    }
    for (const where of wrong) early(context, where);
    context.stamps = context.stamps.filter((one) => !wrong.has(one.where));
    const earliest = new Map();
    for (const one of all.filter((stamp) => !wrong.has(stamp.where)).sort((a, b) => a.time - b.time)) {
      const other = earliest.get(one.size);
      if (!other) earliest.set(one.size, one);
      else if (one.time - other.time > SLACK)
        context.book.note(`times ${one.size}`, [`前 ${one.size} 条记录何时已存在：${other.authority} 与 ${one.authority} 相差超过 10 分钟`, `when the first ${one.size} entries existed: ${other.authority} and ${one.authority} differ by more than 10 minutes`]);
    }
  }

  /** All tokens. After it `context.stamps` says which clip existed when, by whom. */
  v.checkStamps = async function (context) {
    const clips = new Set(context.package ? context.package.clips.map((clip) => clip.clip) : []);
    const ingestions = [...context.entries.values()].filter((entry) => entry.type === "clip.ingested" && clips.has(entry.subject) && entry.chain.count === 1);
    for (const path of context.files.keys()) {
      const [old, late] = [FOLDER.exec(path), SEAL_FOLDER.exec(path)];
      if (old) await earlier(context, path, old[1], old[2]);
      if (!late || !context.asked.includes(late[1])) continue;
      const stamp = await checkOne(context, path.slice(0, -"token.der".length), late[1], context.checkpoint);
      if (stamp && context.signed && notBefore(context, stamp, ingestions)) context.stamps.push({ ...stamp, clip: null });
    }
    compareTimes(context);
    context.pinned.authorities = context.stamps.some((one) => one.pinned);
    if (context.pins.roots.length && !context.stamps.some((one) => one.pinned))
      context.book.add("timestamp_chain", "proofs/timestamps", ["没有一个时间戳来自您给出的根证书", "no timestamp leads to a root that you gave"]);
    for (const one of context.package ? context.package.timestamps : []) {
      const token = one.folder.replace(/\/?$/, "/") + "token.der";
      if (!context.files.has(token)) context.book.add("file_missing", token, ["package.json 列有此时间戳，包中没有", "package.json names this timestamp, and it is not here"]);
    }
  };

  /** Distinct keys that cosigned, whatever names or lines they have; one that could not be read vouches for nothing. */
  function quorum(context, note, keys, good) {
    const number = new Set(good.map((key) => v.toHex(key.key))).size;
    const need = context.package.witnesses.quorum;
    const same = v.equal(keys.map((key) => key.vkey), context.package.witnesses.vkeys);
    if (!same) context.book.add("package_differs", FILE, ["见证方名单与 witnesses.vkeys 不同", "its witnesses are not those of witnesses.vkeys"]);
    if (number < need)
      context.book.add("quorum_missing", note.path, [`应有 ${need} 个见证签名，只有 ${number} 个成立`, `${need} cosignatures are asked for, ${number} hold`]);
  }

  /** Cosignatures on the package's checkpoint. After it `context.witnesses` are the keys that hold. */
  v.checkWitnesses = async function (context) {
    const bytes = await v.read(context, WITNESSES, "cosignature_wrong");
    const keys = bytes && context.book.attempt("cosignature_wrong", WITNESSES, () => v.verifierKeys(bytes));
    const note = context.checkpoint;
    if (!keys || !note) return;
    const answers = keys.map((key) => v.cosignedBy(note, key));
    keys.forEach((key, i) => {
      if (answers[i] === false) context.book.add("cosignature_wrong", note.path, [`见证方 ${key.name} 的签名不成立`, `the cosignature of ${key.name} is wrong`]);
    });
    const unread = keys.filter((key) => key.type === v.MLDSA && v.namesKey(note, key));
    for (const key of unread) context.book.note(`cosignature ${key.name}`, [`见证方 ${key.name} 的 ML-DSA 签名`, `the ML-DSA cosignature of ${key.name}`]);
    context.witnesses = keys.filter((_, i) => answers[i]);
    context.count.signatures += context.witnesses.length;
    if (context.package) quorum(context, note, keys, context.witnesses);
  };

  /** Witnesses that the reader knows from elsewhere. */
  v.checkPinnedWitnesses = function (context, pins) {
    for (const pin of pins) {
      const holds = context.checkpoint && v.cosignedBy(context.checkpoint, pin);
      if (!holds) context.book.add("witness_missing", "proofs/checkpoint", [`没有见证方 ${pin.name} 的有效签名`, `no valid cosignature of ${pin.name} is here`]);
      else context.pinned.witnesses = true;
    }
  };
})((self.muniment = self.muniment || {}));
