// RSA signatures (RFC 8017): PKCS #1 v1.5 and PSS, checked with whole numbers. Only public values go in.
(function (v) {
  "use strict";

  const SEQUENCE = 0x30;
  const DIGEST = { 32: "2.16.840.1.101.3.4.2.1", 48: "2.16.840.1.101.3.4.2.2", 64: "2.16.840.1.101.3.4.2.3" };
  const PREFIX = { 32: "0609608648016503040201", 48: "0609608648016503040202", 64: "0609608648016503040203" };

  function power(base, exponent, modulus) {
    let result = 1n;
    for (let b = base % modulus; exponent; exponent >>= 1n, b = (b * b) % modulus)
      if (exponent & 1n) result = (result * b) % modulus;
    return result;
  }

  /** The encoded message of a signature (5.2.2); null where key or signature are out of bounds. */
  function open(n, e, signature) {
    const bits = n.toString(2).length;
    if (bits < 2048 || bits > 8192 || !(e & 1n) || e < 3n || e > 0xffffffffn) return null;
    const value = v.toInteger(signature);
    if (signature.length !== Math.ceil(bits / 8) || value >= n) return null;
    return { bits, message: v.fromInteger(power(value, e, n), signature.length) };
  }

  /** DigestInfo (9.2). @param {Uint8Array} digest */
  function digestInfo(digest) {
    const name = v.fromHex(PREFIX[digest.length] + "0500");
    const algorithm = v.concat(Uint8Array.of(SEQUENCE, name.length), name);
    const body = v.concat(algorithm, Uint8Array.of(4, digest.length), digest);
    return v.concat(Uint8Array.of(SEQUENCE, body.length), body);
  }

  /** @param {bigint} n @param {bigint} e @param {Uint8Array} signature @param {Uint8Array} digest of SHA-256, 384 or 512 */
  v.rsaPkcs1 = function (n, e, signature, digest) {
    const opened = open(n, e, signature);
    if (!opened || !(digest.length in DIGEST)) return false;
    const info = digestInfo(digest);
    const filler = new Uint8Array(opened.message.length - info.length - 3).fill(0xff);
    return v.same(opened.message, v.concat(Uint8Array.of(0, 1), filler, Uint8Array.of(0), info));
  };

  /** MGF1 (B.2.1). */
  function mask(hash, seed, size) {
    const pieces = [];
    for (let i = 0, got = 0; got < size; i++) {
      pieces.push(hash(seed, v.fromInteger(BigInt(i), 4)));
      got += pieces[i].length;
    }
    return v.concat(...pieces).subarray(0, size);
  }

  /** EMSA-PSS-VERIFY (9.1.2). @param {(...parts: Uint8Array[]) => Uint8Array} hash also that of the mask @param {number} salt its length */
  v.rsaPss = function (n, e, signature, digest, hash, salt) {
    const opened = open(n, e, signature);
    if (!opened) return false;
    const size = Math.ceil((opened.bits - 1) / 8);
    const message = opened.message.slice(opened.message.length - size);
    const cut = size - digest.length - 1;
    if (cut < salt + 1 || message[size - 1] !== 0xbc || (opened.message.length > size && opened.message[0])) return false;
    const keep = 0xff >> (8 * size - opened.bits + 1);
    if (message[0] & ~keep & 0xff) return false;
    const told = message.subarray(cut, size - 1);
    const block = mask(hash, told, cut).map((byte, i) => byte ^ message[i]);
    block[0] &= keep;
    const before = cut - salt - 1;
    if (block[before] !== 1 || block.subarray(0, before).some((byte) => byte)) return false;
    return v.same(hash(new Uint8Array(8), digest, block.subarray(before + 1)), told);
  };
})((self.muniment = self.muniment || {}));
