// SHA-1 (FIPS 180-4), for one thing only: the older attribute by which an authority names its certificate (RFC 2634, 5.4).
// Nothing rests on it: the certificate's own signature, and the token's, are over something stronger.
(function (v) {
  "use strict";

  const K = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];
  const turn = (x, n) => (x << n) | (x >>> (32 - n));
  const mix = [
    (b, c, d) => (b & c) | (~b & d),
    (b, c, d) => b ^ c ^ d,
    (b, c, d) => (b & c) | (b & d) | (c & d),
    (b, c, d) => b ^ c ^ d,
  ];

  function compress(h, view, at) {
    const w = [];
    for (let i = 0; i < 80; i++) w.push(i < 16 ? view.getInt32(at + 4 * i) : turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1));
    let [a, b, c, d, e] = h;
    for (let i = 0; i < 80; i++) {
      const round = Math.floor(i / 20);
      [a, b, c, d, e] = [(turn(a, 5) + mix[round](b, c, d) + e + K[round] + w[i]) | 0, a, turn(b, 30), c, d];
    }
    [a, b, c, d, e].forEach((word, i) => (h[i] = (h[i] + word) | 0));
  }

  /** @param {Uint8Array} message @returns {Uint8Array} 20 bytes */
  v.sha1 = function (message) {
    const padded = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64);
    padded.set(message);
    padded[message.length] = 0x80;
    const view = new DataView(padded.buffer);
    view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
    const h = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0].map((word) => word | 0);
    for (let at = 0; at < padded.length; at += 64) compress(h, view, at);
    return v.concat(...h.map((word) => v.fromInteger(BigInt(word >>> 0), 4)));
  };
})((self.muniment = self.muniment || {}));
