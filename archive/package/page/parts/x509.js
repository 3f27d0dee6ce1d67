// Certificates and revocation lists (RFC 5280) as a timestamp needs them: read, signed by whom, led to a root at a moment.
// Names are compared byte for byte; name constraints and policies are not followed: a critical one is refused.
(function (v) {
  "use strict";

  const HASHES = {
    "2.16.840.1.101.3.4.2.1": v.sha256, "2.16.840.1.101.3.4.2.2": v.sha384, "2.16.840.1.101.3.4.2.3": v.sha512,
  };
  const SHA256 = "2.16.840.1.101.3.4.2.1";
  const EC = "1.2.840.10045.2.1", RSA = "1.2.840.113549.1.1.1", PSS = "1.2.840.113549.1.1.10", ED25519 = "1.3.101.112";
  /** Signature algorithm -> kind and the hash in it. */
  const SIGNATURES = {
    "1.2.840.10045.4.3.2": ["ec", v.sha256], "1.2.840.10045.4.3.3": ["ec", v.sha384], "1.2.840.10045.4.3.4": ["ec", v.sha512],
    "1.2.840.113549.1.1.11": ["rsa", v.sha256], "1.2.840.113549.1.1.12": ["rsa", v.sha384], "1.2.840.113549.1.1.13": ["rsa", v.sha512],
  };
  const BASIC = "2.5.29.19", USAGE = "2.5.29.15", EXTENDED = "2.5.29.37", REASON = "2.5.29.21";
  const TIMESTAMPING = "1.3.6.1.5.5.7.3.8";
  const KNOWN = new Set([BASIC, USAGE, EXTENDED]);
  const LONGEST = 8;

  v.hashByOid = (oid) => (Object.hasOwn(HASHES, oid) ? HASHES[oid] : v.malformed("不支持的散列算法 " + oid, "a hash that is not supported: " + oid));
  v.SHA256_OID = SHA256;

  /** Extensions by identifier; the same one twice is malformed. */
  function extensions(element) {
    const found = new Map();
    for (const one of element ? element.children() : []) {
      const reader = one.is(0x30).reader();
      const oid = reader.next().oid();
      const flag = reader.optional(0x01);
      const critical = flag ? flag.boolean() : false;
      if (found.has(oid)) v.malformed("证书扩展重复", "an extension comes twice");
      found.set(oid, { critical, value: reader.next().octets() });
      reader.end();
    }
    return found;
  }

  function publicKey(element) {
    const [algorithm, bits] = v.parts(element, 2);
    const reader = algorithm.is(0x30).reader();
    const oid = reader.next().oid();
    const key = bits.bits();
    if (oid === EC) return { kind: "ec", curve: reader.next().oid(), key };
    if (oid === ED25519) return { kind: "ed25519", key };
    if (oid !== RSA) return { kind: oid, key };
    const [n, e] = v.parts(v.der(key), 2).map((number) => number.integer());
    return { kind: "rsa", n, e };
  }

  /** @param {Uint8Array} bytes DER @returns a certificate whose form is right */
  v.certificate = function (bytes) {
    const [tbs, algorithm, signature] = v.parts(v.der(bytes), 3);
    const reader = tbs.is(0x30).reader();
    reader.optional(0xa0);
    const serial = reader.next(0x02);
    const inner = reader.next(0x30);
    if (!v.same(inner.raw, algorithm.raw)) v.malformed("证书的两处签名算法不同", "two signature algorithms");
    const issuer = reader.next(0x30).raw;
    const [from, to] = v.parts(reader.next(), 2).map((time) => time.time());
    const subject = reader.next(0x30).raw;
    const key = publicKey(reader.next());
    reader.optional(0x81);
    reader.optional(0x82);
    const last = reader.optional(0xa3);
    reader.end();
    return {
      raw: bytes, tbs: tbs.raw, algorithm, signature: signature.bits(), serial: v.toHex(serial.body),
      issuer, subject, from, to, key, extensions: extensions(last && last.inner()),
    };
  };

  function pssParameters(algorithm) {
    const reader = v.parts(algorithm, 2)[1].is(0x30).reader();
    const hash = v.first(reader.next(0xa0).inner()).oid();
    const mask = v.parts(reader.next(0xa1).inner(), 2);
    const salt = reader.next(0xa2).inner().small();
    reader.end();
    if (mask[0].oid() !== "1.2.840.113549.1.1.8" || v.first(mask[1]).oid() !== hash) v.malformed("PSS 参数不支持", "PSS with other hashes");
    return { hash: v.hashByOid(hash), salt };
  }

  /** Does this key's signature hold? An algorithm that is not known here is malformed, and says so.
   * @param key as in a certificate @param algorithm AlgorithmIdentifier @param {Uint8Array} signature @param {Uint8Array} message
   * @param {string} [digest] hash for an algorithm that names none (RFC 5652, 5.4) */
  v.signatureHolds = function (key, algorithm, signature, message, digest) {
    const oid = v.first(algorithm.is(0x30)).oid();
    let [kind, hash] = Object.hasOwn(SIGNATURES, oid) ? SIGNATURES[oid] : [oid, null];
    if (oid === RSA && digest) [kind, hash] = ["rsa", v.hashByOid(digest)];
    if (kind === "ec" && key.kind === "ec") {
      const [r, s] = v.parts(v.der(signature), 2);
      return v.ecdsa(key.curve, key.key, r.integer(), s.integer(), hash(message));
    }
    if (kind === "rsa" && key.kind === "rsa") return v.rsaPkcs1(key.n, key.e, signature, hash(message));
    if (oid === PSS && key.kind === "rsa") {
      const pss = pssParameters(algorithm);
      return v.rsaPss(key.n, key.e, signature, pss.hash(message), pss.hash, pss.salt);
    }
    if (oid === ED25519 && key.kind === "ed25519") return v.ed25519(key.key, signature, message);
    if (["ec", "rsa"].includes(kind) || oid === PSS || oid === ED25519) return false; // a key of another kind
    return v.malformed("不支持的签名算法 " + oid, "a signature algorithm that is not supported: " + oid);
  };

  const answers = new Map();

  /** Is this certificate signed by that one's key? Asked often of the same pair. */
  v.issuedBy = function (certificate, issuer) {
    if (!v.same(certificate.issuer, issuer.subject)) return false;
    const question = v.toHex(v.sha256(certificate.raw)) + v.toHex(v.sha256(issuer.raw));
    if (!answers.has(question))
      answers.set(question, v.signatureHolds(issuer.key, certificate.algorithm, certificate.signature, certificate.tbs));
    return answers.get(question);
  };

  /** May it issue certificates, with so many authorities below it? (RFC 5280, 6.1.4 k to n) */
  function mayIssue(certificate, below) {
    const basic = certificate.extensions.get(BASIC);
    if (!basic) return false;
    const reader = v.der(basic.value).is(0x30).reader();
    const flag = reader.optional(0x01);
    const limit = reader.optional(0x02);
    if (!flag || !flag.boolean() || (limit && limit.small() < below)) return false;
    const usage = certificate.extensions.get(USAGE);
    return !usage || Boolean(v.der(usage.value).flags()[5]);
  }

  /** May it stamp: digital signatures, and timestamping critical and alone (RFC 3161, 2.3). */
  v.mayStamp = function (certificate) {
    const extended = certificate.extensions.get(EXTENDED);
    if (!extended || !extended.critical) return false;
    const purposes = v.der(extended.value).is(0x30).children().map((purpose) => purpose.oid());
    const usage = certificate.extensions.get(USAGE);
    const flags = usage ? v.der(usage.value).flags() : [true];
    return purposes.length === 1 && purposes[0] === TIMESTAMPING && Boolean(flags[0] || flags[1]);
  };

  const holdsAt = (certificate, time) => certificate.from <= time && time <= certificate.to + 999999;
  const understood = (certificate) => [...certificate.extensions].every(([oid, one]) => !one.critical || KNOWN.has(oid));

  /** Is a chain as it is kept: the signer first, each the issuer of the one before, the last issued by a root. */
  v.chainInOrder = function (chain, signer, roots) {
    const issuers = (i) => (i + 1 < chain.length ? [chain[i + 1]] : roots);
    return chain.length > 0 && v.same(chain[0].raw, signer.raw) && chain.every((one, i) => issuers(i).some((issuer) => v.issuedBy(one, issuer)));
  };

  /** The way from a certificate to a root at a moment, the certificate first and the root last; null where there is none. */
  v.chainTo = function (leaf, between, roots, time) {
    let tried = 0; // certificates that sign each other in a ring would keep us for ever
    const walk = (path) => {
      const end = path[path.length - 1];
      if (++tried > 200 || !holdsAt(end, time) || !understood(end) || path.length > LONGEST) return null;
      for (const root of roots)
        if (!path.some((one) => v.same(one.raw, root.raw)) && v.issuedBy(end, root) && holdsAt(root, time) && mayIssue(root, path.length - 1))
          return [...path, root];
      for (const next of between) {
        if (path.some((one) => v.same(one.raw, next.raw)) || !v.issuedBy(end, next) || !mayIssue(next, path.length - 1)) continue;
        const whole = walk([...path, next]);
        if (whole) return whole;
      }
      return null;
    };
    return walk([leaf]);
  };

  /** @param {Uint8Array} bytes DER of a CertificateList */
  v.revocationList = function (bytes) {
    const [tbs, algorithm, signature] = v.parts(v.der(bytes), 3);
    const reader = tbs.is(0x30).reader();
    reader.optional(0x02);
    reader.next(0x30);
    const issuer = reader.next(0x30).raw;
    reader.next().time();
    const renewed = reader.optional(0x17) || reader.optional(0x18);
    const until = renewed ? renewed.time() : null;
    const entries = reader.optional(0x30);
    reader.optional(0xa0);
    reader.end();
    const revoked = new Map();
    for (const entry of entries ? entries.children() : []) {
      const one = entry.is(0x30).reader();
      const serial = v.toHex(one.next(0x02).body);
      const time = one.next().time();
      const reason = extensions(one.optional(0x30)).get(REASON);
      revoked.set(serial, { time, reason: reason ? v.der(reason.value).is(0x0a).body[0] : null });
    }
    return { tbs: tbs.raw, algorithm, signature: signature.bits(), issuer, until, revoked };
  };
})((self.muniment = self.muniment || {}));
