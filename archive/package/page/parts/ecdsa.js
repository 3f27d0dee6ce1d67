// ECDSA over P-256 and P-384 (FIPS 186-5, 6.4; SP 800-186, 3.2.1) checked with whole numbers. Only public values go in.
(function (v) {
  "use strict";

  const curve = (p, b, n, x, y, size) => ({ p, b, n, g: [x, y, 1n], size });

  /** By object identifier. */
  const CURVES = {
    "1.2.840.10045.3.1.7": curve(
      2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
      0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
      0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
      0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
      0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
      32,
    ),
    "1.3.132.0.34": curve(
      2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
      0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
      0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
      0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
      48,
    ),
  };

  const mod = (x, m) => {
    const rest = x % m;
    return rest < 0n ? rest + m : rest;
  };

  /** By Euclid. */
  function inverse(x, m) {
    let [a, b, u, w] = [mod(x, m), m, 1n, 0n];
    while (a > 1n) {
      const q = b / a;
      [a, b, u, w] = [b - q * a, a, w - q * u, u];
    }
    return mod(u, m);
  }

  /** Jacobian coordinates, a = -3. */
  function double(c, [x, y, z]) {
    if (!z) return [x, y, z];
    const zz = mod(z * z, c.p);
    const yy = mod(y * y, c.p);
    const s = mod(4n * x * yy, c.p);
    const m = mod(3n * (x - zz) * (x + zz), c.p);
    const x3 = mod(m * m - 2n * s, c.p);
    return [x3, mod(m * (s - x3) - 8n * yy * yy, c.p), mod(2n * y * z, c.p)];
  }

  function add(c, p, q) {
    if (!p[2]) return q;
    if (!q[2]) return p;
    const [zz1, zz2] = [mod(p[2] * p[2], c.p), mod(q[2] * q[2], c.p)];
    const [u1, u2] = [mod(p[0] * zz2, c.p), mod(q[0] * zz1, c.p)];
    const [s1, s2] = [mod(p[1] * zz2 * q[2], c.p), mod(q[1] * zz1 * p[2], c.p)];
    if (u1 === u2) return s1 === s2 ? double(c, p) : [1n, 1n, 0n];
    const [h, r] = [u2 - u1, s2 - s1];
    const hh = mod(h * h, c.p);
    const hhh = mod(h * hh, c.p);
    const x = mod(r * r - hhh - 2n * u1 * hh, c.p);
    return [x, mod(r * (u1 * hh - x) - s1 * hhh, c.p), mod(h * p[2] * q[2], c.p)];
  }

  function combine(c, m, p, n, q) {
    const both = add(c, p, q);
    let sum = [1n, 1n, 0n];
    for (let bit = BigInt(8 * c.size - 1); bit >= 0n; bit--) {
      sum = double(c, sum);
      const [one, two] = [(m >> bit) & 1n, (n >> bit) & 1n];
      if (one && two) sum = add(c, sum, both);
      else if (one) sum = add(c, sum, p);
      else if (two) sum = add(c, sum, q);
    }
    return sum;
  }

  /** An uncompressed point that is on the curve (SEC 1, 2.3.4), or null. */
  function decode(c, bytes) {
    if (bytes.length !== 2 * c.size + 1 || bytes[0] !== 4) return null;
    const [x, y] = [v.toInteger(bytes.slice(1, c.size + 1)), v.toInteger(bytes.slice(c.size + 1))];
    if (x >= c.p || y >= c.p || mod(y * y - x * x * x + 3n * x - c.b, c.p)) return null;
    return [x, y, 1n];
  }

  /** @param {string} oid of the curve @param {Uint8Array} key @param {bigint} r @param {bigint} s @param {Uint8Array} digest
   * @returns {boolean} false also where the curve is none of ours */
  v.ecdsa = function (oid, key, r, s, digest) {
    const c = Object.hasOwn(CURVES, oid) ? CURVES[oid] : null;
    const point = c && decode(c, key);
    if (!point || r < 1n || s < 1n || r >= c.n || s >= c.n) return false;
    const e = v.toInteger(digest.subarray(0, c.size)); // the leftmost bits (FIPS 186-5, 6.4.2)
    const w = inverse(s, c.n);
    const sum = combine(c, mod(e * w, c.n), c.g, mod(r * w, c.n), point);
    if (!sum[2]) return false;
    const z = inverse(sum[2], c.p);
    return mod(mod(sum[0] * z * z, c.p), c.n) === r;
  };
})((self.muniment = self.muniment || {}));
