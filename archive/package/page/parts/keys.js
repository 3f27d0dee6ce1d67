// The ledger's keys (docs/formats/ledger.md, "Keys"): each after the first came in by the word of the one before, and signs only while in force.
(function (v) {
  "use strict";

  const FILE = "data/keys/ledger.vkeys", ENTRIES = "data/ledger/entries.jsonl";
  const ED25519 = 1;

  /** Periods of keys, oldest first, out of entries and the list of keys. */
  function history(context, listed) {
    const periods = [];
    for (const entry of context.entries.values()) {
      const data = entry.data;
      if (entry.type === "key.introduced" && data.use === "ledger") periods.push(introduced(entry, periods, listed));
      if (entry.type === "key.retired") retire(entry, periods);
    }
    if (!periods.length) v.malformed("没有启用密钥的记录", "no entry introduces a key");
    const same = periods.length === listed.length && periods.every((period, i) => v.same(period.key.key, listed[i].key));
    if (!same) throw new v.Wrong("key_history", ["密钥清单与启用记录不一致", "the list of keys is not what the entries introduced"], FILE);
    const still = periods.slice(0, -1).find((period) => period.until === null);
    if (still) throw new v.Wrong("key_history", [`密钥 ${still.key.id} 被替换，却没有停用记录`, `key ${still.key.id} was followed by another, and no entry retires it`], FILE);
    return periods;
  }

  function introduced(entry, periods, listed) {
    const refuse = (zh, en) => v.malformed(`记录 ${entry.index}：${zh}`, `entry ${entry.index}: ${en}`);
    const data = entry.data;
    const key = listed.find((one) => one.id === data.id);
    if (!key) return refuse("启用的密钥不在清单中", "introduces a key that is not in the list");
    const raw = v.concat(Uint8Array.of(ED25519), key.key);
    if (data.public !== undefined && !v.same(v.fromBase64(v.asText(data.public)), raw)) refuse("密钥与清单不符", "its key is another than in the list");
    const before = periods[periods.length - 1];
    if (!before && data.before === undefined) return { key, from: entry.index, until: null, retired: null, compromised: false };
    const word = v.asObject(data.before === undefined ? null : data.before);
    const message = v.utf8(`muniment key 1\n${key.name}\n${key.vkey}\n`);
    if (!before || word.id !== before.key.id || !v.ed25519(before.key.key, v.fromBase64(v.asText(word.signature)), message))
      refuse("前一密钥未签署新密钥", "the key before did not sign for this one");
    return { key, from: entry.index, until: null, retired: null, compromised: false };
  }

  function retire(entry, periods) {
    const { id, from, why } = entry.data;
    const period = periods.find((one) => one.key.id === id);
    if (!period || !Number.isSafeInteger(from)) v.malformed(`记录 ${entry.index} 停用的密钥未知`, `entry ${entry.index} retires a key that was never introduced`);
    period.until = period.until === null ? from : Math.min(period.until, from);
    period.retired = period.retired === null ? entry.index : period.retired;
    if (why === "compromised") period.compromised = true;
  }

  /** Why this key is not believed at so many entries; null where it is. */
  function whyNot(periods, at, size) {
    const period = periods[at];
    if (period.until !== null && size > period.until) return [`密钥 ${period.key.id} 只在前 ${period.until} 条有效`, `key ${period.key.id} is believed up to ${period.until} entries only`];
    if (at && size <= period.from + 1) return [`密钥 ${period.key.id} 当时尚未启用`, `key ${period.key.id} was not in force yet`];
    return null;
  }

  /** After it `context.keys` has the periods; empty where the history is none. */
  v.readKeys = async function (context) {
    const bytes = await v.read(context, FILE, "key_history");
    const listed = bytes && context.book.attempt("key_history", FILE, () => v.verifierKeys(bytes));
    if (!listed) return;
    if (listed.some((key) => key.type !== ED25519)) return context.book.add("key_history", FILE, ["不是存证日志密钥", "a key of another kind"]);
    context.keys = context.book.attempt("key_history", ENTRIES, () => history(context, listed)) || [];
  };

  /** A key is believed up to the end of the batch that retired it, and every checkpoint ends with a batch: the first one here that covers
   * the entry bounds it. Without that, whoever writes the entry could say that the old key signs for ever. */
  v.checkRetired = async function (context) {
    const sizes = [];
    for (const path of context.files.keys()) {
      const note = /^(?:proofs|data\/ledger|data\/timestamps\/[^/]+)\/checkpoint$/.test(path) ? await v.readNote(context, path) : null;
      if (note) sizes.push(note.size);
    }
    for (const { key, retired, until } of context.keys) {
      const covering = retired === null ? [] : sizes.filter((size) => size > retired);
      if (retired !== null && !covering.length)
        context.book.note(`retired ${key.id}`, [`密钥 ${key.id} 停用的界限：包中没有涵盖停用记录的检查点`, `up to where key ${key.id} is believed: no checkpoint here covers its retirement`]);
      else if (covering.length && until > Math.min(...covering))
        context.book.add("key_history", FILE, [`密钥 ${key.id} 声称在停用之后仍有效`, `key ${key.id} is said to be believed beyond its retirement`]);
    }
  };

  /** Is a note's checkpoint of this ledger, signed by a key while it was in force? Tells where not. @returns {boolean} */
  v.checkSigned = function (context, note) {
    const told = (code, detail) => {
      context.book.add(code, note.path, detail);
      return false;
    };
    const signers = context.keys.map((period) => v.signedBy(note, period.key));
    const at = signers.indexOf(true);
    if (signers.includes(false)) return told("checkpoint_signature", ["检查点的签名不成立", "its signature is wrong"]);
    if (at < 0) return told("checkpoint_signature", ["没有存证日志密钥的签名", "no key of the ledger signed it"]);
    context.count.signatures += 1;
    if (note.origin !== context.keys[at].key.name) return told("checkpoint_signature", ["来自另一存证日志", "it is of another ledger"]);
    const why = whyNot(context.keys, at, note.size);
    note.signer = at;
    return why ? told("key_history", why) : true;
  };

  /** Compare with the keys that the reader knows from elsewhere. A known key vouches for itself and for those that came in by its word, from
   * one to the next; one that a stranger's key brought in, without its own word, vouches for nothing, and neither does one that was
   * compromised: its word may be the thief's. After it `context.pinned.signer`, and `context.followed`: the signer came after the known key. */
  v.checkPinnedKey = function (context, vkeys) {
    if (!vkeys.length) return;
    const signer = context.checkpoint && context.checkpoint.signer !== undefined ? context.checkpoint.signer : -1;
    const known = (period) => vkeys.some((pin) => pin.name === period.key.name && v.same(pin.key, period.key.key));
    let broken = null;
    for (let at = signer; at >= 0; at--) {
      const period = context.keys[at];
      if (period.compromised) broken = broken || period;
      if (!known(period)) continue;
      if (broken) {
        context.book.note("compromised", [`签名者是谁：密钥 ${broken.key.id} 因泄露停用，不能再为任何密钥作保`, `who signed: key ${broken.key.id} was retired as compromised and vouches for nobody any more`]);
      } else {
        context.pinned.signer = true;
        context.followed = at < signer;
      }
      return;
    }
    context.book.add("signer_not_pinned_key", FILE, ["您给出的公钥不是此存证日志的密钥", "the key that you gave is none of this ledger's"]);
  };
})((self.muniment = self.muniment || {}));
