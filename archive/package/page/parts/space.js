// The one name space that all parts share, and the one error that says what is wrong with a package.
// Plain script, no modules: a page opened from a folder may not import. Works in a window and in a worker.
(function (v) {
  "use strict";

  /** @typedef {[string, string]} Pair Chinese and English. */

  /** Something in the package is wrong. Whatever the bytes, the parts raise nothing else on purpose. */
  v.Wrong = class extends Error {
    /**
     * @param {string} code a word of docs/formats/package.md
     * @param {Pair} detail what exactly
     * @param {string} [where] the path in the bag, where the one who throws knows it
     */
    constructor(code, detail, where) {
      super(detail[1]);
      this.name = "Wrong";
      this.code = code;
      this.detail = detail;
      this.where = where;
    }
  };

  /** Bytes are not in the form they should have; who asked for them knows the code.
   * @param {string} zh @param {string} en @returns {never} */
  v.malformed = function (zh, en) {
    throw new v.Wrong("", [zh, en]);
  };

  /** Run a step on hostile bytes and give what goes wrong a code and a path.
   * @template T @param {string} code @param {string} where @param {() => T} step @returns {T} */
  v.within = function (code, where, step) {
    try {
      return step();
    } catch (e) {
      if (!(e instanceof v.Wrong)) throw e;
      throw new v.Wrong(e.code || code, e.detail, e.where || where);
    }
  };
})((self.muniment = self.muniment || {}));
