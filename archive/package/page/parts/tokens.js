// Timestamp tokens (RFC 3161 with RFC 5816): a CMS SignedData (RFC 5652) around "these bytes existed at this moment".
(function (v) {
  "use strict";

  const SIGNED_DATA = "1.2.840.113549.1.7.2", TST_INFO = "1.2.840.113549.1.9.16.1.4";
  const CONTENT_TYPE = "1.2.840.113549.1.9.3", MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
  const SUBJECT_KEY = "2.5.29.14";
  const SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.12", SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";

  /** What the authority says (RFC 3161, 2.4.2). */
  function info(bytes) {
    const reader = v.der(bytes).is(0x30).reader();
    if (reader.next().small() !== 1) v.malformed("时间戳版本不支持", "another version of token");
    const policy = reader.next().oid();
    const [algorithm, hash] = v.parts(reader.next(), 2);
    if (v.first(algorithm.is(0x30)).oid() !== v.SHA256_OID) v.malformed("时间戳不是针对 SHA-256", "it is not over a SHA-256");
    const serial = reader.next().integer();
    return { policy, imprint: hash.octets(), serial, time: reader.next(0x18).time() };
  }

  /** Signed attributes by identifier, one value each. */
  function attributes(element) {
    const found = new Map();
    for (const one of element.children()) {
      const [name, values] = v.parts(one, 2);
      const all = values.is(0x31).children();
      if (found.has(name.oid()) || all.length !== 1) v.malformed("签名属性重复", "a signed attribute comes twice");
      found.set(name.oid(), all[0]);
    }
    return found;
  }

  /** The first ESSCertIDv2, or ESSCertID: which certificate the signer says it signed with (RFC 5816, 2.2.1). */
  function namedCertificate(found) {
    const attribute = found.get(SIGNING_CERTIFICATE_V2) || found.get(SIGNING_CERTIFICATE);
    if (!attribute) return v.malformed("缺少签名证书标识", "it does not say which certificate signed it");
    const reader = v.first(v.first(attribute.is(0x30))).is(0x30).reader();
    if (!found.has(SIGNING_CERTIFICATE_V2)) return { hash: v.sha1, digest: reader.next().octets() };
    const algorithm = reader.optional(0x30);
    const hash = v.hashByOid(algorithm ? v.first(algorithm).oid() : v.SHA256_OID);
    return { hash, digest: reader.next().octets() };
  }

  /** @param {Uint8Array} bytes DER of a TimeStampToken @returns what it says, and how to check who said it */
  v.token = function (bytes) {
    const [type, content] = v.parts(v.der(bytes), 2);
    if (type.oid() !== SIGNED_DATA) v.malformed("不是时间戳", "not a timestamp token");
    const reader = content.is(0xa0).inner().is(0x30).reader();
    if (reader.next().small() !== 3) v.malformed("不是时间戳", "not a timestamp token"); // RFC 5652, 5.1
    const digests = reader.next(0x31).children().map((one) => v.first(one.is(0x30)).oid());
    const [contentType, octets] = v.parts(reader.next(), 2);
    if (contentType.oid() !== TST_INFO) v.malformed("不是时间戳", "not a timestamp token");
    const said = octets.is(0xa0).inner().octets();
    const certificates = reader.optional(0xa0);
    reader.optional(0xa1);
    const signers = reader.next(0x31).children();
    reader.end();
    if (signers.length !== 1) v.malformed("时间戳应有且仅有一个签名", "a token has one signature");
    const signer = signers[0].is(0x30).reader();
    const version = signer.next().small();
    const id = signer.next();
    if (version !== (id.tag === 0x30 ? 1 : 3)) v.malformed("签名者信息格式不符", "a signer of another form"); // RFC 5652, 5.3
    const digest = v.first(signer.next(0x30)).oid();
    if (!digests.includes(digest)) v.malformed("散列算法前后不一", "a hash that was not announced");
    const signed = signer.next(0xa0);
    const algorithm = signer.next(0x30);
    const signature = signer.next().octets();
    const found = attributes(signed);
    const kind = found.get(CONTENT_TYPE), told = found.get(MESSAGE_DIGEST);
    if (!kind || kind.oid() !== TST_INFO || !told || !v.same(told.octets(), v.hashByOid(digest)(said)))
      v.malformed("签名内容与时间戳不符", "what is signed is another content");
    return {
      ...info(said), digest, algorithm, signature, id,
      message: v.concat(Uint8Array.of(0x31), signed.raw.subarray(1)), // RFC 5652, 5.4: signed as a SET OF
      named: namedCertificate(found),
      certificates: certificates ? certificates.children().filter((one) => one.tag === 0x30).map((one) => one.raw) : [],
    };
  };

  /** Is this the certificate that the token's SignerIdentifier means (RFC 5652, 5.3)? */
  function isSigner(id, certificate) {
    if (id.tag === 0x30) {
      const [issuer, serial] = v.parts(id, 2);
      return v.same(issuer.raw, certificate.issuer) && v.toHex(serial.is(0x02).body) === certificate.serial;
    }
    const named = certificate.extensions.get(SUBJECT_KEY);
    return id.tag === 0x80 && named !== undefined && v.same(v.der(named.value).octets(), id.body);
  }

  /** Certificates that nobody signed with the token, because they stand beside what is signed: each is one of a known issuer. */
  function strays(token, known) {
    const found = token.certificates.map(v.certificate);
    const all = [...known, ...found];
    const fits = (one) => known.some((other) => v.same(other.raw, one.raw)) || all.some((other) => v.issuedBy(one, other));
    if (!found.every(fits)) v.malformed("时间戳中有一张证书被改动，或与其无关", "a certificate in it was changed, or is none of its own");
    return found;
  }

  /** Check a token. The root that comes with a token is never believed: only `roots` are.
   * @param {Uint8Array} bytes @param {Uint8Array} imprint @param {Uint8Array[]} chain DER @param {Uint8Array[]} roots DER
   * @param {{kind: string, bytes: Uint8Array, where: string}[]} revocation
   * @param {string} folder that it lies in
   * @returns {{time: number, root: string, revocation: boolean}} when; SHA-256 of the root; was each certificate's revocation seen */
  v.checkToken = function (bytes, imprint, chain, roots, revocation, folder) {
    const [place, where] = [folder + "token.der", folder + "chain.pem"];
    const token = v.within("timestamp_wrong", undefined, () => v.token(bytes));
    if (!v.same(token.imprint, imprint))
      throw new v.Wrong("timestamp_wrong", ["时间戳针对的是其他内容", "it is over something else"]);
    const given = [...chain, ...token.certificates];
    const leaf = given.find((one) => v.same(token.named.hash(one), token.named.digest));
    if (!leaf) throw new v.Wrong("timestamp_chain", ["缺少签发时间戳的证书", "the certificate that signed it is not here"], where);
    const holds = v.within("timestamp_wrong", undefined, () => isSigner(token.id, v.certificate(leaf)) && v.signatureHolds(v.certificate(leaf).key, token.algorithm, token.signature, token.message, token.digest));
    if (!holds) throw new v.Wrong("timestamp_wrong", ["时间戳的签名不成立", "its signature is wrong"]);
    return v.within("timestamp_chain", where, () => {
      const signer = v.certificate(leaf);
      const anchors = roots.map(v.certificate);
      if (!v.mayStamp(signer)) v.malformed("该证书不得用于签发时间戳", "its certificate may not stamp");
      const kept = chain.map(v.certificate);
      const others = v.within("timestamp_wrong", place, () => strays(token, [...kept, ...anchors]));
      const path = v.chainTo(signer, [...kept, ...others], anchors, token.time);
      if (path && !v.chainInOrder(kept, signer, anchors)) v.malformed("证书链的顺序或内容不符", "the chain beside it is not the signer's own, in order");
      if (!path) v.malformed("证书在当时不能追溯到根证书", "its certificate did not lead to the root at that time");
      return { time: token.time, root: v.toHex(v.sha256(path[path.length - 1].raw)), revocation: v.checkRevocation(path, revocation, token.time) };
    });
  };
})((self.muniment = self.muniment || {}));
