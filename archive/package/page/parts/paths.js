// Names of files in a package: which are safe, what the folder is called, and how one file is read.
(function (v) {
  "use strict";

  const PIECE = 4 << 20;
  const DEEPEST = 64;
  v.MOST_MEMBERS = 1000000;

  /** Why a name may not be in a package; null where it may. @returns {[string, string] | null} */
  v.unsafeName = function (name) {
    if (!name || name.length > 4096) return ["文件名为空或过长", "no name, or a very long one"];
    if (/[\u0000-\u001f\u007f\\]/.test(name)) return ["文件名含控制字符或反斜杠", "a control or a backslash in a name"];
    if (name.startsWith("/") || name[1] === ":") return ["绝对路径", "an absolute path"];
    const parts = name.replace(/\/$/, "").split("/");
    if (parts.length > DEEPEST + 1) return ["文件夹嵌套过深", "folders in each other, too many of them"];
    if (parts.some((part) => part === "" || part === "." || part === ".."))
      return ["文件名指向包外", "a name that leads out, or nowhere"];
    return null;
  };

  /** A file of the package. What is read is a Blob's slice, never the whole. */
  v.PackageFile = class {
    /** @param {string} path in the bag @param {number} size unpacked @param {() => AsyncIterable<Uint8Array>} pieces
     * @param {Blob} [blob] its very bytes, where they lie as they are */
    constructor(path, size, pieces, blob) {
      this.path = path;
      this.size = size;
      this.pieces = pieces;
      this.blob = blob;
      /** @type {string | null} SHA-256 once it was hashed */
      this.sha256 = null;
    }

    /** The whole, where it is at most so long. @param {number} most @returns {Promise<Uint8Array>} */
    async whole(most) {
      if (this.size > most) throw new v.Wrong("", ["文件过大", "larger than it may be"], this.path);
      const parts = [];
      for await (const piece of this.pieces()) parts.push(piece);
      return v.concat(...parts);
    }

    /** Lines without their newline, each at most `longest` bytes; the last one ends in a newline too. @param {number} longest */
    async *lines(longest) {
      let rest = new Uint8Array(0);
      for await (const piece of this.pieces()) {
        const data = rest.length ? v.concat(rest, piece) : piece;
        let at = 0;
        for (let end = data.indexOf(10); end >= 0; end = data.indexOf(10, at)) {
          if (end - at > longest) v.malformed("一行过长", "a line is too long");
          yield data.subarray(at, end);
          at = end + 1;
        }
        rest = data.slice(at);
        if (rest.length > longest) v.malformed("一行过长", "a line is too long");
      }
      if (rest.length) v.malformed("末行没有换行", "the last line has no newline");
    }
  };

  /** A Blob in pieces; the next is being read while one is worked on. @param {Blob} blob */
  v.piecesOf = async function* (blob) {
    const read = (at) => (at < blob.size ? blob.slice(at, at + PIECE).arrayBuffer() : null);
    let coming = read(0);
    for (let at = PIECE; coming; at += PIECE) {
      const piece = new Uint8Array(await coming);
      coming = read(at);
      if (coming) coming.catch(() => null); // told of when it is awaited
      yield piece;
    }
  };

  /** Take off the one folder that all is in. @param {Iterable<string>} names @returns {string} with its slash */
  v.bagFolder = function (names) {
    const tops = new Set();
    for (const name of names) tops.add(name.includes("/") ? name.slice(0, name.indexOf("/") + 1) : "");
    if (tops.size !== 1 || tops.has("")) {
      throw new v.Wrong("zip_unsafe", ["应只含一个文件夹，实有 " + tops.size + " 个或另有散件", "one folder should be in it, and nothing beside it"]);
    }
    return [...tops][0];
  };

  /** A folder that was dropped or chosen. @param {{path: string, file: File}[]} listed
   * @returns {{name: string, files: Map<string, InstanceType<typeof v.PackageFile>>, problems: Error[]}} */
  v.openFolder = function (listed) {
    if (listed.length > v.MOST_MEMBERS) throw new v.Wrong("zip_unsafe", ["文件过多", "too many files"]);
    const tops = listed.map((one) => one.path).filter((path) => path === "bagit.txt" || path.endsWith("/bagit.txt"));
    tops.sort((a, b) => a.split("/").length - b.split("/").length);
    if (!tops.length) throw new v.Wrong("bag_malformed", ["文件夹中没有 bagit.txt，不是证据包", "no bagit.txt in this folder: no package"], "bagit.txt");
    const top = tops[0].slice(0, -"bagit.txt".length);
    const files = new Map();
    const problems = [];
    for (const { path, file } of listed) {
      if (!path.startsWith(top)) {
        problems.push(new v.Wrong("zip_unsafe", ["不在证据包文件夹内", "it lies outside the package's folder"], path));
        continue;
      }
      const name = path.slice(top.length).normalize("NFC");
      files.set(name, new v.PackageFile(name, file.size, () => v.piecesOf(file), file));
    }
    return { name: top.replace(/\/$/, "").split("/").pop(), files, problems };
  };
})((self.muniment = self.muniment || {}));
