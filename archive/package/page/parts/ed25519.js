// Ed25519 (RFC 8032, 5.1) signatures checked with whole numbers: the same answer in every browser, also where WebCrypto has none.
// Strict: one spelling of every number and point, and keys of small order are refused. Only public values go in: no care for timing.
(function (v) {
  "use strict";

  const P = 2n ** 255n - 19n;
  const L = 2n ** 252n + 27742317777372353535851937790883648493n;

  const mod = (x) => {
    const rest = x % P;
    return rest < 0n ? rest + P : rest;
  };

  function power(base, exponent) {
    let result = 1n;
    for (let b = base; exponent; exponent >>= 1n, b = mod(b * b)) if (exponent & 1n) result = mod(result * b);
    return result;
  }

  const D = mod(-121665n * power(121666n, P - 2n));
  const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);

  /** The point with this y and parity of x; null where there is none (RFC 8032, 5.1.3). */
  function decode(bytes) {
    const whole = v.toInteger(bytes.slice().reverse());
    const odd = whole >> 255n;
    const y = whole & (2n ** 255n - 1n);
    if (y >= P) return null;
    const u = mod(y * y - 1n);
    const w = mod(D * y * y + 1n);
    let x = mod(u * w ** 3n * power(mod(u * w ** 7n), (P - 5n) / 8n));
    if (mod(w * x * x) === mod(-u)) x = mod(x * ROOT_OF_MINUS_ONE);
    if (mod(w * x * x) !== u || (x === 0n && odd)) return null;
    if ((x & 1n) !== odd) x = P - x;
    return [x, y, 1n, mod(x * y)];
  }

  /** RFC 8032, 5.1.4. */
  function add(p, q) {
    const a = mod((p[1] - p[0]) * (q[1] - q[0]));
    const b = mod((p[1] + p[0]) * (q[1] + q[0]));
    const c = mod(2n * p[3] * q[3] * D);
    const d = mod(2n * p[2] * q[2]);
    const [e, f, g, h] = [b - a, d - c, d + c, b + a];
    return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
  }

  const ZERO = [0n, 1n, 1n, 0n];
  const negate = (p) => [P - p[0], p[1], p[2], P - p[3]];
  const isZero = (p) => mod(p[0]) === 0n && mod(p[1] - p[2]) === 0n;
  const BASE = decode(v.fromHex("58" + "66".repeat(31)));

  /** m·p + n·q */
  function combine(m, p, n, q) {
    const both = add(p, q);
    let sum = ZERO;
    for (let bit = 253n; bit >= 0n; bit--) {
      sum = add(sum, sum);
      const [one, two] = [(m >> bit) & 1n, (n >> bit) & 1n];
      if (one && two) sum = add(sum, both);
      else if (one) sum = add(sum, p);
      else if (two) sum = add(sum, q);
    }
    return sum;
  }

  function encode(p) {
    const inverse = power(p[2], P - 2n);
    const [x, y] = [mod(p[0] * inverse), mod(p[1] * inverse)];
    return v.fromInteger(y | ((x & 1n) << 255n), 32).reverse();
  }

  /** May this be anybody's key: a point in its one spelling, and not of small order. @param {Uint8Array} key */
  v.ed25519KeyIsSound = function (key) {
    let point = key.length === 32 ? decode(key) : null;
    if (!point) return false;
    for (let n = 0; n < 3; n++) point = add(point, point);
    return !isZero(point);
  };

  /** @param {Uint8Array} key @param {Uint8Array} signature @param {Uint8Array} message @returns {boolean} */
  v.ed25519 = function (key, signature, message) {
    if (signature.length !== 64 || !v.ed25519KeyIsSound(key)) return false;
    const s = v.toInteger(signature.slice(32).reverse());
    if (s >= L) return false;
    const r = signature.slice(0, 32);
    const h = v.toInteger(v.sha512(r, key, message).reverse()) % L;
    return v.same(encode(combine(s, BASE, h, negate(decode(key)))), r);
  };
})((self.muniment = self.muniment || {}));
