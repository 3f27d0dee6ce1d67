"""The part of the ledger that a package carries: keys and their history, signatures of checkpoints, proofs, links.

Holds: an entry counts only where its bytes are in the tree of proofs/checkpoint; a key counts only where the one
before it said so (docs/formats/ledger.md, "Keys").
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from archive.package.verifier.contents import (
    CHECKPOINT,
    CITED,
    ENTRIES,
    LEDGER_KEYS,
    TEXTS,
    Contents,
    KeyTime,
)
from archive.package.verifier.ed25519 import ed25519_verify
from archive.package.verifier.entries import (
    EntryError,
    PackedEntry,
    named_rows,
    parse_entry,
    parse_json,
    parse_lines,
    text_rows,
)
from archive.package.verifier.found import Sentence, sentence
from archive.package.verifier.merkle import (
    InclusionProof,
    ProofError,
    check_inclusion,
    parse_proof,
)
from archive.package.verifier.notes import (
    NOTE_ED25519,
    Checkpoint,
    Note,
    NoteError,
    NoteKey,
    canonical_base64,
    parse_checkpoint,
    parse_note,
    parse_vkeys,
    signed_by,
)
from archive.package.verifier.sealed import MOST_ENTRIES


def read_entries(contents: Contents) -> None:
    """Entries and text rows: their form, and that the ones name the others."""
    data = contents.read(ENTRIES, MOST_ENTRIES)
    try:
        for index, raw in parse_lines(data or b""):
            try:
                contents.entries[index] = parse_entry(index, raw)
                contents.counted.entries += 1
            except EntryError as e:
                said = sentence("entry.wrong", index=index, why=e.sentence)
                contents.found("entry_malformed", ENTRIES, said)
    except EntryError as e:
        contents.found("entry_malformed", ENTRIES, e)
    if (data := contents.read(TEXTS, MOST_ENTRIES)) is None:
        return
    try:
        contents.rows = text_rows(data)
    except EntryError as e:
        contents.found("text_changed", TEXTS, e)
    named = {row for entry in contents.entries.values() for row in named_rows(entry.data)}
    for index, entry in contents.entries.items():
        if any(row not in contents.rows for row in named_rows(entry.data)):
            contents.found("text_changed", TEXTS, sentence("text.missing", index=index))
    if set(contents.rows) - named:
        contents.found("text_changed", TEXTS, sentence("text.extra"))


def check_proofs(contents: Contents) -> None:
    """Each entry is in the tree of proofs/checkpoint."""
    others = 0
    for index, entry in contents.entries.items():
        path = f"proofs/{index}.tlog-proof"
        if (data := contents.read(path)) is None:
            continue
        try:
            proof = _proof_of(index, data, contents.note)
            checkpoint = parse_checkpoint(proof.note)
        except (ProofError, NoteError) as e:
            contents.found("proof_wrong", path, e)
            continue
        try:
            check_inclusion(entry.leaf, index, checkpoint.size, proof.path, checkpoint.root)
        except ProofError as e:
            contents.found("proof_wrong", path, e)
            if not contents.is_sealed(ENTRIES):
                contents.found("proof_wrong", ENTRIES, sentence("proof.entry", index=index))
            continue
        if contents.note is not None and proof.note.raw != contents.note.raw:
            others += 1
            contents.found("proof_wrong", path, sentence("proof.other_checkpoint"))
    if others and others == len(contents.entries):
        contents.found("proof_wrong", CHECKPOINT, sentence("proof.all_others"))


def _proof_of(index: int, data: bytes, known: Note | None) -> InclusionProof:
    """Raises ProofError: malformed, or of another entry."""
    proof = parse_proof(data, known)
    if proof.index != index:
        raise ProofError("proof.other_index", index=proof.index)
    return proof


def check_links(contents: Contents) -> None:
    """Each entry names the entry before it, and the one before it about the same thing, where both are here."""
    for index, entry in contents.entries.items():
        before = contents.entries.get(index - 1)
        if (index == 0) != (entry.prev is None) or (before and before.leaf.hex() != entry.prev):
            contents.found("chain_broken", ENTRIES, sentence("chain.prev", index=index))
        earlier = None if entry.before is None else contents.entries.get(entry.before)
        if earlier is None:
            continue
        if (earlier.leaf.hex(), earlier.subject, earlier.count + 1) != (
            entry.before_leaf,
            entry.subject,
            entry.count,
        ):
            said = sentence("chain.subject", index=index)
            contents.found("subject_chain_broken", ENTRIES, said, entry.subject)


def check_keys(contents: Contents) -> None:
    """The ledger's keys: each came in by an entry, with the word of the one before it. Then who signed what."""
    data = contents.read(LEDGER_KEYS)
    try:
        keys = [] if data is None else parse_vkeys(data)
    except NoteError as e:
        contents.found("key_history", LEDGER_KEYS, e)
        return
    if data is not None and (not keys or any(k.kind != NOTE_ED25519 for k in keys)):
        contents.found("key_history", LEDGER_KEYS, sentence("note.vkey"))
        return
    contents.keys = keys
    contents.key_times = [_key_time(contents, key) for key in keys]
    vouched = [_came_in(contents, position) for position in range(len(keys))]
    for position in range(len(keys)):
        _check_retired(contents, position)
    if contents.note is not None and contents.checkpoint is not None:
        contents.signer = check_signed(contents, contents.note, contents.checkpoint, CHECKPOINT)
    _check_pinned(contents, vouched)
    _check_cited(contents)


def _key_time(contents: Contents, key: NoteKey) -> KeyTime:
    found = KeyTime()
    for entry in contents.entries.values():
        if entry.data.get("id") != key.id.hex():
            continue
        if (
            entry.type == "key.introduced"
            and entry.data.get("use") == "ledger"
            and _names(contents, entry, key)
        ):
            found.introduced = found.introduced or entry
        elif entry.type == "key.retired" and type(entry.data.get("from")) is int:
            limit = int(entry.data["from"])
            found.retired = entry.index if found.retired is None else found.retired
            found.compromised = found.compromised or entry.data.get("why") == "compromised"
            found.until = limit if found.until is None else min(found.until, limit)
    return found


def _names(contents: Contents, entry: PackedEntry, key: NoteKey) -> bool:
    """Whether this entry is about this key and not only about one with its id, which is 4 bytes."""
    public = entry.data.get("public")
    if public is not None:
        return bool(public == b64encode(bytes([key.kind]) + key.key).decode())
    rows = [contents.rows.get(row, b"{}") for row in named_rows(entry.data)]
    try:
        return any(parse_json(row).get("vkey") == key.vkey for row in rows)
    except EntryError:
        return False


def _came_in(contents: Contents, position: int) -> bool:
    """Whether a key came in as it has to; its place in the list is its age."""
    key, entry = contents.keys[position], contents.key_times[position].introduced
    if entry is None:
        contents.found("key_history", LEDGER_KEYS, sentence("key.no_entry", id=key.id.hex()))
        return False
    word = entry.data.get("before")
    if position == 0:
        if word is not None:
            contents.found("key_history", LEDGER_KEYS, sentence("key.not_first", id=key.id.hex()))
        return word is None
    before, earlier = contents.keys[position - 1], contents.key_times[position - 1].introduced
    message = f"muniment key 1\n{key.name}\n{key.vkey}\n".encode()
    if (
        not isinstance(word, dict)
        or word.get("id") != before.id.hex()
        or (earlier is not None and earlier.index >= entry.index)
        or not ed25519_verify(before.key, message, _signature(word))
    ):
        contents.found("key_history", LEDGER_KEYS, sentence("key.no_word", id=key.id.hex()))
        return False
    return True


def _check_retired(contents: Contents, position: int) -> None:
    """Whoever has a successor was retired, and is believed no further than the ledger went then."""
    key, time = contents.keys[position], contents.key_times[position]
    if time.retired is None or time.until is None:
        if position + 1 < len(contents.keys):
            contents.found("key_history", LEDGER_KEYS, sentence("key.not_retired", id=key.id.hex()))
        return
    newest = [] if contents.checkpoint is None else [contents.checkpoint.size]
    covering = [size for size in (*contents.older, *newest) if size > time.retired]
    if not covering:
        contents.not_checked.append(sentence("not.retired", id=key.id.hex()))
    elif time.until > min(covering):
        contents.found("key_history", LEDGER_KEYS, sentence("key.believed", id=key.id.hex()))


def _signature(word: dict[str, Any]) -> bytes:
    try:
        return canonical_base64(str(word.get("signature")))
    except NoteError:
        return b""


def check_signed(contents: Contents, note: Note, checkpoint: Checkpoint, where: str) -> int | None:
    """Which of the ledger's keys signed a checkpoint, and that it was in force; None, and a finding: none."""
    signed = [signed_by(note, key) for key in contents.keys]
    contents.counted.signatures += sum(answer is not None for answer in signed)
    if True not in signed or False in signed:
        key = "checkpoint.wrong" if False in signed else "checkpoint.nobody"
        contents.found("checkpoint_signature", where, sentence(key))
        return None
    signer = max(position for position, answer in enumerate(signed) if answer)
    wrong = _out_of_force(contents, signer, checkpoint)
    if wrong is not None:
        contents.found(wrong[0], where, wrong[1])
    return signer if wrong is None else None


def _out_of_force(
    contents: Contents, signer: int, checkpoint: Checkpoint
) -> tuple[str, Sentence] | None:
    """Why this key could not sign a checkpoint of this size: code and sentence."""
    key = contents.keys[signer]
    time = contents.key_times[signer]
    if key.name != checkpoint.origin:
        return "checkpoint_signature", sentence("checkpoint.origin")
    if time.introduced is not None and time.introduced.index >= checkpoint.size:
        return "checkpoint_signature", sentence("checkpoint.early")
    if time.until is not None and checkpoint.size > time.until:
        return "key_history", sentence("checkpoint.retired", id=key.id.hex())
    if not _in_force(contents, signer, checkpoint.size):
        return "checkpoint_signature", sentence("checkpoint.old_key")
    return None


def _in_force(contents: Contents, signer: int, size: int) -> bool:
    """A key without a last checkpoint of its own signs nothing once the next key is in the tree.

    Where `key.retired` names that last checkpoint, it was compared already.
    """
    if contents.key_times[signer].until is not None:
        return True
    newer = [time.introduced for time in contents.key_times[signer + 1 :]]
    return not any(entry is not None and entry.index < size for entry in newer)


def _check_pinned(contents: Contents, vouched: list[bool]) -> None:
    """One of the pinned keys is the signer's, or one from which the signer's came word by word."""
    signer, pins = contents.signer, {(pin.name, pin.key) for pin in contents.pins.ledger}
    if not pins:
        return
    places = [at for at, key in enumerate(contents.keys) if (key.name, key.key) in pins]
    leading = [
        at
        for at in places
        if signer is not None and at <= signer and all(vouched[at + 1 : signer + 1])
    ]
    for at in leading:  # the one nearest to the signer is the last
        if signer is not None and not any(
            time.compromised for time in contents.key_times[at : signer + 1]
        ):
            contents.trusted = at
    contents.disowned = bool(leading) and contents.trusted is None
    if not leading:
        contents.found("signer_not_pinned_key", LEDGER_KEYS, sentence("key.not_pinned"))


def _check_cited(contents: Contents) -> None:
    """data/ledger/checkpoint: signed, and the one that `package.made` cites."""
    data = contents.read(CITED)
    if data is None:
        return
    try:
        note = parse_note(data)
        cited = parse_checkpoint(note)
    except NoteError as e:
        contents.found("checkpoint_signature", CITED, e)
        return
    check_signed(contents, note, cited, CITED)
    cites = None if contents.seal is None else contents.seal.data.get("cites")
    if contents.seal is not None and cites != {"size": cited.size, "root": cited.root.hex()}:
        contents.found("seal_broken", CITED, sentence("seal.cites"))
    if contents.checkpoint is not None and cited.origin != contents.checkpoint.origin:
        contents.found("checkpoint_signature", CITED, sentence("checkpoint.origin"))
