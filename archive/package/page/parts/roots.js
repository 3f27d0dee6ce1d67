// The constants of SHA-2: fractions of square and cube roots of the first primes (FIPS 180-4, 4.2 and 5.3).
// Worked out here and not copied, so that nobody need believe a table.
(function (v) {
  "use strict";

  const primes = [];
  for (let n = 2; primes.length < 80; n++) if (primes.every((p) => n % p)) primes.push(n);

  /** The whole part of the n-th root. @param {bigint} value @param {bigint} n */
  function root(value, n) {
    let low = 0n;
    let high = 1n << (BigInt(value.toString(2).length) / n + 1n);
    while (high - low > 1n) {
      const middle = (low + high) / 2n;
      if (middle ** n <= value) low = middle;
      else high = middle;
    }
    return low;
  }

  const fraction = (prime, n, bits) => BigInt.asUintN(bits, root(BigInt(prime) << (BigInt(bits) * n), n));

  /** So many bits of the fraction of the cube root of the first primes. @returns {bigint[]} */
  v.cubeRoots = (count, bits) => primes.slice(0, count).map((p) => fraction(p, 3n, bits));

  /** The same of the square roots of eight primes, from the `first` on. @returns {bigint[]} */
  v.squareRoots = (first, bits) => primes.slice(first, first + 8).map((p) => fraction(p, 2n, bits));
})((self.muniment = self.muniment || {}));
