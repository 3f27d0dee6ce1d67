// JSON (RFC 8259) from a stranger: no member twice, a bounded depth, whole numbers that are exact. Everything else is malformed.
(function (v) {
  "use strict";

  const DEEPEST = 32;
  const SPACE = /[ \t\n\r]*/y;
  const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
  const NUMBER = /-?(?:0|[1-9][0-9]{0,15})(?![0-9.eE])/y;
  const WORD = /true|false|null/y;
  const WORDS = { true: true, false: false, null: null };

  const refuse = () => v.malformed("不是规范的 JSON", "not JSON as it must be here");

  class Reader {
    constructor(text) {
      this.text = text;
      this.at = 0;
    }

    take(pattern) {
      pattern.lastIndex = this.at;
      const match = pattern.exec(this.text);
      if (!match) return null;
      this.at = pattern.lastIndex;
      return match[0];
    }

    /** Is this character next? Then it is taken. */
    next(character) {
      this.take(SPACE);
      if (this.text[this.at] !== character) return false;
      this.at++;
      return true;
    }

    string() {
      this.take(SPACE);
      const text = this.take(TEXT);
      return text === null ? refuse() : JSON.parse(text);
    }

    number() {
      const text = this.take(NUMBER);
      if (text === null || !Number.isSafeInteger(Number(text))) refuse();
      return Number(text);
    }

    value(depth) {
      if (depth > DEEPEST) refuse();
      this.take(SPACE);
      const first = this.text[this.at];
      if (first === "{") return this.object(depth);
      if (first === "[") return this.array(depth);
      if (first === '"') return this.string();
      const word = this.take(WORD);
      return word === null ? this.number() : WORDS[word];
    }

    object(depth) {
      // Without a prototype: a member called __proto__ is a member like any other.
      const found = Object.create(null);
      this.at++;
      if (this.next("}")) return found;
      do {
        const name = this.string();
        if (name in found || !this.next(":")) refuse();
        found[name] = this.value(depth + 1);
      } while (this.next(","));
      return this.next("}") ? found : refuse();
    }

    array(depth) {
      const found = [];
      this.at++;
      if (this.next("]")) return found;
      do found.push(this.value(depth + 1));
      while (this.next(","));
      return this.next("]") ? found : refuse();
    }
  }

  /** @param {Uint8Array} bytes @returns {any} objects have no prototype */
  v.fromJson = function (bytes) {
    const reader = new Reader(v.fromUtf8(bytes));
    const value = reader.value(0);
    reader.take(SPACE);
    return reader.at === reader.text.length ? value : refuse();
  };

  /** Are two values of JSON the same, whatever the order of members? */
  v.equal = function (a, b) {
    if (a === b) return true;
    if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    const [names, others] = [Object.keys(a), Object.keys(b)];
    return names.length === others.length && names.every((name) => name in b && v.equal(a[name], b[name]));
  };

  /** A value that must be text. @returns {string} */
  v.asText = (value) => (typeof value === "string" ? value : v.malformed("应为文字", "text should be here"));

  /** Any value for people to read, and not too much of it. @returns {string} */
  v.shown = function (value) {
    const text = typeof value === "string" ? value : String(JSON.stringify(value));
    return text.length > 200 ? text.slice(0, 200) + "…" : text;
  };

  /** A value that must be a list of objects. @returns {Record<string, any>[]} */
  v.asList = (value) => (Array.isArray(value) ? value.map(v.asObject) : v.malformed("应为 JSON 列表", "a JSON list should be here"));

  /** A value that must be an object, for reading members of it. @returns {Record<string, any>} */
  v.asObject = function (value) {
    const is = value !== null && typeof value === "object" && !Array.isArray(value);
    return is ? value : v.malformed("应为 JSON 对象", "a JSON object should be here");
  };
})((self.muniment = self.muniment || {}));
