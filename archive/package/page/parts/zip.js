// Zip files (APPNOTE 6.3.10) by slices: only the directory is held, members are read where they lie.
// A member is stored or deflated; names that lead out, links, encryption, and a directory that says two things are refused.
(function (v) {
  "use strict";

  const END = 0x06054b50, END64 = 0x06064b50, LOCATOR64 = 0x07064b50, CENTRAL = 0x02014b50, LOCAL = 0x04034b50;
  const LARGEST_DIRECTORY = 512 << 20;
  const GROWTH = 1100; // deflate cannot do more than 1032
  const FULL = 0xffffffff;
  const FLAGS = 0x080e; // how it was deflated, sizes behind the bytes, UTF-8 (4.4.4)

  const unsafe = (zh, en, where) => {
    throw new v.Wrong("zip_unsafe", [zh, en], where);
  };

  /** Reads near to each other out of one slice. */
  class Window {
    constructor(blob) {
      this.blob = blob;
      this.at = 0;
      this.bytes = new Uint8Array(0);
    }

    /** @returns {Promise<Uint8Array>} fewer where the file ends */
    async get(at, length) {
      if (at < this.at || at + length > this.at + this.bytes.length) {
        const much = Math.max(length, 1 << 20);
        this.bytes = new Uint8Array(await this.blob.slice(at, at + much).arrayBuffer());
        this.at = at;
      }
      return this.bytes.subarray(at - this.at, at - this.at + length);
    }
  }

  const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

  function exact(big) {
    return big <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(big) : unsafe("数值越界", "a number beyond all bounds");
  }

  /** Where the directory is (4.3.16; zip64: 4.3.14, 4.3.15). */
  async function directoryOf(blob) {
    const tail = new Uint8Array(await blob.slice(Math.max(0, blob.size - 42)).arrayBuffer());
    const view = viewOf(tail);
    const volumes = () => unsafe("分卷 ZIP", "a zip in several volumes");
    const at = tail.length - 22; // no comment: behind one, another end could hide
    if (at < 0 || view.getUint32(at, true) !== END || view.getUint16(at + 20, true)) unsafe("不是 ZIP 文件，或末尾被截断", "not a zip, or its end is cut off");
    let [count, size, start] = [view.getUint16(at + 10, true), view.getUint32(at + 12, true), view.getUint32(at + 16, true)];
    if (view.getUint16(at + 8, true) !== count || view.getUint32(at + 4, true)) volumes();
    let end = blob.size - tail.length + at;
    const locator = at >= 20 && view.getUint32(at - 20, true) === LOCATOR64;
    if (locator) {
      const place = exact(view.getBigUint64(at - 12, true));
      if (view.getUint32(at - 16, true) || view.getUint32(at - 4, true) > 1) volumes();
      const record = viewOf(new Uint8Array(await blob.slice(place, place + 56).arrayBuffer()));
      if (record.byteLength < 56 || record.getUint32(0, true) !== END64) unsafe("ZIP64 目录损坏", "the zip64 directory is damaged");
      if (record.getUint32(16, true) || record.getUint32(20, true) || record.getBigUint64(24, true) !== record.getBigUint64(32, true)) volumes();
      // Nothing between this record, its locator and the end (4.3.14.1: what follows the fixed fields is for encryption).
      if (record.getBigUint64(4, true) !== 44n || place + 56 !== end - 20) unsafe("ZIP64 目录之后有多余内容", "there is something behind the zip64 directory");
      const wide = [32, 40, 48].map((field) => exact(record.getBigUint64(field, true)));
      // Others read the narrow numbers where they are not all ones, and would unpack another package out of the same bytes.
      const narrow = [[count, 0xffff], [size, FULL], [start, FULL]];
      if (narrow.some(([value, ones], i) => value !== ones && value !== wide[i])) unsafe("两处目录记录不一致：不同软件会解出不同内容", "two directories that differ: what comes out depends on who unpacks it");
      [count, size, start] = wide;
      end = place;
    } else if (count === 0xffff || size === FULL || start === FULL) {
      unsafe("ZIP64 目录缺失", "the zip64 directory is missing");
    }
    if (start + size !== end) unsafe("ZIP 前后有多余内容", "there is something before or between the zip's parts");
    if (count > v.MOST_MEMBERS || size > LARGEST_DIRECTORY) unsafe("ZIP 目录过大", "the zip's directory is too large");
    return { count, size, start };
  }

  /** Extra fields that change nothing of what is unpacked, and how long each may be: zip64 sizes, times, owners. */
  const EXTRAS = new Map([[0x0001, 28], [0x5455, 13], [0x7875, 19], [0x000a, 32]]);

  /** No field but these, each once, and nothing behind them: one may say another name (4.6.9) or hold a directory of its own. */
  function checkExtra(extra, name) {
    const refuse = () => unsafe("ZIP 成员带有未知的附加字段", "an extra field that is not known here", name);
    const view = viewOf(extra);
    const seen = new Set();
    let at = 0;
    for (; at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
      const id = view.getUint16(at, true);
      if (seen.has(id) || !EXTRAS.has(id) || view.getUint16(at + 2, true) > EXTRAS.get(id)) refuse();
      seen.add(id);
    }
    if (at !== extra.length) refuse();
  }

  /** Sizes and place that did not fit into 32 bits (4.5.3). */
  function zip64(member, extra) {
    const wanted = ["size", "packed", "offset"].filter((field) => member[field] === FULL);
    const view = viewOf(extra);
    for (let at = 0; wanted.length && at + 4 <= extra.length; at += 4 + view.getUint16(at + 2, true)) {
      if (view.getUint16(at, true) !== 1) continue;
      let field = at + 4;
      const end = Math.min(field + view.getUint16(at + 2, true), extra.length);
      while (wanted.length && field + 8 <= end) {
        member[wanted.shift()] = exact(view.getBigUint64(field, true));
        field += 8;
      }
    }
    if (wanted.length) unsafe("ZIP64 字段缺失", "a zip64 field is missing", member.name);
  }

  function nameOf(bytes) {
    try {
      return v.fromUtf8(bytes).normalize("NFC");
    } catch (e) {
      if (!(e instanceof v.Wrong)) throw e;
      return unsafe("文件名不是 UTF-8", "a name is not UTF-8");
    }
  }

  /** One header of the directory (4.3.12). */
  function central(bytes, view, at) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== CENTRAL) unsafe("ZIP 目录损坏", "the zip's directory is damaged");
    const [nameSize, extraSize, commentSize] = [28, 30, 32].map((field) => view.getUint16(at + field, true));
    const next = at + 46 + nameSize + extraSize + commentSize;
    if (next > bytes.length) unsafe("ZIP 目录损坏", "the zip's directory is damaged");
    const member = {
      name: nameOf(bytes.subarray(at + 46, at + 46 + nameSize)),
      rawName: bytes.slice(at + 46, at + 46 + nameSize),
      flags: view.getUint16(at + 8, true), method: view.getUint16(at + 10, true), crc: view.getUint32(at + 16, true),
      disk: view.getUint16(at + 34, true), extra: bytes.slice(at + 46 + nameSize, at + 46 + nameSize + extraSize),
      packed: view.getUint32(at + 20, true), size: view.getUint32(at + 24, true), offset: view.getUint32(at + 42, true),
      mode: view.getUint32(at + 38, true) >>> 28, next,
    };
    zip64(member, member.extra);
    return member;
  }

  /** What makes a member unfit, from the directory alone. */
  function refuse(member) {
    const name = v.unsafeName(member.name);
    if (name) unsafe(name[0], name[1], member.name);
    if (member.flags & 0x2041) unsafe("成员已加密", "an encrypted member", member.name);
    if (member.flags & ~FLAGS) unsafe("成员带有不支持的标志", "a flag that is not known here", member.name);
    if (member.disk) unsafe("分卷 ZIP", "a zip in several volumes", member.name);
    checkExtra(member.extra, member.name);
    if (member.mode && member.mode !== (member.name.endsWith("/") ? 4 : 8)) unsafe("链接或特殊文件", "a link, or no plain file", member.name);
    if (member.method !== 0 && member.method !== 8) unsafe("不支持的压缩方法", "packed in a way that is not supported", member.name);
    const most = member.method ? member.packed * GROWTH : member.packed;
    if (member.size > most || (!member.method && member.size !== member.packed)) unsafe("解压后远大于其应有大小", "it would grow beyond measure", member.name);
  }

  /** Compare the header before the bytes with the directory (4.3.7); finds where the bytes begin. */
  async function locate(member, window) {
    const head = await window.get(member.offset, 30);
    const differ = () => unsafe("成员头与目录不一致", "what stands before it differs from the directory", member.name);
    if (head.length < 30 || viewOf(head).getUint32(0, true) !== LOCAL) differ();
    const view = viewOf(head);
    const [flags, method, crc, packed, size] = [view.getUint16(6, true), view.getUint16(8, true), view.getUint32(14, true), view.getUint32(18, true), view.getUint32(22, true)];
    const [nameSize, extraSize] = [view.getUint16(26, true), view.getUint16(28, true)];
    const rest = await window.get(member.offset + 30, nameSize + extraSize);
    checkExtra(rest.subarray(nameSize), member.name);
    const local = { name: member.name, packed, size, offset: 0 };
    const later = flags & 8 && !crc && !packed && !size; // they come after the bytes (4.4.4)
    if (!later) zip64(local, rest.subarray(nameSize));
    const sameSizes = later || (crc === member.crc && local.packed === member.packed && local.size === member.size);
    if (!sameSizes || flags !== member.flags || method !== member.method || !v.same(rest.subarray(0, nameSize), member.rawName)) differ();
    member.begin = member.offset + 30 + nameSize + extraSize;
  }

  /** Unpacked bytes, never more than the directory says. */
  async function* inflated(blob, member, path) {
    let got = 0;
    const reader = blob.slice(member.begin, member.begin + member.packed).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        got += value.length;
        if (got > member.size) unsafe("解压后大于目录所述", "more bytes than the directory says", path);
        yield value;
      }
    } catch (e) {
      if (!(e instanceof TypeError)) throw e;
      throw new v.Wrong("file_changed", ["压缩数据损坏", "it cannot be unpacked"], path);
    } finally {
      reader.cancel().catch(() => null);
    }
    if (got !== member.size) unsafe("解压后小于目录所述", "fewer bytes than the directory says", path);
  }

  async function* stored(blob, window, member) {
    if (member.size <= 65536) yield (await window.get(member.begin, member.size)).slice();
    else yield* v.piecesOf(blob.slice(member.begin, member.begin + member.size));
  }

  /** What may stand behind a member whose sizes come after it (4.3.9). */
  const DESCRIPTORS = [0, 12, 16, 20, 24];

  /** Members lie one after the other from the first byte to the directory: nothing is hidden, nothing is in two of them. */
  function contiguous(members, directory) {
    const inOrder = [...members].sort((a, b) => a.offset - b.offset);
    if (inOrder.length && inOrder[0].offset !== 0) unsafe("ZIP 前有多余内容", "there is something before the first member");
    inOrder.forEach((member, i) => {
      if (member.begin === undefined) return; // told already
      const gap = (i + 1 < inOrder.length ? inOrder[i + 1].offset : directory.start) - member.begin - member.packed;
      if (gap < 0) unsafe("成员相互重叠", "members lie on each other", member.name);
      if (!(member.flags & 8 ? DESCRIPTORS : [0]).includes(gap)) unsafe("成员之间藏有内容", "there is something between the members", member.name);
    });
  }

  async function list(blob, directory) {
    const bytes = new Uint8Array(await blob.slice(directory.start, directory.start + directory.size).arrayBuffer());
    const view = viewOf(bytes);
    const members = [];
    let at = 0;
    for (; members.length < directory.count; at = members[members.length - 1].next) members.push(central(bytes, view, at));
    if (at !== bytes.length) unsafe("ZIP 目录的成员数不符", "the directory holds another number of members");
    return members;
  }

  /** Open a zip. What is wrong with one member is in `problems`; what is wrong with all of it is raised.
   * @param {Blob} blob @returns as openFolder */
  v.openZip = async function (blob) {
    const directory = await directoryOf(blob);
    const members = await list(blob, directory);
    const window = new Window(blob);
    const problems = [];
    const names = new Set();
    const files = new Map();
    const sound = [];
    for (const member of members) {
      try {
        refuse(member);
        if (names.has(member.name.replace(/\/$/, ""))) unsafe("同名成员重复", "the same name twice", member.name);
        names.add(member.name.replace(/\/$/, ""));
        sound.push(member);
        await locate(member, window);
      } catch (e) {
        if (!(e instanceof v.Wrong)) throw e;
        problems.push(e);
      }
    }
    contiguous(members, directory);
    const top = v.bagFolder(sound.map((member) => member.name));
    for (const member of sound) {
      const path = member.name.slice(top.length);
      if (member.name.endsWith("/")) {
        if (member.size) problems.push(new v.Wrong("zip_unsafe", ["文件夹成员含有数据", "a folder with bytes of its own"], path));
      } else if (member.begin !== undefined) {
        const pieces = member.method ? () => inflated(blob, member, path) : () => stored(blob, window, member);
        const bytes = member.method ? undefined : blob.slice(member.begin, member.begin + member.size);
        files.set(path, new v.PackageFile(path, member.size, pieces, bytes));
      }
    }
    for (const problem of problems) if (problem.where && problem.where.startsWith(top)) problem.where = problem.where.slice(top.length);
    return { name: top.slice(0, -1), files, problems };
  };
})((self.muniment = self.muniment || {}));
