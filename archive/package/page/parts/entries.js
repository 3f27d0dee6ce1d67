// Ledger entries (docs/formats/ledger.md): their form, their leaf hashes, the chain to the entry before and to the one before about the same subject.
(function (v) {
  "use strict";

  const FILE = "data/ledger/entries.jsonl", TEXT = "data/ledger/text.jsonl";
  const LONGEST = 65535;
  const LARGEST = 1024 ** 3;
  const TIME = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{6})Z$/;
  const DIGEST = /^[0-9a-f]{64}$/;
  const WORD = /^[a-z_]+(?:\.[a-z_]+)+$/;
  /** Types of which more than the chain is looked at. */
  const READ = ["clip.ingested", "rendition.made", "key.introduced", "key.retired", "checkpoint.timestamped", "package.made", "case.opened"];

  const HASH = { test: (value) => typeof value === "string" && DIGEST.test(value) };
  const count = (value) => Number.isSafeInteger(value) && value >= 0;

  /** Microseconds since 1970 of a time as entries write it (RFC 3339); null where there was no such moment. */
  v.momentOf = function (text) {
    const match = typeof text === "string" ? TIME.exec(text) : null;
    if (!match) return null;
    const [year, month, day, hour, minute, second, micros] = match.slice(1).map(Number);
    const date = new Date(Date.UTC(2000, month - 1, day, hour, minute, second));
    date.setUTCFullYear(year, month - 1, day);
    return year && date.toISOString().slice(0, 19) === text.slice(0, 19) ? date.getTime() * 1000 + micros : null;
  };

  /** What names a row of text: its object, size and digest. */
  function rowOf(value) {
    const text = v.asObject(value);
    return Object.keys(text).length === 3 && HASH.test(text.object) && count(text.size) && HASH.test(text.row) ? text.row : v.malformed("文字的引用格式不符", "words are named in another form");
  }

  function chainOf(value) {
    const chain = v.asObject(value);
    const first = chain.count === 1 && chain.index === null && chain.prev === null;
    const later = count(chain.count) && chain.count > 1 && count(chain.index) && HASH.test(chain.prev);
    return first || later ? chain : v.malformed("主体链格式不符", "its chain has another form");
  }

  /** @param {Uint8Array} bytes exact @returns an entry whose form is right; the data only of types that are looked into */
  v.entry = function (bytes) {
    if (bytes.length > LONGEST) v.malformed("记录过长", "longer than an entry may be");
    const entry = v.asObject(v.fromJson(bytes));
    const data = v.asObject(entry.data);
    const words = typeof entry.type === "string" && WORD.test(entry.type) && typeof entry.actor === "string" && typeof entry.subject === "string";
    if (entry.v !== 1 || !words || v.momentOf(entry.time) === null || !(entry.prev === null || HASH.test(entry.prev))) v.malformed("记录格式不符", "an entry of another form");
    return {
      type: entry.type, time: entry.time, subject: entry.subject, prev: entry.prev, chain: chainOf(entry.chain),
      row: data.text === undefined ? null : rowOf(data.text), data: READ.includes(entry.type) ? data : null,
      leaf: v.toHex(v.leafHash(bytes)),
    };
  };

  /** One line: index, space, entry. */
  function line(bytes) {
    const space = bytes.subarray(0, 18).indexOf(32);
    const index = space > 0 ? v.fromUtf8(bytes.subarray(0, space)) : "";
    if (!/^(?:0|[1-9]\d{0,15})$/.test(index) || !count(Number(index))) v.malformed("行首没有序号", "a line without its index");
    return { ...v.entry(bytes.subarray(space + 1)), index: Number(index) };
  }

  async function readEntries(context, file) {
    let last = -1;
    let number = 0;
    for await (const bytes of file.lines(LONGEST + 20)) {
      number += 1;
      context.book.attempt("entry_malformed", FILE, () => {
        const entry = v.within("entry_malformed", FILE, () => line(bytes));
        if (entry.index <= last) v.malformed(`第 ${number} 行序号不递增`, `line ${number}: indexes do not rise`);
        last = entry.index;
        context.entries.set(entry.index, entry);
        if (!context.subjects.has(entry.subject)) context.subjects.set(entry.subject, []);
        context.subjects.get(entry.subject).push(entry);
      }, [`第 ${number} 行：`, `line ${number}: `]);
      context.count.entries += 1;
      if (number % 2000 === 0) await context.pause();
    }
  }

  /** The entry before, where it is here. */
  function links(context) {
    const { entries, book } = context;
    for (const entry of entries.values()) {
      const before = entries.get(entry.index - 1);
      if ((entry.index === 0) !== (entry.prev === null) || (before && before.leaf !== entry.prev))
        book.add("chain_broken", FILE, [`记录 ${entry.index} 与前一条不衔接`, `entry ${entry.index} does not continue the one before it`], entry.subject);
    }
  }

  /** The one before about the same subject, where it is here; all of them about clips of the package. */
  function subjectLinks(context) {
    const newest = new Map();
    for (const entry of context.entries.values()) {
      const { index, prev, count: nth } = entry.chain;
      const before = newest.get(entry.subject);
      const named = index === null ? null : context.entries.get(index);
      const wrongName = named && (named.subject !== entry.subject || named.leaf !== prev || named.chain.count !== nth - 1);
      const wrongOrder = before && (nth <= before.chain.count || (nth === before.chain.count + 1 && index !== before.index));
      if (wrongName || wrongOrder || (index !== null && index >= entry.index))
        context.book.add("subject_chain_broken", FILE, [`记录 ${entry.index} 与同一主体的前一条不衔接`, `entry ${entry.index} does not continue the one before about the same thing`], entry.subject);
      newest.set(entry.subject, entry);
    }
  }

  /** Rows of text: each is named by an entry, and each entry's row is here. */
  async function readText(context, file) {
    const wanted = new Map();
    for (const entry of context.entries.values()) if (entry.row !== null) wanted.set(entry.row, entry);
    for await (const bytes of file.lines(v.SMALL)) {
      const digest = v.toHex(v.sha256(bytes));
      const entry = wanted.get(digest);
      if (!entry) context.book.add("text_changed", TEXT, [`有一行不是任何记录所指：${digest.slice(0, 16)}…`, `a row that no entry names: ${digest.slice(0, 16)}…`]);
      else if (entry.data) context.book.attempt("text_changed", TEXT, () => context.rows.set(digest, v.asObject(v.fromJson(bytes))));
      if (entry) context.seenRows.add(digest);
    }
    for (const [digest, entry] of wanted)
      if (!context.seenRows.has(digest))
        context.book.add("text_changed", TEXT, [`记录 ${entry.index} 的文字不在包中，或已被改动`, `the words of entry ${entry.index} are not here, or were changed`], entry.subject);
  }

  async function stream(context, path, code, step) {
    const file = context.files.get(path);
    if (!file) return;
    try {
      if (file.size > LARGEST) v.malformed("文件过大", "larger than it may be");
      await step(context, file);
    } catch (e) {
      context.book.wrong(e, code, path);
    }
  }

  /** After it `context.entries` has every entry by index. */
  v.readEntries = (context) => stream(context, FILE, "entry_malformed", readEntries);

  v.checkHistory = async function (context) {
    links(context);
    subjectLinks(context);
    await stream(context, TEXT, "text_changed", readText);
  };

  /** A proof of each entry against the package's checkpoint. */
  v.checkProofs = async function (context) {
    for (const entry of context.entries.values()) {
      await context.pause();
      const path = `proofs/${entry.index}.tlog-proof`;
      const leads = await v.checkProof(context, path, entry.index, v.fromHex(entry.leaf), context.checkpoint, FILE);
      // One of the two was changed; the seal may say that it is not the entries.
      if (!leads && context.files.has(path) && !v.isSealed(context, FILE)) context.book.add("proof_wrong", FILE, [`记录 ${entry.index} 或其证明被改动`, `entry ${entry.index} was changed, or its proof was`]);
    }
    for (const path of context.files.keys()) {
      const match = /^proofs\/(\d+)\.tlog-proof$/.exec(path);
      if (match && !context.entries.has(Number(match[1]))) context.book.add("file_extra", path, ["没有与之对应的记录", "there is no entry for it"]);
    }
  };
})((self.muniment = self.muniment || {}));
