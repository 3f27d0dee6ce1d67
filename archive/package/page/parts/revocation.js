// Was a certificate revoked when it stamped? From revocation lists (RFC 5280, 5) and OCSP answers (RFC 6960) that were kept that day.
(function (v) {
  "use strict";

  const BASIC_RESPONSE = "1.3.6.1.5.5.7.48.1.1", OCSP_SIGNING = "1.3.6.1.5.5.7.3.9", EXTENDED = "2.5.29.37";
  const HARMLESS = [0, 3, 4, 5];

  /** With these reasons what was stamped before stays good; with any other, or none, nothing does (RFC 3161, 4, clause 1). */
  const counts = (revoked, time) => revoked.time <= time || !HARMLESS.includes(revoked.reason);

  /** undefined: it says nothing of this certificate, or had ended by then; null: not revoked. */
  function fromList(bytes, certificate, issuer, time) {
    const list = v.revocationList(bytes);
    if (!v.same(list.issuer, certificate.issuer)) return undefined;
    if (!v.signatureHolds(issuer.key, list.algorithm, list.signature, list.tbs))
      v.malformed("吊销列表的签名不成立", "the revocation list's signature is wrong");
    return list.revoked.get(certificate.serial) || (list.until !== null && list.until >= time ? null : undefined);
  }

  /** Who may have signed an OCSP answer: the issuer, or whom it named for that (RFC 6960, 4.2.2.2). */
  function responders(issuer, given) {
    const may = (certificate) => {
      const extended = certificate.extensions.get(EXTENDED);
      const purposes = extended ? v.der(extended.value).children().map((purpose) => purpose.oid()) : [];
      return purposes.includes(OCSP_SIGNING) && v.issuedBy(certificate, issuer);
    };
    return [issuer, ...given.filter(may)];
  }

  /** An OCSP answer (RFC 6960, 4.2.1). */
  function basicAnswer(bytes) {
    const none = () => v.malformed("不是 OCSP 应答", "no OCSP answer");
    const reader = v.der(bytes).is(0x30).reader();
    if (reader.next(0x0a).body[0] !== 0) none();
    const [type, octets] = v.parts(reader.next(0xa0).inner(), 2);
    if (type.oid() !== BASIC_RESPONSE) none();
    const basic = v.der(octets.octets()).is(0x30).reader();
    const [tbs, algorithm, signature] = [basic.next(0x30), basic.next(0x30), basic.next().bits()];
    const extra = basic.optional(0xa0);
    const given = extra ? extra.inner().children().map((one) => v.certificate(one.raw)) : [];
    return { tbs, algorithm, signature, given };
  }

  const answeredBy = (answer, issuer) => responders(issuer, answer.given).some((one) => v.signatureHolds(one.key, answer.algorithm, answer.signature, answer.tbs.raw));

  /** As `fromList`. */
  function fromAnswer(bytes, certificate, issuer) {
    const answer = basicAnswer(bytes);
    return answeredBy(answer, issuer) ? singleAnswer(answer.tbs, certificate, issuer) : undefined;
  }

  /** What an answer says about this certificate. The issuer is known by its signature; its hashes, often SHA-1, are not compared. */
  function singleAnswer(tbs, certificate, issuer) {
    const data = tbs.reader();
    data.optional(0xa0);
    data.next();
    data.next().time();
    for (const single of data.next(0x30).children()) {
      const [id, state] = single.is(0x30).children();
      if (!state) continue;
      if (v.toHex(v.parts(id, 4)[3].is(0x02).body) !== certificate.serial || !v.same(issuer.subject, certificate.issuer)) continue;
      if (state.tag === 0x80) return null;
      if (state.tag !== 0xa1) continue; // it does not know
      const revoked = state.reader();
      const time = revoked.next().time();
      const reason = revoked.optional(0xa0);
      return { time, reason: reason ? reason.inner().is(0x0a).body[0] : null };
    }
    return undefined;
  }

  /** A list is kept for one of these certificates. */
  function ofSomebody(bytes, path) {
    const issuer = v.revocationList(bytes).issuer;
    if (!path.some((certificate) => v.same(certificate.issuer, issuer))) v.malformed("吊销列表与这些证书无关", "the revocation list is about none of these certificates");
  }

  /** An answer is signed by one of these issuers, or by whom it named. */
  function bySomebody(bytes, path) {
    const answer = basicAnswer(bytes);
    if (!path.slice(1).some((issuer) => answeredBy(answer, issuer))) v.malformed("OCSP 应答的签名不成立", "the OCSP answer's signature is wrong");
  }

  /** Look each certificate of a path up, but for the root.
   * @returns {boolean} was there an answer about each? A revoked one is an error. */
  v.checkRevocation = function (path, revocation, time) {
    let all = true;
    for (const one of revocation) v.within("timestamp_wrong", one.where, () => (one.kind === "crl" ? ofSomebody : bySomebody)(one.bytes, path));
    for (let i = 0; i + 1 < path.length; i++) {
      let known = false;
      for (const one of revocation) {
        const look = one.kind === "crl" ? fromList : fromAnswer;
        const found = v.within("timestamp_wrong", one.where, () => look(one.bytes, path[i], path[i + 1], time));
        if (found === undefined) continue;
        known = true;
        if (found && counts(found, time)) throw new v.Wrong("timestamp_revoked", ["证书当时已被吊销", "its certificate was revoked"]);
      }
      all = all && known;
    }
    return all;
  };
})((self.muniment = self.muniment || {}));
