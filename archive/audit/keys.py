"""The keys folder and what was signed outside the entries file. Reads only, never shows a key."""

from __future__ import annotations

import base64
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from archive.audit.chain import LedgerFacts
from archive.audit.report import Code, Finding
from archive.durable import read_small
from archive.errors import MalformedNoteError
from archive.keys.errors import KeyHistoryError
from archive.keys.folder import KEY, RETIRED, VKEY, announced_keys, retired_keys
from archive.keys.history import KeyHistory
from archive.keys.loading import is_encrypted
from archive.ledger.merkle import HASH_SIZE
from archive.ledger.note import (
    Checkpoint,
    Ed25519KeySigner,
    Note,
    Verifier,
    parse_note,
    signed_by,
)

HIGHEST: Final = "keys/highest-signed"
CHECKPOINT: Final = "ledger/checkpoint"


@dataclass(slots=True)
class Signed:
    """What is known of the ledger beside its entries, read before them."""

    keys: tuple[Verifier, ...] = ()  # oldest first
    signer: Verifier | None = None  # of the published checkpoint
    highest: Checkpoint | None = None  # unsigned, but durable before each publication
    checkpoint: Checkpoint | None = None  # signed
    signatures: int = 0
    interrupted: int = 0  # changes of keys that the next writing command ends
    findings: list[Finding] = field(default_factory=list)

    @property
    def verifier(self) -> Verifier | None:
        """The newest key."""
        return self.keys[-1] if self.keys else None

    def known(self) -> list[Checkpoint]:
        """What the entries file has to reach."""
        return [c for c in (self.checkpoint, self.highest) if c is not None]


def read_signed(root: Path) -> Signed:
    """Read verifier key, published checkpoint and `highest-signed`, in this order.

    A publication writes `highest-signed` before the checkpoint and after the entries, so what is
    read later covers what was read before, however many publications lie between.

    Raises:
        OSError: a file is there and cannot be read.
    """
    found = Signed()
    found.keys = _keys(root, found.findings)
    found.checkpoint = _checkpoint(root, found)
    found.highest = _highest(root, found)
    _check_private(root, found)
    return found


def _keys(root: Path, findings: list[Finding]) -> tuple[Verifier, ...]:
    try:
        newest = Verifier.from_vkey(read_small(root / VKEY).decode())
    except FileNotFoundError:
        findings.append(
            Finding(code=Code.VKEY_MISSING, where=VKEY, detail="no signature can be checked")
        )
        return ()
    except (MalformedNoteError, UnicodeDecodeError) as e:
        findings.append(
            Finding(code=Code.VKEY_DAMAGED, where=VKEY, detail=f"not a verifier key: {e}")
        )
        return ()
    try:
        return (*(key for key in retired_keys(root) if key != newest), newest)
    except KeyHistoryError:
        return (newest,)  # said where the entries' keys are known


def _brought_in(root: Path, found: Signed, note: Note) -> Verifier | None:
    """Whose a note is by the keys folder as it is now: the key may have been changed since we looked."""
    found.keys = _keys(root, []) or found.keys
    return signed_by(note, found.keys)


def _highest(root: Path, found: Signed) -> Checkpoint | None:
    try:
        return _parse_highest(read_small(root / HIGHEST))
    except FileNotFoundError:
        found.findings.append(
            Finding(
                code=Code.HIGHEST_SIGNED_MISSING,
                where=HIGHEST,
                detail="nobody can tell what was signed; the ledger refuses to sign",
            )
        )
    except ValueError:
        found.findings.append(
            Finding(code=Code.HIGHEST_SIGNED_DAMAGED, where=HIGHEST, detail="not a size and a root")
        )
    return None


def _parse_highest(data: bytes) -> Checkpoint:
    """`<size> <root in base64>` and a newline, in one spelling. Raises ValueError."""
    text = data.decode("ascii")
    size, _, encoded = text.removesuffix("\n").partition(" ")
    root = base64.b64decode(encoded, validate=True)
    if f"{int(size)} {base64.b64encode(root).decode()}\n" != text or len(root) != HASH_SIZE:
        raise ValueError(text)
    return Checkpoint(origin="", size=int(size), root=root)


def _checkpoint(root: Path, found: Signed) -> Checkpoint | None:
    try:
        note = read_small(root / CHECKPOINT)
    except FileNotFoundError:
        found.findings.append(
            Finding(
                code=Code.CHECKPOINT_MISSING,
                where=CHECKPOINT,
                detail="nothing is published; the next writing command publishes again",
            )
        )
        return None
    if found.verifier is None:
        return None
    found.signatures += 1
    try:
        parsed = parse_note(note)
        found.signer = signed_by(parsed, found.keys) or _brought_in(root, found, parsed)
        checkpoint = (found.signer or found.verifier).check(parsed)
    except MalformedNoteError as e:
        why = str(e)
    else:
        if checkpoint.origin == found.verifier.name:
            return checkpoint
        why = "it is of another origin"
    found.findings.append(Finding(code=Code.CHECKPOINT_DAMAGED, where=CHECKPOINT, detail=why))
    return None


def _check_private(root: Path, found: Signed) -> None:
    path = root / KEY
    try:
        mode = path.stat().st_mode
        pem = read_small(path)
    except (FileNotFoundError, PermissionError):
        return  # a copy for auditors has none; somebody else may not read it
    if stat.S_IMODE(mode) & 0o077:
        found.findings.append(
            Finding(
                code=Code.KEY_EXPOSED,
                where=KEY,
                detail=f"others may use it (mode {stat.S_IMODE(mode):04o}, has to be 0600)",
            )
        )
    if is_encrypted(pem):
        return  # whose it is, only its passphrase shows
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        found.findings.append(
            Finding(code=Code.KEY_MISMATCH, where=KEY, detail="not a private key")
        )
        return
    if found.verifier is None or announced_keys(root):
        return  # a change of keys is under way: the next writing command says what is not right
    name = found.verifier.name
    if not isinstance(key, Ed25519PrivateKey) or (
        Ed25519KeySigner(name, key).verifier != found.verifier and found.verifier == _newest(root)
    ):
        found.findings.append(
            Finding(code=Code.KEY_MISMATCH, where=KEY, detail="not the key of keys/ledger.vkey")
        )


def _newest(root: Path) -> Verifier | None:
    keys = _keys(root, [])
    return keys[-1] if keys else None


def compare_signed(root: Path, signed: Signed, ledger: LedgerFacts) -> list[Finding]:
    """What was published, and the keys it was signed with, against the entries. Raises OSError."""
    findings: list[Finding] = []
    levels = ledger.levels
    published, highest = signed.checkpoint, signed.highest
    if (
        published is not None
        and published.size <= levels.size
        and levels.root_at(published.size) != published.root
    ):
        findings.append(
            Finding(
                code=Code.CHECKPOINT_DIFFERS,
                where=CHECKPOINT,
                detail=f"its root is not that of the first {published.size} entries",
            )
        )
    if highest is not None and highest.size <= levels.size:
        findings += _compare_highest(highest, published, ledger)
    if ledger.keys.history is not None and levels.size and not ledger.keys.lost:
        findings += _compare_keys(root, signed, ledger.keys.history)
    return findings


def _compare_keys(root: Path, signed: Signed, history: KeyHistory) -> list[Finding]:
    """The keys folder against the entries about keys."""
    introduced = [period.verifier for period in history.periods if period.introduced >= 0]
    if signed.verifier not in introduced:
        return [
            Finding(
                code=Code.KEY_UNKNOWN,
                where=VKEY,
                detail="no key.introduced entry names this key",
            )
        ]
    findings = []
    if signed.keys != tuple(introduced):
        signed.keys = _keys(root, [])  # the key may have been changed since we looked
    if signed.keys != tuple(introduced):
        if any(path.stem == f"next-{introduced[-1].id.hex()}" for path in announced_keys(root)):
            signed.interrupted += 1
        else:
            where = RETIRED if signed.keys[-1:] == (introduced[-1],) else VKEY
            findings.append(
                Finding(
                    code=Code.KEY_HISTORY,
                    where=where,
                    detail=f"the entries introduce {len(introduced)} keys, the newest"
                    f" {introduced[-1].id.hex()}; keys/ does not name the same ones",
                )
            )
    if signed.checkpoint is not None and signed.signer is not None:
        why = history.why_not_believed(signed.signer, signed.checkpoint.size)
        if why:
            findings.append(Finding(code=Code.KEY_HISTORY, where=CHECKPOINT, detail=why))
    return findings


def _compare_highest(
    highest: Checkpoint, published: Checkpoint | None, ledger: LedgerFacts
) -> list[Finding]:
    if ledger.levels.root_at(highest.size) != highest.root:
        if published is not None and published.root == highest.root:
            return [_wrong_size(highest, published)]
        return [
            Finding(
                code=Code.LEDGER_FORKED,
                where=HIGHEST,
                detail=f"it names another root for {highest.size} entries than the ledger has: either"
                " it was changed, or ledger/ is a copy that went another way",
            )
        ]
    if published is not None and highest.size < published.size:
        return [
            Finding(
                code=Code.HIGHEST_SIGNED_DAMAGED,
                where=HIGHEST,
                detail=f"{highest.size} is below the published checkpoint ({published.size})",
            )
        ]
    return []


def _wrong_size(highest: Checkpoint, published: Checkpoint) -> Finding:
    return Finding(
        code=Code.HIGHEST_SIGNED_DAMAGED,
        where=HIGHEST,
        detail=f"its root is that of {published.size} entries, not of {highest.size}",
    )


def believable(signed: Signed, end: Checkpoint) -> None:
    """Take `highest-signed` out of what must be reached where only its size was changed.

    Args:
        signed: changed in place.
        end: size and root of the committed entries.
    """
    highest = signed.highest
    if highest is not None and highest.size > end.size and highest.root == end.root:
        signed.findings.append(_wrong_size(highest, end))
        signed.highest = None
