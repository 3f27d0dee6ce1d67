// Merkle trees of RFC 6962, section 2.1: leaf and node hashes, and where an inclusion proof leads.
(function (v) {
  "use strict";

  const LEAF = Uint8Array.of(0);
  const NODE = Uint8Array.of(1);

  /** @param {Uint8Array} entry its exact bytes @returns {Uint8Array} */
  v.leafHash = (entry) => v.sha256(LEAF, entry);

  /** @param {Uint8Array} left @param {Uint8Array} right @returns {Uint8Array} */
  v.nodeHash = (left, right) => v.sha256(NODE, left, right);

  /** The root that a proof leads to (RFC 9162, 2.1.3.2); malformed where its length is another tree's.
   * Numbers are exact: sizes are at most 2^53 - 1.
   * @param {number} index @param {number} size @param {Uint8Array} leaf @param {Uint8Array[]} proof from the leaf up
   * @returns {Uint8Array} */
  v.rootFromProof = function (index, size, leaf, proof) {
    const refuse = () => v.malformed("证明的长度与树不符", "the proof is of another length than the tree's");
    if (index >= size) v.malformed("序号超出检查点", "the index is beyond the checkpoint");
    let node = BigInt(index);
    let last = BigInt(size) - 1n;
    let hash = leaf;
    for (const beside of proof) {
      if (last === 0n) refuse();
      if (node & 1n || node === last) {
        hash = v.nodeHash(beside, hash);
        while (!(node & 1n) && node !== 0n) {
          node >>= 1n;
          last >>= 1n;
        }
      } else {
        hash = v.nodeHash(hash, beside);
      }
      node >>= 1n;
      last >>= 1n;
    }
    if (last !== 0n) refuse();
    return hash;
  };
})((self.muniment = self.muniment || {}));
