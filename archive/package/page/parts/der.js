// DER (X.690, clause 10) as far as certificates and timestamps need it: definite, shortest lengths, low tags. Children are read when asked for.
(function (v) {
  "use strict";

  const refuse = () => v.malformed("不是规范的 DER 编码", "not DER");

  /** One element. Nothing is copied: `raw` and `body` are windows. */
  class Element {
    /** @param {Uint8Array} bytes @param {number} at where it begins @param {number} end where its surroundings end */
    constructor(bytes, at, end) {
      if (at + 2 > end) refuse();
      const tag = bytes[at];
      if ((tag & 0x1f) === 0x1f) refuse();
      let length = bytes[at + 1];
      let begin = at + 2;
      if (length & 0x80) {
        const count = length & 0x7f;
        if (!count || count > 4 || begin + count > end || !bytes[begin]) refuse();
        length = Number(v.toInteger(bytes.subarray(begin, begin + count)));
        begin += count;
        if (length < 0x80) refuse();
      }
      if (begin + length > end) refuse();
      this.tag = tag;
      this.raw = bytes.subarray(at, begin + length);
      this.body = bytes.subarray(begin, begin + length);
      this.size = begin + length - at;
    }

    /** @param {number} tag @returns {this} malformed where it is another */
    is(tag) {
      return this.tag === tag ? this : refuse();
    }

    /** @returns {Element[]} what is inside */
    children() {
      if (!(this.tag & 0x20)) refuse();
      const found = [];
      for (let at = 0; at < this.body.length; ) {
        const child = new Element(this.body, at, this.body.length);
        found.push(child);
        at += child.size;
      }
      return found;
    }

    /** Children in turn. */
    reader() {
      return new Reader(this.children());
    }

    /** The one element in an explicit tag, or in a string of octets. @returns {Element} */
    inner() {
      return v.der(this.body);
    }

    oid() {
      this.is(0x06);
      const body = this.body;
      if (!body.length || body.length > 40 || body[body.length - 1] & 0x80) refuse();
      const arcs = [];
      for (let at = 0, value = 0n; at < body.length; at++) {
        if (!value && body[at] === 0x80) refuse();
        value = (value << 7n) | BigInt(body[at] & 0x7f);
        if (body[at] & 0x80) continue;
        if (!arcs.length) arcs.push(value < 80n ? value / 40n : 2n, value < 80n ? value % 40n : value - 80n);
        else arcs.push(value);
        value = 0n;
      }
      return arcs.join(".");
    }

    /** A whole number that is not negative. @returns {bigint} */
    integer() {
      const body = this.is(0x02).body;
      if (!body.length || body[0] & 0x80 || (body.length > 1 && !body[0] && !(body[1] & 0x80))) refuse();
      return v.toInteger(body);
    }

    /** A small one. @returns {number} */
    small() {
      const value = this.integer();
      return value < 0x80000000n ? Number(value) : refuse();
    }

    boolean() {
      const body = this.is(0x01).body;
      if (body.length !== 1 || (body[0] && body[0] !== 0xff)) refuse();
      return body[0] === 0xff;
    }

    octets() {
      return this.is(0x04).body;
    }

    /** A string of whole octets of bits. */
    bits() {
      const body = this.is(0x03).body;
      return body.length && !body[0] ? body.subarray(1) : refuse();
    }

    /** Named bits, the first first. @returns {boolean[]} */
    flags() {
      const body = this.is(0x03).body;
      if (!body.length || body.length > 5 || body[0] > 7) refuse();
      const found = [];
      for (const byte of body.subarray(1)) for (let bit = 7; bit >= 0; bit--) found.push(Boolean((byte >> bit) & 1));
      return found;
    }

    /** UTCTime or GeneralizedTime of Zulu. @returns {number} microseconds since 1970 */
    time() {
      const text = String.fromCharCode(...(this.body.length < 40 ? this.body : refuse()));
      const form = this.tag === 0x17 ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/ : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d*[1-9]))?Z$/;
      const match = this.tag === 0x17 || this.tag === 0x18 ? form.exec(text) : null;
      if (!match) return refuse();
      const parts = match.slice(1, 7).map(Number);
      if (this.tag === 0x17) parts[0] += parts[0] < 50 ? 2000 : 1900; // RFC 5280, 4.1.2.5.1
      const date = new Date(0);
      date.setUTCFullYear(parts[0], parts[1] - 1, parts[2]);
      date.setUTCHours(parts[3], parts[4], parts[5]);
      if (date.getUTCMonth() !== parts[1] - 1 || date.getUTCDate() !== parts[2] || parts[3] > 23 || parts[4] > 59 || parts[5] > 59) refuse();
      return date.getTime() * 1000 + Number((match[7] || "").padEnd(6, "0").slice(0, 6));
    }
  }

  /** Elements in turn. */
  class Reader {
    constructor(elements) {
      this.elements = elements;
      this.at = 0;
    }

    /** The next, which must be there, and of this tag where one is given. */
    next(tag) {
      const element = this.elements[this.at++] || refuse();
      return tag === undefined ? element : element.is(tag);
    }

    /** The next where it has this tag, else null. */
    optional(tag) {
      const element = this.elements[this.at];
      if (!element || element.tag !== tag) return null;
      this.at++;
      return element;
    }

    end() {
      if (this.at < this.elements.length) refuse();
    }
  }

  /** The first element inside. @param {Element} element @returns {Element} */
  v.first = (element) => element.reader().next();

  /** Exactly so many elements inside. @param {Element} element @param {number} count @returns {Element[]} */
  v.parts = function (element, count) {
    const found = element.is(0x30).children();
    return found.length === count ? found : refuse();
  };

  /** The one element that these bytes are. @param {Uint8Array} bytes @returns {Element} */
  v.der = function (bytes) {
    const element = new Element(bytes, 0, bytes.length);
    return element.size === bytes.length ? element : refuse();
  };
})((self.muniment = self.muniment || {}));
