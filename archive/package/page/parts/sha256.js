// SHA-256 (FIPS 180-4) piece by piece: WebCrypto has only the whole message at once, and a clip does not fit in memory.
(function (v) {
  "use strict";

  const K = Int32Array.from(v.cubeRoots(64, 32), (k) => Number(BigInt.asIntN(32, k)));
  const START = Int32Array.from(v.squareRoots(0, 32), (h) => Number(BigInt.asIntN(32, h)));

  /** The compression function over all whole blocks of `data` from `at` on; 8 rounds are written out so that no word moves.
   * @param {Int32Array} state @param {Int32Array} w 64 words @param {Uint8Array} data @param {number} at @param {number} end */
  function compress(state, w, data, at, end) {
    let s0 = state[0], s1 = state[1], s2 = state[2], s3 = state[3];
    let s4 = state[4], s5 = state[5], s6 = state[6], s7 = state[7];
    for (; at + 64 <= end; at += 64) {
      for (let i = 0, j = at; i < 16; i++, j += 4)
        w[i] = (data[j] << 24) | (data[j + 1] << 16) | (data[j + 2] << 8) | data[j + 3];
      for (let i = 16; i < 64; i++) {
        const x = w[i - 15], y = w[i - 2];
        w[i] =
          (w[i - 16] + w[i - 7] +
            (((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)) +
            (((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10))) | 0;
      }
      let a = s0, b = s1, c = s2, d = s3, e = s4, f = s5, g = s6, h = s7;
      for (let i = 0; i < 64; i += 8) {
        h = (h + (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) + (g ^ (e & (f ^ g))) + K[i] + w[i]) | 0;
        d = (d + h) | 0;
        h = (h + (((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))) + ((a & b) | (c & (a | b)))) | 0;
        g = (g + (((d >>> 6) | (d << 26)) ^ ((d >>> 11) | (d << 21)) ^ ((d >>> 25) | (d << 7))) + (f ^ (d & (e ^ f))) + K[i + 1] + w[i + 1]) | 0;
        c = (c + g) | 0;
        g = (g + (((h >>> 2) | (h << 30)) ^ ((h >>> 13) | (h << 19)) ^ ((h >>> 22) | (h << 10))) + ((h & a) | (b & (h | a)))) | 0;
        f = (f + (((c >>> 6) | (c << 26)) ^ ((c >>> 11) | (c << 21)) ^ ((c >>> 25) | (c << 7))) + (e ^ (c & (d ^ e))) + K[i + 2] + w[i + 2]) | 0;
        b = (b + f) | 0;
        f = (f + (((g >>> 2) | (g << 30)) ^ ((g >>> 13) | (g << 19)) ^ ((g >>> 22) | (g << 10))) + ((g & h) | (a & (g | h)))) | 0;
        e = (e + (((b >>> 6) | (b << 26)) ^ ((b >>> 11) | (b << 21)) ^ ((b >>> 25) | (b << 7))) + (d ^ (b & (c ^ d))) + K[i + 3] + w[i + 3]) | 0;
        a = (a + e) | 0;
        e = (e + (((f >>> 2) | (f << 30)) ^ ((f >>> 13) | (f << 19)) ^ ((f >>> 22) | (f << 10))) + ((f & g) | (h & (f | g)))) | 0;
        d = (d + (((a >>> 6) | (a << 26)) ^ ((a >>> 11) | (a << 21)) ^ ((a >>> 25) | (a << 7))) + (c ^ (a & (b ^ c))) + K[i + 4] + w[i + 4]) | 0;
        h = (h + d) | 0;
        d = (d + (((e >>> 2) | (e << 30)) ^ ((e >>> 13) | (e << 19)) ^ ((e >>> 22) | (e << 10))) + ((e & f) | (g & (e | f)))) | 0;
        c = (c + (((h >>> 6) | (h << 26)) ^ ((h >>> 11) | (h << 21)) ^ ((h >>> 25) | (h << 7))) + (b ^ (h & (a ^ b))) + K[i + 5] + w[i + 5]) | 0;
        g = (g + c) | 0;
        c = (c + (((d >>> 2) | (d << 30)) ^ ((d >>> 13) | (d << 19)) ^ ((d >>> 22) | (d << 10))) + ((d & e) | (f & (d | e)))) | 0;
        b = (b + (((g >>> 6) | (g << 26)) ^ ((g >>> 11) | (g << 21)) ^ ((g >>> 25) | (g << 7))) + (a ^ (g & (h ^ a))) + K[i + 6] + w[i + 6]) | 0;
        f = (f + b) | 0;
        b = (b + (((c >>> 2) | (c << 30)) ^ ((c >>> 13) | (c << 19)) ^ ((c >>> 22) | (c << 10))) + ((c & d) | (e & (c | d)))) | 0;
        a = (a + (((f >>> 6) | (f << 26)) ^ ((f >>> 11) | (f << 21)) ^ ((f >>> 25) | (f << 7))) + (h ^ (f & (g ^ h))) + K[i + 7] + w[i + 7]) | 0;
        e = (e + a) | 0;
        a = (a + (((b >>> 2) | (b << 30)) ^ ((b >>> 13) | (b << 19)) ^ ((b >>> 22) | (b << 10))) + ((b & c) | (d & (b | c)))) | 0;
      }
      s0 = (s0 + a) | 0; s1 = (s1 + b) | 0; s2 = (s2 + c) | 0; s3 = (s3 + d) | 0;
      s4 = (s4 + e) | 0; s5 = (s5 + f) | 0; s6 = (s6 + g) | 0; s7 = (s7 + h) | 0;
    }
    state[0] = s0; state[1] = s1; state[2] = s2; state[3] = s3;
    state[4] = s4; state[5] = s5; state[6] = s6; state[7] = s7;
  }

  /** A message that comes in pieces. */
  v.Sha256 = class {
    constructor() {
      this._state = START.slice();
      this._w = new Int32Array(64);
      this._rest = new Uint8Array(128); // bytes that fill no block yet, and room for the padding
      this._held = 0;
      this._length = 0;
    }

    /** @param {Uint8Array} data @returns {this} */
    update(data) {
      let at = 0;
      this._length += data.length;
      if (this._held) {
        at = Math.min(64 - this._held, data.length);
        this._rest.set(data.subarray(0, at), this._held);
        this._held += at;
        if (this._held < 64) return this;
        compress(this._state, this._w, this._rest, 0, 64);
        this._held = 0;
      }
      const whole = at + ((data.length - at) & ~63);
      compress(this._state, this._w, data, at, whole);
      this._rest.set(data.subarray(whole));
      this._held = data.length - whole;
      return this;
    }

    /** Ends the message. @returns {Uint8Array} 32 bytes */
    digest() {
      const size = this._held < 56 ? 64 : 128;
      this._rest.fill(0, this._held);
      this._rest[this._held] = 0x80;
      const view = new DataView(this._rest.buffer);
      view.setBigUint64(size - 8, BigInt(this._length) * 8n);
      compress(this._state, this._w, this._rest, 0, size);
      const out = new DataView(new ArrayBuffer(32));
      this._state.forEach((word, i) => out.setInt32(4 * i, word));
      return new Uint8Array(out.buffer);
    }
  };

  /** @param {...Uint8Array} parts @returns {Uint8Array} of the parts in a row */
  v.sha256 = function (...parts) {
    const hash = new v.Sha256();
    for (const part of parts) hash.update(part);
    return hash.digest();
  };
})((self.muniment = self.muniment || {}));
