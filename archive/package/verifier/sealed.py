"""The bag and its seal: every file against its manifest, the manifest against `package.made`, that against the ledger.

Holds: whoever makes all manifests anew is found, because `package.made` names the payload manifest and the tag files
that nothing else proves, and is itself proven by a signed checkpoint.
"""

from __future__ import annotations

from re import compile as regex
from typing import Any

from archive.package.verifier.bag import (
    BAG_INFO,
    BAGIT,
    MANIFEST,
    TAG_MANIFEST,
    BagError,
    check_declaration,
    parse_manifest,
    payload_oxum,
)
from archive.package.verifier.consistency import consistency_path
from archive.package.verifier.contents import (
    CHECKPOINT,
    ENTRIES,
    SEAL,
    SEAL_PROOF,
    SEALED_TAGS,
    Contents,
)
from archive.package.verifier.entries import EntryError, PackedEntry, parse_entry, parse_lines
from archive.package.verifier.found import VerifierError, sentence
from archive.package.verifier.merkle import ProofError, check_inclusion, parse_proof
from archive.package.verifier.notes import NoteError, parse_checkpoint, parse_note
from archive.package.verifier.places import PAYLOAD, asked_authorities
from archive.package.verifier.reading import PackageFileError

_MOST_MANIFEST = 64 << 20
MOST_ENTRIES = 1 << 30
_MOST_NOTE_FILE = 1_000_000
_STAMP_FILE = regex(
    r"proofs/timestamps/([A-Za-z0-9.-]+)/(token\.der|chain\.pem|revocation-(?:0|[1-9][0-9]{0,18})\.(?:crl|ocsp))"
)
_PROOF_FILE = regex(r"proofs/[0-9]+\.tlog-proof")
_CONSISTENCY_FILE = regex(r"proofs/[0-9]+\.consistency")


def hash_everything(contents: Contents) -> None:
    """The digest of every file, the large ones too, each read once."""
    files = contents.source.files
    total, done = sum(files.values()), 0
    for path in sorted(files):
        contents.watch.reading(done, total, path)

        def tell(count: int, path: str = path) -> None:
            nonlocal done
            done += count
            contents.watch.reading(done, total, path)

        try:
            digest, length = contents.source.digest(path, tell)
        except PackageFileError as e:
            contents.found("file_changed", path, e)
            continue
        contents.digests[path] = digest
        contents.counted.bytes += length


def check_bag(contents: Contents) -> None:
    """bagit.txt, bag-info.txt, manifests; the payload against its manifest."""
    payload = {p: s for p, s in contents.source.files.items() if p.startswith("data/")}
    try:
        if (data := contents.read(BAGIT)) is not None:
            check_declaration(data)
    except BagError as e:
        contents.found("bag_malformed", BAGIT, e)
    try:
        if (data := contents.read(BAG_INFO)) is not None:
            _check_oxum(contents, payload_oxum(data), (sum(payload.values()), len(payload)))
    except BagError as e:
        contents.found("bag_malformed", BAG_INFO, e)
    contents.manifest = _manifest(contents, MANIFEST)
    contents.tag_manifest = _manifest(contents, TAG_MANIFEST)
    for path in sorted({*contents.manifest, *PAYLOAD} - set(payload)):
        contents.found("file_missing", path, sentence("file.missing"))
    if not contents.manifest:
        return
    for path in sorted(payload):
        if path not in contents.manifest:
            contents.found("file_extra", path, sentence("file.extra", manifest=MANIFEST))
        elif contents.digests.get(path) != contents.manifest[path]:
            contents.found("file_changed", path, sentence("file.changed", manifest=MANIFEST))


def _check_oxum(contents: Contents, said: tuple[int, int], true: tuple[int, int]) -> None:
    if said != true:
        text = f"{said[0]}.{said[1]}"
        wrong = sentence("bag.payload", said=text, bytes=true[0], files=true[1])
        contents.found("bag_malformed", BAG_INFO, wrong)


def _manifest(contents: Contents, path: str) -> dict[str, str]:
    data = contents.read(path, _MOST_MANIFEST)
    if data is None:
        return {}
    try:
        return parse_manifest(data, payload=path == MANIFEST)
    except BagError as e:
        contents.found("bag_malformed", path, e)
        return {}


def _read_seal(contents: Contents) -> None:
    """`package.made` and the checkpoint over it: their form, and that the one is in the other."""
    data = contents.read(CHECKPOINT, _MOST_NOTE_FILE)
    if data is not None:
        try:
            contents.note = parse_note(data)
            contents.checkpoint = parse_checkpoint(contents.note)
        except NoteError as e:
            contents.found("checkpoint_signature", CHECKPOINT, e)
    raw, proof_bytes = contents.read(SEAL), contents.read(SEAL_PROOF)
    if raw is None:
        return
    proof = None
    try:
        proof = None if proof_bytes is None else parse_proof(proof_bytes)
    except ProofError as e:
        contents.found("proof_wrong", SEAL_PROOF, e)
    try:
        contents.seal = parse_entry(proof.index if proof else 2**53, raw)
    except EntryError as e:
        contents.found("entry_malformed", SEAL, e)
        return
    if proof is None:
        return
    try:
        checkpoint = parse_checkpoint(proof.note)
        check_inclusion(
            contents.seal.leaf, proof.index, checkpoint.size, proof.path, checkpoint.root
        )
    except (NoteError, ProofError) as e:
        # One of the two was changed; nothing outside them says which.
        contents.found("proof_wrong", SEAL_PROOF, e)
        contents.found("proof_wrong", SEAL, e)
        return
    if contents.note is not None and proof.note.raw != contents.note.raw:
        contents.found("proof_wrong", SEAL_PROOF, sentence("proof.other_checkpoint"))


def check_seal(contents: Contents) -> None:
    """`package.made` names this payload manifest and these tag files."""
    _read_seal(contents)
    seal = contents.seal
    if seal is None:
        return
    if seal.type != "package.made":
        contents.found("seal_broken", SEAL, sentence("seal.type", type=seal.type))
        return
    _check_seal_form(contents, seal)
    manifest = contents.digests.get(MANIFEST)
    contents.payload_sealed = manifest is not None and manifest == seal.data.get("manifest")
    if manifest is not None and not contents.payload_sealed:
        contents.found("seal_broken", MANIFEST, sentence("seal.manifest"))
    sizes = [s for p, s in contents.source.files.items() if p.startswith("data/")]
    if (seal.data.get("files"), seal.data.get("bytes")) != (len(sizes), sum(sizes)):
        contents.found("seal_broken", SEAL, sentence("seal.counts"))
    if contents.payload_sealed:
        contents.vouched.add(MANIFEST)
    tags: Any = seal.data.get("tags")
    for path in SEALED_TAGS:
        named = tags.get(path) if isinstance(tags, dict) else None
        there = contents.digests.get(path)
        if named is None:
            contents.found("seal_broken", path, sentence("seal.tag"))
        elif there is not None and there != named:
            contents.found("verifier_differs", path, sentence("seal.other_tag"))
        elif there is not None:
            contents.vouched.add(path)


def _check_seal_form(contents: Contents, seal: PackedEntry) -> None:
    """`format` 1, `clips` a number, `asked` a list of names without one twice."""
    asked, names = seal.data.get("asked"), asked_authorities(contents)
    if (
        [type(seal.data.get(n)) for n in ("format", "clips", "files", "bytes")] != [int] * 4
        or seal.data["format"] != 1
        or asked != names
        or len(set(names)) != len(names)
    ):
        contents.found("seal_broken", SEAL, sentence("seal.form"))
    for name in names:
        if not contents.has(f"proofs/timestamps/{name}/token.der"):
            contents.not_checked.append(sentence("not.asked", authority=name))


def check_tag_files(contents: Contents) -> None:
    """Tag files: those that have to be here are, nothing else is, and the tag manifest says so.

    Called last: who is to blame, the file or the manifest, depends on whether the file proved itself.
    """
    there = {p for p in contents.source.files if not p.startswith("data/")}
    needed = {*SEALED_TAGS, MANIFEST, TAG_MANIFEST, SEAL, CHECKPOINT, SEAL_PROOF}
    indexes, whole = _indexes(contents)
    needed |= {f"proofs/{index}.tlog-proof" for index in indexes}
    needed |= {consistency_path(size) for size in contents.older}
    optional = {p for p in there if _has_place(contents, p, whole)}
    stamped = {m[1] for m in map(_STAMP_FILE.fullmatch, optional) if m}
    needed |= {f"proofs/timestamps/{a}/{f}" for a in stamped for f in ("token.der", "chain.pem")}
    for path in sorted(needed - there):
        contents.found("file_missing", path, sentence("file.missing"))
    for path in sorted(there - needed - optional):
        contents.found("file_extra", path, sentence("file.no_place"))
    listed = contents.tag_manifest
    if not listed:
        return
    for path in sorted(set(listed) - there):
        if path in needed or _STAMP_FILE.fullmatch(path):
            contents.found("file_missing", path, sentence("file.missing"))
        else:
            contents.found("bag_malformed", TAG_MANIFEST, sentence("bag.names", path=path))
    for path in sorted(there - {TAG_MANIFEST}):
        if path not in listed:
            if path in needed or path in optional:
                contents.found("bag_malformed", TAG_MANIFEST, sentence("bag.not_named", path=path))
        elif listed[path] != contents.digests.get(path):
            _blame(contents, path)


def _has_place(contents: Contents, path: str, whole: bool) -> bool:
    """Whether a tag file may be here, though nothing needs it."""
    if match := _STAMP_FILE.fullmatch(path):
        return contents.seal is None or match[1] in asked_authorities(contents)
    if _CONSISTENCY_FILE.fullmatch(path):
        return not contents.older_known
    return not whole and _PROOF_FILE.fullmatch(path) is not None


def _blame(contents: Contents, path: str) -> None:
    said = sentence("file.changed", manifest=TAG_MANIFEST)
    if path in contents.vouched:  # the seal says that the file is right
        contents.found("bag_malformed", TAG_MANIFEST, sentence("bag.digest", path=path))
        return
    proven = not contents.findings.at(path)
    contents.found("file_changed", path, said)
    if proven and path.startswith("proofs/"):
        contents.found("bag_malformed", TAG_MANIFEST, sentence("bag.digest", path=path))


def _indexes(contents: Contents) -> tuple[list[int], bool]:
    """Of every line of entries.jsonl, also of one that is no entry; and whether all lines could be read."""
    data = contents.read(ENTRIES, MOST_ENTRIES)
    found = []
    try:
        for index, _ in parse_lines(data or b""):
            found.append(index)
    except VerifierError:  # said where the lines are read
        return found, False
    return found, data is not None
