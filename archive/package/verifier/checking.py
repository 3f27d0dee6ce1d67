"""Checks a package from its bytes alone, in the order of docs/formats/package.md, and says what was found.

Holds: no check stops another; nothing in a package can make this raise; only a place that cannot be read at all does.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from archive.package.verifier.clips import check_clip, check_witness_list, read_package
from archive.package.verifier.consistency import check_older_checkpoints
from archive.package.verifier.contents import (
    CHECKPOINT,
    ENTRIES,
    LEDGER_KEYS,
    Contents,
    Pins,
    Watch,
)
from archive.package.verifier.der import DerError
from archive.package.verifier.found import Sentence, sentence
from archive.package.verifier.ledger import check_keys, check_links, check_proofs, read_entries
from archive.package.verifier.notes import NOTE_ED25519, NoteError, NoteKey, parse_vkey
from archive.package.verifier.places import check_places
from archive.package.verifier.reading import Source, open_source
from archive.package.verifier.sealed import (
    check_bag,
    check_seal,
    check_tag_files,
    hash_everything,
)
from archive.package.verifier.stamps import (
    EMBEDDED,
    check_listed_stamps,
    check_pinned_roots,
    check_stamp,
    check_witnesses,
    stamp_folders,
)
from archive.package.verifier.times import check_token_times
from archive.package.verifier.words import say
from archive.package.verifier.x509 import Certificate, parse_pem
from archive.package.verifier.zips import ZipError

# A finding at one of these says that nothing here can be traced to a signed checkpoint.
_TRUNK = frozenset({CHECKPOINT, LEDGER_KEYS, ENTRIES})


class PinError(ValueError):
    """A key or a certificate that was given is none."""


def read_pins(vkeys: Sequence[str], tsa_cas: Sequence[bytes], witnesses: Sequence[str]) -> Pins:
    """Raises PinError: says which."""
    roots: list[Certificate] = []
    for pem in tsa_cas:
        try:
            roots += parse_pem(pem, strict=False)
        except DerError as e:
            raise PinError("--tsa-ca") from e
    return Pins(
        [_pinned_key("--vkey", vkey, {NOTE_ED25519}) for vkey in vkeys],
        roots,
        [_pinned_key("--witness", vkey, {0x04, 0x06}) for vkey in witnesses],
    )


def _pinned_key(option: str, vkey: str, kinds: set[int]) -> NoteKey:
    try:
        key = parse_vkey(vkey.strip())
    except NoteError as e:
        raise PinError(f"{option} {vkey}") from e
    if key.kind not in kinds:
        raise PinError(f"{option} {vkey}")
    return key


def check_package(
    source: Path,
    *,
    vkeys: Sequence[str] = (),
    tsa_cas: Sequence[bytes] = (),
    witnesses: Sequence[str] = (),
    progress: Watch | None = None,
    language: str = "en",
) -> dict[str, Any]:
    """Check a package; the answer is the JSON of docs/formats/package.md.

    Args:
        source: a zip, or the folder of an unpacked bag.
        vkeys: verifier keys of the ledger that are trusted.
        tsa_cas: PEM of authorities' roots that are trusted.
        witnesses: verifier keys of witnesses that are trusted.
        progress: who looks on.
        language: "en" or "zh", of sentences in the answer.

    Raises:
        PinError: what is to be trusted cannot be read. Nothing was checked.
        OSError: there is nothing at `source`, or its medium failed.
    """
    pins, watch = read_pins(vkeys, tsa_cas, witnesses), progress or Watch()
    contents = Contents(source=Source(), pins=pins, watch=watch)
    try:
        contents.source = open_source(source)
    except ZipError as e:
        contents.source.unsafe.append(("", e.sentence))
        contents.step(sentence("check.zip"), lambda: _check_source(contents))
        return _answer(contents, [], language)
    try:
        clips = _check_all(contents)
    finally:
        contents.source.close()
    return _answer(contents, clips, language)


def _check_all(contents: Contents) -> list[dict[str, Any]]:
    contents.step(sentence("check.zip"), lambda: _check_source(contents))
    hash_everything(contents)
    contents.step(sentence("check.bag", files=len(contents.digests)), lambda: check_bag(contents))
    contents.step(sentence("check.seal"), lambda: check_seal(contents))
    read_package(contents)
    contents.step(sentence("check.text"), lambda: read_entries(contents))
    entries = len(contents.entries)
    contents.step(sentence("check.proofs", entries=entries), lambda: check_proofs(contents))
    contents.step(sentence("check.older"), lambda: check_older_checkpoints(contents))
    contents.step(sentence("check.keys"), lambda: check_keys(contents))
    contents.step(sentence("check.places"), lambda: check_places(contents))
    contents.step(sentence("check.links"), lambda: check_links(contents))
    clips: list[dict[str, Any]] = []
    for clip in contents.clips():
        check = sentence("check.clip", path=clip.get("original") or clip["clip"])
        contents.step(check, lambda clip=clip: clips.append(check_clip(contents, clip)))  # type: ignore[misc]
    contents.step(sentence("check.package"), lambda: _check_lists(contents))
    for folder, authority, size in stamp_folders(contents):
        own = authority == EMBEDDED
        check = sentence("check.stamp_own" if own else "check.stamp", authority=authority)
        contents.step(
            check,
            lambda at=(folder, authority, size): check_stamp(contents, *at),  # type: ignore[misc]
        )
    contents.step(sentence("check.times"), lambda: check_token_times(contents))
    if contents.pins.roots:
        contents.step(sentence("check.roots"), lambda: check_pinned_roots(contents))
    contents.step(sentence("check.witnesses"), lambda: check_witnesses(contents))
    contents.step(sentence("check.tags"), lambda: check_tag_files(contents))
    return clips


def _check_lists(contents: Contents) -> None:
    """What package.json lists of witnesses and tokens."""
    check_witness_list(contents)
    check_listed_stamps(contents)


def _check_source(contents: Contents) -> None:
    for path, said in contents.source.unsafe:
        contents.found("zip_unsafe", path, said)


def _existed_by(contents: Contents, clip: dict[str, Any]) -> dict[str, Any]:
    """The line of the answer about a clip, with the earliest good token that dates it."""
    name = clip["clip"]
    own = {f"proofs/{e.index}.tlog-proof" for e in contents.about(name)}
    wrong = any(
        f.where in _TRUNK or f.where in own or f.subject == name or f.where == clip["path"]
        for f in contents.findings.all
    )
    good = [
        stamp
        for stamp in contents.stamps
        if name in stamp.dates and (stamp.pinned or not contents.pins.roots)
    ]
    first = min(good, key=lambda stamp: stamp.moment) if good and not wrong else None
    return {
        **clip,
        "ok": clip["ok"] and not wrong,
        "existed_by": None if first is None else first.time,
        "authority": None if first is None else first.authority,
        "own": None if first is None else first.own,
    }


def _limits(contents: Contents) -> list[Sentence]:
    """What was not checked, each said once."""
    said = list(contents.not_checked)
    if not contents.pins.ledger:
        said.append(sentence("not.signer"))
    elif contents.disowned:
        said.append(sentence("not.compromised"))
    if not contents.stamps:
        said.append(sentence("not.time"))
    elif not contents.pins.roots:
        said.append(sentence("not.roots"))
    said.append(sentence("not.world"))
    return [s for n, s in enumerate(said) if s not in said[:n]]


def _verdict(contents: Contents) -> Sentence:
    findings, pins, trusted = contents.findings, contents.pins, contents.trusted
    if len(findings):
        return sentence("verdict.bad", count=len(findings))
    if trusted is None or contents.signer is None:
        pinned = bool(pins.roots or pins.witnesses)
        return sentence("verdict.signer_not_pinned" if pinned else "verdict.not_pinned")
    if trusted != contents.signer:
        given, signer = (contents.keys[at].id.hex() for at in (trusted, contents.signer))
        return sentence("verdict.followed", given=given, signer=signer)
    return sentence("verdict.ok")


def _answer(contents: Contents, clips: list[dict[str, Any]], language: str) -> dict[str, Any]:
    """The JSON of `audit`, and what a package has beside it."""
    findings, pins = contents.findings, contents.pins
    codes = {finding.code for finding in findings.all}
    checkpoint = contents.checkpoint
    return {
        "ok": not len(findings),
        "mode": "package",
        "coverage": {},
        "objects_total": sum(p.startswith("data/clips/") for p in contents.manifest),
        "objects_checked": contents.counted.objects,
        "bytes_checked": contents.counted.bytes,
        "entries_checked": contents.counted.entries,
        "tiles_checked": 0,
        "signatures_checked": contents.counted.signatures,
        "timestamps_checked": contents.counted.timestamps,
        "interrupted": 0,
        "size": 0 if checkpoint is None else checkpoint.size,
        "root": "" if checkpoint is None else checkpoint.root.hex(),
        "findings": [
            {
                "code": finding.code,
                "subject": finding.subject,
                "where": finding.where,
                "detail": say(finding.sentence, language),
            }
            for finding in findings.all
        ],
        "says": say(_verdict(contents), language),
        "pinned": {
            "signer": contents.trusted is not None,
            "authorities": any(stamp.pinned for stamp in contents.stamps),
            "witnesses": bool(pins.witnesses) and "witness_missing" not in codes,
        },
        "left_out": contents.left_out,
        "clips": [_existed_by(contents, clip) for clip in clips],
        "not_checked": [say(s, language) for s in _limits(contents)],
    }
