// Clips: the files that are here are the objects that entries name, and package.json says no other than the entries do.
(function (v) {
  "use strict";

  const FILE = "data/package.json", ENTRIES = "data/ledger/entries.jsonl";

  const own = (object, name) => (object !== null && typeof object === "object" ? object[name] : undefined);
  const STAMP_FOLDER = /^data\/timestamps\/[1-9]\d{0,15}-[A-Za-z0-9.-]+$/;
  const STAMP_FILE = /^(?:checkpoint|token\.der|chain\.pem|revocation-(?:0|[1-9]\d{0,15})\.(?:crl|ocsp)|(?:0|[1-9]\d{0,15})\.tlog-proof)$/;
  const REPORT_PDF = "data/report/report.pdf";

  /** Is this the path of a file right in this folder? */
  const inFolder = (path, folder) => path.startsWith(folder + "/") && path.length > folder.length + 1 && !path.slice(folder.length + 1).includes("/");

  /** A clip's members that paths and sentences are made of are text. */
  function clipOf(clip) {
    for (const name of ["clip", "original", "path"]) v.asText(clip[name]);
    if (!inFolder(clip.original, `data/clips/${clip.clip}/original`)) v.malformed("原始文件不在其文件夹内", "an original outside its folder");
    for (const rendition of v.asList(clip.renditions)) {
      v.asText(rendition.kind);
      if (!inFolder(v.asText(rendition.path), `data/clips/${clip.clip}/renditions`)) v.malformed("衍生文件不在其文件夹内", "a rendition outside its folder");
    }
    return clip;
  }

  function stampOf(stamp) {
    v.asText(stamp.folder);
    v.asText(stamp.authority);
    if (!Array.isArray(stamp.dates)) v.malformed("时间戳缺少原始文件清单", "a timestamp names no clips");
    return stamp;
  }

  function leftOut(one) {
    for (const name of ["clip", "why"]) v.asText(one[name]);
    return one;
  }

  /** After it `context.package` is what package.json says, or null. */
  v.readPackage = async function (context) {
    const bytes = await v.read(context, FILE, "package_differs");
    context.package = bytes && context.book.attempt("package_differs", FILE, () => {
      const said = v.asObject(v.fromJson(bytes));
      if (said.format !== "muniment-package 1") v.malformed("证据包格式未知", "a format of package that is not known here");
      const witnesses = v.asObject(said.witnesses);
      if (!Number.isSafeInteger(witnesses.quorum) || witnesses.quorum < 0) v.malformed("见证方数量不是非负整数", "the quorum is no number");
      if (!Array.isArray(witnesses.vkeys) || !witnesses.vkeys.every((one) => typeof one === "string")) v.malformed("见证方公钥不是文字列表", "the witnesses' keys are no list of text");
      if (!["case", "clip"].includes(v.asObject(said.subject).kind)) v.malformed("对象既非案件也非原始文件", "it is neither of a case nor of a clip");
      const clips = v.asList(said.clips).map(clipOf);
      if (new Set(clips.map((clip) => clip.clip)).size !== clips.length) v.malformed("同一原始文件列了两次", "a clip is named twice");
      return { ...said, clips, timestamps: v.asList(said.timestamps).map(stampOf), left_out: v.asList(said.left_out).map(leftOut), subject: v.asObject(said.subject), cites: v.asObject(said.cites), witnesses };
    });
  };

  function object(context, clip, path, named) {
    const file = context.files.get(path);
    if (!file || file.sha256 === null) return; // told elsewhere: it is missing, or no manifest names it
    if (file.sha256 !== own(named, "object") || file.size !== own(named, "size"))
      context.book.add("original_differs", path, [`存证日志记录的 SHA-256 是 ${v.shown(own(named, "object"))}`, `the ledger recorded SHA-256 ${v.shown(own(named, "object"))}`], clip);
  }

  function checkClip(context, clip) {
    const differs = (zh, en) => context.book.add("package_differs", FILE, [`原始文件 ${clip.clip}：${zh}`, `clip ${clip.clip}: ${en}`], clip.clip);
    const entries = context.subjects.get(clip.clip) || [];
    const entry = context.entries.get(clip.ingested);
    end(context, clip, entries);
    if (entries.some((one) => one.type === "clip.ingested" && one.chain.count !== 1))
      context.book.add("subject_chain_broken", ENTRIES, [`原始文件 ${clip.clip} 的入库记录不唯一，或不是它的第一个条目`, `clip ${clip.clip} was not ingested once, by the first entry about it`], clip.clip);
    if (!entry || entry.type !== "clip.ingested" || entry.subject !== clip.clip || entry.chain.count !== 1) return differs("没有它的入库记录", "its entry of ingestion is not here");
    const broken = entries.some((one, i) => one.chain.count !== i + 1);
    const last = entries[entries.length - 1];
    if (broken || entries.length !== clip.events || last.leaf !== clip.head)
      context.book.add("subject_chain_broken", ENTRIES, [`原始文件 ${clip.clip} 的记录应有 ${v.shown(clip.events)} 条，首尾相接`, `clip ${clip.clip}: ${v.shown(clip.events)} entries should be here, each continuing the one before`], clip.clip);
    object(context, clip.clip, clip.original, entry.data.original);
    const row = context.rows.get(entry.row);
    const said = { sha256: own(entry.data.original, "object"), size: own(entry.data.original, "size"), path: row && row.path };
    for (const name of ["start", "start_source", "recorder", "officer"]) said[name] = entry.data[name];
    for (const [name, value] of Object.entries(said))
      if (value !== undefined && clip[name] !== value) differs(`${name} 与记录不同`, `${name} is another than in the entry`);
    for (const rendition of v.asList(clip.renditions)) checkRendition(context, clip, entries, rendition, differs);
  }

  /** Of a package of one clip, the seal itself says how many entries there are before it: nobody can cut the end of the history. */
  function end(context, clip, entries) {
    const { seal } = context;
    const last = entries[entries.length - 1];
    if (seal && seal.subject === clip.clip && (seal.chain.count !== entries.length + 1 || !last || seal.chain.prev !== last.leaf))
      context.book.add("subject_chain_broken", FILE, [`封存记录所接的不是此处关于原始文件 ${clip.clip} 的最后一个条目：流转记录被截短`, `the seal follows another entry about clip ${clip.clip} than the last one here: its history was cut`], clip.clip);
  }

  function checkRendition(context, clip, entries, rendition, differs) {
    const made = entries.filter((entry) => entry.type === "rendition.made" && entry.data.kind === rendition.kind).pop();
    if (!made) return differs(`没有制作 ${rendition.kind} 的记录`, `no entry made its ${rendition.kind}`);
    object(context, clip.clip, rendition.path, made.data.rendition);
    const same = rendition.sha256 === own(made.data.rendition, "object") && rendition.size === own(made.data.rendition, "size") &&
      rendition.tool === made.data.tool && rendition.version === made.data.version && v.equal(rendition.parameters, made.data.parameters);
    if (!same) differs(`${rendition.kind} 与记录不同`, `its ${rendition.kind} is another than in the entry`);
  }

  /** Below data/ nothing lies but what package.json and docs/formats/package.md name. */
  function unnamed(context, said) {
    const known = new Set([...v.PAYLOAD_FILES, REPORT_PDF]);
    const authorities = [...context.asked, ...said.timestamps.map((one) => one.authority)];
    for (const name of authorities) known.add(`data/keys/${name}.pem`);
    for (const clip of said.clips) for (const path of [clip.original, ...clip.renditions.map((one) => one.path)]) known.add(path);
    for (const clip of said.clips)
      for (const path of [clip.original, ...clip.renditions.map((one) => one.path)])
        if (!context.files.has(path)) context.book.add("file_missing", path, ["package.json 列有此文件，包中没有", "package.json names it, and it is not here"], clip.clip);
    const folders = new Set(said.timestamps.map((one) => one.folder).filter((folder) => STAMP_FOLDER.test(folder)));
    for (const path of context.files.keys()) {
      const cut = path.lastIndexOf("/");
      const stamped = folders.has(path.slice(0, cut)) && STAMP_FILE.test(path.slice(cut + 1));
      if (path.startsWith("data/") && !known.has(path) && !stamped) context.book.add("file_extra", path, ["封存于包内，但没有任何清单为其设位", "it was sealed in, and has no place here"]);
    }
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
    const own = said.clips.some((clip) => clip.clip === seal.subject) && said.clips.length === 1;
    const same = seal.subject === said.subject.id && (said.subject.kind === "clip") === own && seal.data.clips === said.clips.length && v.equal(seal.data.cites, said.cites);
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
