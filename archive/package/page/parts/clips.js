// Clips: the files that are here are the objects that entries name, and package.json says no other than the entries do.
(function (v) {
  "use strict";

  const FILE = "data/package.json", ENTRIES = "data/ledger/entries.jsonl";

  const own = (object, name) => (object !== null && typeof object === "object" ? object[name] : undefined);
  /** A clip's members that paths and sentences are made of are text. */
  function clipOf(clip) {
    for (const name of ["clip", "original", "path"]) v.asText(clip[name]);
    for (const rendition of v.asList(clip.renditions)) v.asText(rendition.path) && v.asText(rendition.kind);
    return clip;
  }

  function stampOf(stamp) {
    v.asText(stamp.folder);
    if (!Array.isArray(stamp.dates)) v.malformed("时间戳缺少片段清单", "a timestamp names no clips");
    return stamp;
  }

  /** After it `context.package` is what package.json says, or null. */
  v.readPackage = async function (context) {
    const bytes = await v.read(context, FILE, "package_differs");
    context.package = bytes && context.book.attempt("package_differs", FILE, () => {
      const said = v.asObject(v.fromJson(bytes));
      if (said.format !== "muniment-package 1") v.malformed("证据包格式未知", "a format of package that is not known here");
      const witnesses = v.asObject(said.witnesses);
      if (!Number.isSafeInteger(witnesses.quorum)) v.malformed("见证人数不是整数", "the quorum is no number");
      return { ...said, clips: v.asList(said.clips).map(clipOf), timestamps: v.asList(said.timestamps).map(stampOf), left_out: v.asList(said.left_out), subject: v.asObject(said.subject), cites: v.asObject(said.cites), witnesses };
    });
  };

  function object(context, clip, path, named) {
    const file = context.files.get(path);
    if (!file) return context.book.add("file_missing", path, ["package.json 列有此文件，包中没有", "package.json names it, and it is not here"], clip);
    if (file.sha256 === null) return; // no manifest names it: told there
    if (file.sha256 !== own(named, "object") || file.size !== own(named, "size"))
      context.book.add("original_differs", path, [`存证日志记录的 SHA-256 是 ${v.shown(own(named, "object"))}`, `the ledger recorded SHA-256 ${v.shown(own(named, "object"))}`], clip);
  }

  function checkClip(context, clip) {
    const differs = (zh, en) => context.book.add("package_differs", FILE, [`片段 ${clip.clip}:${zh}`, `clip ${clip.clip}: ${en}`], clip.clip);
    const entries = context.subjects.get(clip.clip) || [];
    const entry = context.entries.get(clip.ingested);
    if (!entry || entry.type !== "clip.ingested" || entry.subject !== clip.clip) return differs("没有它的入库记录", "its entry of ingestion is not here");
    const broken = entries.some((one, i) => one.chain.count !== i + 1);
    const last = entries[entries.length - 1];
    if (broken || entries.length !== clip.events || last.leaf !== clip.head)
      context.book.add("subject_chain_broken", ENTRIES, [`片段 ${clip.clip} 的记录应有 ${v.shown(clip.events)} 条，首尾相接`, `clip ${clip.clip}: ${v.shown(clip.events)} entries should be here, each continuing the one before`], clip.clip);
    object(context, clip.clip, clip.original, entry.data.original);
    const row = context.rows.get(entry.row);
    const said = { sha256: own(entry.data.original, "object"), size: own(entry.data.original, "size"), path: row && row.path };
    for (const name of ["start", "start_source", "recorder", "officer"]) said[name] = entry.data[name];
    for (const [name, value] of Object.entries(said))
      if (value !== undefined && clip[name] !== value) differs(`${name} 与记录不同`, `${name} is another than in the entry`);
    for (const rendition of v.asList(clip.renditions)) checkRendition(context, clip, entries, rendition, differs);
  }

  function checkRendition(context, clip, entries, rendition, differs) {
    const made = entries.filter((entry) => entry.type === "rendition.made" && entry.data.kind === rendition.kind).pop();
    if (!made) return differs(`没有制作 ${rendition.kind} 的记录`, `no entry made its ${rendition.kind}`);
    object(context, clip.clip, rendition.path, made.data.rendition);
    const same = rendition.sha256 === own(made.data.rendition, "object") && rendition.size === own(made.data.rendition, "size") &&
      rendition.tool === made.data.tool && rendition.version === made.data.version && v.equal(rendition.parameters, made.data.parameters);
    if (!same) differs(`${rendition.kind} 与记录不同`, `its ${rendition.kind} is another than in the entry`);
  }

  /** Every file below data/clips is one that package.json names. */
  function unnamed(context, said) {
    const known = new Set();
    for (const clip of said.clips) for (const path of [clip.original, ...v.asList(clip.renditions).map((one) => one.path)]) known.add(path);
    for (const path of context.files.keys())
      if (path.startsWith("data/clips/") && !known.has(path)) context.book.add("package_differs", path, ["package.json 未列此文件", "package.json does not name it"]);
  }

  async function cited(context, said) {
    const note = await v.readNote(context, "data/ledger/checkpoint");
    if (!note) return;
    v.checkSigned(context, note);
    if (note.size !== said.cites.size || v.toHex(note.root) !== said.cites.root) context.book.add("package_differs", FILE, ["所引检查点不是包中的那个", "it cites another checkpoint than the one here"]);
    const sealed = context.seal && context.seal.data.cites;
    if (sealed && !v.equal(sealed, said.cites)) context.book.add("seal_broken", note.path, ["不是封存记录所引的检查点", "it is not the checkpoint that the sealing entry cites"]);
    if (note.origin !== said.origin) context.book.add("package_differs", FILE, ["存证日志名称不同", "it names another ledger"]);
  }

  function sealed(context, said) {
    const seal = context.seal;
    if (!seal) return;
    const same = seal.subject === said.subject.id && seal.data.clips === said.clips.length && v.equal(seal.data.cites, said.cites);
    if (!same) context.book.add("package_differs", FILE, ["与封存记录不同", "it says something else than the sealing entry"]);
  }

  v.checkClips = async function (context) {
    const said = context.package;
    if (!said) return;
    await cited(context, said);
    sealed(context, said);
    for (const clip of said.clips) context.book.attempt("package_differs", FILE, () => checkClip(context, clip));
    context.book.attempt("package_differs", FILE, () => unnamed(context, said));
  };
})((self.muniment = self.muniment || {}));
