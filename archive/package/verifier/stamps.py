"""Outside time: every token over its checkpoint, its certificate up to a root, what it dates. And the witnesses.

Holds: a token counts for `existed_by` only where nothing at all was found about it and, where roots were given,
where it leads to one of those.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from re import compile as regex
from typing import Any

from archive.package.verifier.clips import INGESTED
from archive.package.verifier.contents import (
    CHECKPOINT,
    ENTRIES,
    PACKAGE,
    WITNESS_KEYS,
    Contents,
    Stamp,
)
from archive.package.verifier.der import DerError
from archive.package.verifier.entries import PackedEntry
from archive.package.verifier.found import sentence
from archive.package.verifier.ledger import check_signed
from archive.package.verifier.merkle import ProofError, check_inclusion, parse_proof
from archive.package.verifier.notes import (
    Checkpoint,
    Note,
    NoteError,
    cosigned_by,
    parse_checkpoint,
    parse_note,
    parse_vkeys,
)
from archive.package.verifier.revocation import (
    RevocationDataError,
    RevokedError,
    Spoken,
    check_not_revoked,
)
from archive.package.verifier.tokens import (
    Token,
    TokenError,
    check_imprint,
    check_token_signature,
    parse_token,
)
from archive.package.verifier.x509 import (
    Certificate,
    ChainError,
    check_may_stamp,
    is_issued_by,
    parse_pem,
    path_to_root,
)

EMBEDDED = "embedded"  # the name of the agency's own authority
_FOLDERS = regex(r"(data/timestamps/([1-9][0-9]{0,18})-|proofs/timestamps/)([A-Za-z0-9.-]+)/[^/]+")
_REVOCATION = regex(r"/revocation-[0-9]+\.(crl|ocsp)")
_PROOF_NAME = regex(r"([0-9]+)\.tlog-proof")


def stamp_folders(contents: Contents) -> list[tuple[str, str, int | None]]:
    """Folders with a token: path, authority, and the size of the stamped checkpoint where the name has it."""
    found = {}
    for path in contents.source.files:
        match = _FOLDERS.fullmatch(path)
        if match:
            folder = path.rpartition("/")[0]
            found[folder] = (folder, match[3], int(match[2]) if match[2] else None)
    return [found[folder] for folder in sorted(found)]


def check_stamp(contents: Contents, folder: str, authority: str, size: int | None) -> None:
    """One folder with a token."""
    before = contents.findings.noted
    if (data := contents.read(f"{folder}/token.der")) is None:
        return
    contents.counted.timestamps += 1
    try:
        token = parse_token(data)
    except (TokenError, DerError) as e:
        contents.found("timestamp_wrong", f"{folder}/token.der", e)
        return
    stamped, dates = (
        (contents.note, {str(c["clip"]) for c in contents.clips()})
        if size is None
        else _earlier(contents, folder, (authority, size), token)
    )
    if stamped is None:
        return
    try:
        check_imprint(token, sha256(stamped.text).digest())
    except TokenError as e:
        contents.found("timestamp_wrong", f"{folder}/token.der", e)
        return
    pinned = _check_stamp_signer(contents, folder, authority, token)
    forked = size is not None and f"{folder}/checkpoint" in contents.forked
    if contents.findings.noted == before and not forked:
        own = authority == EMBEDDED
        over = contents.checkpoint.size if size is None and contents.checkpoint else size or 0
        time = _instant(token), token.time
        contents.stamps.append(Stamp(*time, folder, over, authority, own, pinned, dates))


def _instant(token: Token) -> str:
    return token.time.isoformat().replace("+00:00", "Z")


def _earlier(
    contents: Contents, folder: str, named: tuple[str, int], token: Token
) -> tuple[Note | None, set[str]]:
    """The checkpoint that was stamped before the package was made, and the clips that it dates."""
    where = f"{folder}/checkpoint"
    if (data := contents.read(where)) is None:
        return None, set()
    try:
        note = parse_note(data)
        checkpoint = parse_checkpoint(note)
    except NoteError as e:
        contents.found("checkpoint_signature", where, e)
        return None, set()
    check_signed(contents, note, checkpoint, where)
    if checkpoint.size != named[1]:
        contents.found("package_differs", where, sentence("package.says", what="size"))
    dates = _dated(contents, folder, note, checkpoint)
    entry = _stamp_entry(contents, folder, named, dates)
    if entry is None:
        return note, dates
    if entry.data.get("root") != checkpoint.root.hex():
        contents.found("timestamp_wrong", where, sentence("token.entry"))
    if str(entry.data.get("time"))[:19] != _instant(token)[:19]:  # to the second
        contents.found("timestamp_wrong", f"{folder}/token.der", sentence("token.entry"))
    return note, dates


def _tokens_listed(contents: Contents) -> list[dict[str, Any]]:
    """What package.json says of tokens."""
    listed = contents.package.get("timestamps")
    return [r for r in listed if isinstance(r, dict)] if isinstance(listed, list) else []


def check_listed_stamps(contents: Contents) -> None:
    """Each token that package.json lists is here."""
    for row in _tokens_listed(contents):
        path = f"{str(row.get('folder')).rstrip('/')}/token.der"
        if not contents.has(path):
            contents.found("file_missing", path, sentence("file.missing"))


def _stamp_entry(
    contents: Contents, folder: str, named: tuple[str, int], dates: set[str]
) -> PackedEntry | None:
    """The `checkpoint.timestamped` of a folder; what lies there is what it names."""
    row = next(
        (r for r in _tokens_listed(contents) if str(r.get("folder")).rstrip("/") == folder), None
    )
    index = None if row is None else row.get("entry")
    entry = contents.entries.get(index) if isinstance(index, int) else None
    if row is None or entry is None or entry.type != "checkpoint.timestamped":
        contents.found("package_differs", PACKAGE, sentence("package.says", what="timestamps"))
        return None
    said = row.get("dates")
    if not isinstance(said, list) or {str(clip) for clip in said} != dates:
        contents.found("package_differs", PACKAGE, sentence("package.says", what="dates"))
    for what in ("authority", "own", "time", "size", "root"):
        said_of, true = row.get(what), entry.data.get(what)
        if said_of != true or type(said_of) is not type(true):
            contents.found("package_differs", PACKAGE, sentence("package.says", what=what))
    if (entry.data.get("authority"), entry.data.get("size")) != named:
        contents.found("package_differs", PACKAGE, sentence("package.says", what="folder"))
    for what, file in (
        ("token", "token.der"),
        ("chain", "chain.pem"),
        ("checkpoint", "checkpoint"),
    ):
        _compare(contents, entry.data.get(what), f"{folder}/{file}")
    return entry


def _compare(contents: Contents, named: Any, path: str) -> None:
    digest = named.get("object") if isinstance(named, dict) else None
    if contents.has(path) and contents.digests.get(path) != digest:
        contents.found("timestamp_wrong", path, sentence("token.entry"))


def _dated(contents: Contents, folder: str, note: Note, checkpoint: Checkpoint) -> set[str]:
    """The clips whose `clip.ingested` is proven to be in the stamped checkpoint."""
    dates = set()
    for path in contents.files_in(folder):
        match = _PROOF_NAME.fullmatch(path.rpartition("/")[2])
        if not match:
            continue
        entry = contents.entries.get(int(match[1])) if len(match[1]) < 20 else None
        data = contents.read(path)
        try:
            _check_dating(entry, data or b"", note, checkpoint)
        except ProofError as e:
            contents.found("proof_wrong", path, e)
            if not contents.is_sealed(ENTRIES):
                contents.found("proof_wrong", ENTRIES, e)
            continue
        if entry is not None:
            dates.add(entry.subject)
    return dates


def _check_dating(
    entry: PackedEntry | None, data: bytes, note: Note, checkpoint: Checkpoint
) -> None:
    """Raises ProofError: the proof does not show this `clip.ingested` in this checkpoint."""
    proof = parse_proof(data)
    if entry is None or (entry.type, entry.count) != (INGESTED, 1) or proof.index != entry.index:
        raise ProofError("proof.other_index", index=proof.index)
    if proof.note.raw != note.raw:
        raise ProofError("proof.other_checkpoint")
    check_inclusion(entry.leaf, proof.index, checkpoint.size, proof.path, checkpoint.root)


def _certificates_of(
    contents: Contents, folder: str, authority: str
) -> tuple[list[Certificate], list[Certificate]]:
    """Chain and roots. A finding, and nothing, where one cannot be read."""
    found: list[list[Certificate]] = []
    for path in (f"{folder}/chain.pem", f"data/keys/{authority}.pem"):
        data = contents.read(path)
        try:
            found.append(parse_pem(data or b"", strict=True))
        except DerError as e:
            contents.found("timestamp_chain", path, e)
            found.append([])
    return found[0], found[1]


def _check_stamp_signer(contents: Contents, folder: str, authority: str, token: Token) -> bool:
    """Who signed a token, and that they might; whether they lead to a root that was given."""
    where = f"{folder}/token.der"
    chain, roots = _certificates_of(contents, folder, authority)
    if not chain or not roots:
        return False
    try:
        check_token_signature(token, chain[0])
    except (TokenError, DerError) as e:
        contents.found("timestamp_wrong", where, e)
        if not any(c.raw == chain[0].raw for c in token.certificates):
            contents.found("timestamp_wrong", f"{folder}/chain.pem", e)
        return False
    pool = [*chain[1:], *token.certificates]
    _check_strays(contents, folder, pool, [*chain, *roots])
    pinned = False
    try:
        check_may_stamp(chain[0])
        path = path_to_root(chain[0], pool, roots, token.time)
        for certificate in chain[1:]:
            _check_on_the_way(certificate, chain, pool, roots, token)
        pinned = _leads_to_pinned(contents, chain[0], pool, token)
    except (ChainError, DerError) as e:
        contents.found("timestamp_chain", f"{folder}/chain.pem", e)
        return False
    _check_revocation(contents, folder, authority, path, token)
    return pinned


def _check_on_the_way(
    certificate: Certificate,
    chain: Sequence[Certificate],
    pool: Sequence[Certificate],
    roots: Sequence[Certificate],
    token: Token,
) -> None:
    """Raises ChainError, DerError: it issued none of the others, or leads to no root."""
    if not any(is_issued_by(c, certificate) for c in chain if c.raw != certificate.raw):
        raise ChainError("chain.stray")
    if not any(certificate.raw == root.raw for root in roots):
        path_to_root(certificate, pool, roots, token.time)


def _leads_to_pinned(
    contents: Contents, leaf: Certificate, pool: Sequence[Certificate], token: Token
) -> bool:
    if not contents.pins.roots:
        return False
    try:
        path_to_root(leaf, pool, contents.pins.roots, token.time)
    except ChainError:
        return False
    return True


def _check_strays(
    contents: Contents, folder: str, strays: Sequence[Certificate], known: Sequence[Certificate]
) -> None:
    """Certificates that nothing signs, because they stand beside what is signed: each is one of a known issuer."""
    for certificate in strays:
        if certificate.raw != known[0].raw and not any(
            is_issued_by(certificate, other) for other in (*known, *strays)
        ):
            contents.found("timestamp_wrong", f"{folder}/token.der", sentence("token.stray"))


def _check_revocation(
    contents: Contents, folder: str, authority: str, path: Sequence[Certificate], token: Token
) -> None:
    """Every list and answer is one of the path's issuers; none of them says that it was revoked."""
    pairs = list(zip(path, path[1:]))
    spoken: set[int] = set()
    for file in contents.files_in(folder):
        match = _REVOCATION.fullmatch(file[len(folder) :])
        if not match:
            continue
        data, used, wrong = contents.read(file) or b"", False, sentence("revoked.other")
        for number, (certificate, issuer) in enumerate(pairs):
            try:
                said = check_not_revoked(certificate, issuer, match[1], data, token.time)
            except RevokedError as e:
                contents.found("timestamp_revoked", f"{folder}/token.der", e)
                said = Spoken(for_issuer=True, about=True)
            except (RevocationDataError, DerError) as e:
                wrong = e.sentence
                continue
            used = used or said.for_issuer
            spoken |= {number} if said.about else set()
        if not used:
            contents.found("timestamp_wrong", file, wrong)
    if 0 not in spoken:
        contents.not_checked.append(sentence("not.revocation", authority=authority))


def check_pinned_roots(contents: Contents) -> None:
    """Where roots were given, at least one good token leads to one of them."""
    if contents.pins.roots and not any(s.pinned for s in contents.stamps):
        contents.found("timestamp_chain", "proofs/timestamps", sentence("chain.not_pinned"))
    for stamp in contents.stamps:
        if contents.pins.roots and not stamp.pinned:
            said = sentence("not.authority", authority=stamp.authority)
            if said not in contents.not_checked:
                contents.not_checked.append(said)


def check_witnesses(contents: Contents) -> None:
    """Cosignatures on proofs/checkpoint: those of the listed witnesses hold, and there are enough."""
    data, note = contents.read(WITNESS_KEYS), contents.note
    try:
        keys = [] if data is None else parse_vkeys(data)
    except NoteError as e:
        contents.found("cosignature_wrong", WITNESS_KEYS, e)
        keys = []
    if note is None:
        return
    good: set[tuple[str, bytes]] = set()
    for key in [*keys, *contents.pins.witnesses]:
        if (key.name, key.key) in good:
            continue
        cosigned = cosigned_by(note, key)
        contents.counted.signatures += cosigned is not None
        if cosigned is False:
            said = sentence("witness.wrong", name=key.name)
            contents.found("cosignature_wrong", CHECKPOINT, said)
        elif cosigned:
            good.add((key.name, key.key))
    policy: Any = contents.package.get("witnesses")
    quorum = policy.get("quorum") if isinstance(policy, dict) else 0
    listed = len({key.key for key in keys if (key.name, key.key) in good})  # whatever their names
    if type(quorum) is int and listed < quorum:
        said = sentence("witness.quorum", found=listed, quorum=quorum)
        contents.found("quorum_missing", CHECKPOINT, said)
    for key in contents.pins.witnesses:
        if (key.name, key.key) not in good:
            contents.found(
                "witness_missing", CHECKPOINT, sentence("witness.missing", vkey=key.vkey)
            )
