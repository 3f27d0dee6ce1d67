// Bytes as text and back: hex, base64 in its one spelling, strict UTF-8, big numbers.
(function (v) {
  "use strict";

  const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));
  const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
  const encoder = new TextEncoder();

  /** @param {Uint8Array} bytes @returns {string} lower case */
  v.toHex = function (bytes) {
    let text = "";
    for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i]];
    return text;
  };

  /** @param {string} text lower-case hex of whole bytes @returns {Uint8Array} */
  v.fromHex = function (text) {
    if (text.length % 2 || !/^[0-9a-f]*$/.test(text)) v.malformed("不是小写十六进制", "not lower-case hex");
    const bytes = new Uint8Array(text.length / 2);
    for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.substr(2 * i, 2), 16);
    return bytes;
  };

  /** Standard base64 in its canonical spelling; anything else is malformed.
   * @param {string} text @returns {Uint8Array} */
  v.fromBase64 = function (text) {
    const refuse = () => v.malformed("base64 写法不规范", "not base64 in its one spelling");
    if (!BASE64.test(text)) refuse();
    const raw = atob(text);
    if (btoa(raw) !== text) refuse();
    return Uint8Array.from(raw, (c) => c.charCodeAt(0));
  };

  /** @param {Uint8Array} bytes @returns {string} malformed where it is not UTF-8 */
  v.fromUtf8 = function (bytes) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (e) {
      if (!(e instanceof TypeError)) throw e;
      return v.malformed("不是 UTF-8 文本", "not UTF-8");
    }
  };

  /** @param {string} text @returns {Uint8Array} */
  v.utf8 = (text) => encoder.encode(text);

  /** @param {...Uint8Array} parts @returns {Uint8Array} */
  v.concat = function (...parts) {
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };

  /** @param {Uint8Array} a @param {Uint8Array} b */
  v.same = function (a, b) {
    return a.length === b.length && a.every((byte, i) => byte === b[i]);
  };

  /** Big-endian. @param {Uint8Array} bytes @returns {bigint} */
  v.toInteger = (bytes) => (bytes.length ? BigInt("0x" + v.toHex(bytes)) : 0n);

  /** Big-endian, in so many bytes. @param {bigint} value @param {number} size @returns {Uint8Array} */
  v.fromInteger = (value, size) => v.fromHex(value.toString(16).padStart(2 * size, "0"));

  /** Certificates out of a PEM file, in its order. @param {string} text @returns {Uint8Array[]} */
  v.fromPem = function (text) {
    const found = [];
    for (const match of text.matchAll(/-----BEGIN CERTIFICATE-----([^-]{0,100000})-----END CERTIFICATE-----/g))
      found.push(v.fromBase64(match[1].replace(/\s+/g, "")));
    if (!found.length) v.malformed("没有 PEM 证书", "no PEM certificate");
    return found;
  };
})((self.muniment = self.muniment || {}));
