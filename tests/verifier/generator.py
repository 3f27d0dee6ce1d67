"""Packages put together from the paper (docs/formats/), without our own maker: whole, or with any one thing wrong.

Ledger, tree, proofs, notes and bag are written here again, so that a verifier is not tested by its twin; tokens come
from tests/fakes/authorities.py.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.fakes.authorities import NOW, Forger, Holder, crl_of, new_ca, new_leaf
from tests.verifier.altering import Members

ORIGIN: Final = "station.example/2"
CLIP, CASE = "clip-" + "0" * 26, "case-" + "0" * 26
STATION, RECORDER = "station-" + "0" * 26, "recorder-" + "0" * 26
VIDEO: Final = b"moov" * 500


def b64(data: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(data).decode()


def sha(data: bytes) -> str:
    """Hex SHA-256."""
    return hashlib.sha256(data).hexdigest()


def canonical(value: object) -> bytes:
    """RFC 8785, for what entries hold."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Key:
    """A key that signs or cosigns."""

    seed: int
    name: str = ORIGIN
    kind: int = 1

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(bytes([self.seed]) * 32)

    @property
    def public(self) -> bytes:
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return bytes([self.kind]) + raw

    @property
    def id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + self.public).digest()[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64(self.public)}"

    def line(self, text: bytes) -> bytes:
        """A signature line; of a witness, at time 5."""
        if self.kind == 4:
            stamped = b"cosignature/v1\ntime 5\n" + text
            value = (5).to_bytes(8, "big") + self.private.sign(stamped)
        else:
            value = self.private.sign(text)
        return f"— {self.name} {b64(self.id + value)}\n".encode()

    def introduce(self, other: Key) -> str:
        """The word for the next key (docs/formats/ledger.md, `key.introduced`)."""
        return b64(self.private.sign(f"muniment key 1\n{self.name}\n{other.vkey}\n".encode()))


def leaf(raw: bytes) -> bytes:
    return hashlib.sha256(b"\0" + raw).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1, as it stands there."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


def path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if index < k:
        return [*path(index, leaves[:k]), root(leaves[k:])]
    return [*path(index - k, leaves[k:]), root(leaves[:k])]


def consistency(size: int, leaves: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """RFC 6962, 2.1.2: PROOF(size, leaves), and SUBPROOF where `whole` is said."""
    if size == len(leaves):
        return [] if whole else [root(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if size <= k:
        return [*consistency(size, leaves[:k], whole=whole), root(leaves[k:])]
    return [*consistency(size - k, leaves[k:], whole=False), root(leaves[:k])]


class Log:
    """A ledger in memory."""

    def __init__(self) -> None:
        self.raws: list[bytes] = []
        self.rows: list[bytes] = []
        self._last: dict[str, tuple[int, int]] = {}  # by subject: how many, index of the last

    def add(self, kind: str, subject: str, data: dict[str, Any], **text: str) -> int:
        """Append an entry; its index."""
        if text:
            row = canonical({**text, "salt": "00" * 16})
            self.rows.append(row)
            data = {**data, "text": {"object": sha(row), "size": len(row), "row": sha(row)}}
        count, last = self._last.get(subject, (0, -1))
        entry = {
            "v": 1,
            "type": kind,
            "time": "2026-01-17T08:00:00.000000Z",
            "clock": "host",
            "actor": "local-0",
            "subject": subject,
            "data": data,
            "prev": leaf(self.raws[-1]).hex() if self.raws else None,
            "chain": {
                "count": count + 1,
                "index": last if count else None,
                "prev": leaf(self.raws[last]).hex() if count else None,
            },
        }
        self.raws.append(canonical(entry))
        self._last[subject] = (count + 1, len(self.raws) - 1)
        return len(self.raws) - 1

    @property
    def leaves(self) -> list[bytes]:
        return [leaf(raw) for raw in self.raws]

    def note(self, *keys: Key) -> bytes:
        """A checkpoint over all that is there, signed by these."""
        text = f"{ORIGIN}\n{len(self.raws)}\n{b64(root(self.leaves))}\n".encode()
        return text + b"\n" + b"".join(key.line(text) for key in keys)

    def proof(self, index: int, note: bytes) -> bytes:
        """A tlog-proof against a note of this ledger."""
        size = int(note.split(b"\n")[1])
        hashes = "".join(b64(node) + "\n" for node in path(index, self.leaves[:size]))
        return f"c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n".encode() + note


@dataclass(slots=True, kw_only=True)
class Recipe:
    """What is to be made; what is not said is right."""

    keys: Sequence[Key] = (Key(1),)
    introduce: Callable[[Key, Key], dict[str, str] | None] = field(
        default=lambda old, new: {"id": old.id.hex(), "signature": old.introduce(new)}
    )
    retired_from: int | None = None  # None: as it has to be
    why: str = "rotated"
    stamped_by: Key | None = None  # who signs the checkpoint that is stamped
    sealed_by: Key | None = None  # who signs the last one
    witnesses: Sequence[Key] = ()
    cosigners: Sequence[Key] | None = None
    quorum: int = 0
    ca: Holder = field(default_factory=new_ca)
    signer: Holder | None = None
    chain: Sequence[Holder] | None = None
    revocation: Sequence[tuple[str, bytes]] | None = None
    token: Callable[[Forger, bytes], bytes] = field(
        default=lambda forger, imprint: forger.token(imprint)
    )
    moment: datetime = NOW  # that the ledger says of the token
    change: Callable[[Members], None] = field(default=lambda _payload: None)  # before the seal
    said: Callable[[dict[str, Any]], None] = field(default=lambda _package: None)
    happened: Callable[[Log], None] = field(default=lambda _log: None)  # last, before the stamp
    seals: Callable[[dict[str, Any]], None] = field(default=lambda _data: None)
    subject: str = CASE
    asked: Sequence[str] = ()
    over: Sequence[str] = ()  # authorities that stamped proofs/checkpoint
    finish: Callable[[Members], None] = field(
        default=lambda _files: None
    )  # before the tag manifest


def make(recipe: Recipe) -> Members:
    """The files of a package."""
    return _Maker(recipe).make()


class _Maker:
    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.log = Log()
        self.signer = recipe.signer or new_leaf(recipe.ca)
        self.chain = b"".join(h.pem for h in recipe.chain or [self.signer])
        lists = recipe.revocation
        self.revocation = [("crl", crl_of(recipe.ca))] if lists is None else list(lists)

    def make(self) -> Members:
        clip = self._happen()
        stamped = self.log.note(self.recipe.stamped_by or self.recipe.keys[-1])
        token = self._token(stamped)
        stamp = self._stamped(stamped, token)
        newest = self.recipe.sealed_by or self.recipe.keys[-1]
        cited = self.log.note(newest)
        files = self._payload(clip, stamped, token, stamp, cited)
        self.recipe.change(files)
        return self._seal(files, cited, newest)

    def _happen(self) -> int:
        """What was there before the token; the index of the clip's first entry."""
        log, keys = self.log, self.recipe.keys
        log.add(
            "station.opened", STATION, {"software": "x", "format": 1, "unit": None}, origin=ORIGIN
        )
        log.add("key.introduced", "key-0", self._introduced(keys[0]), vkey=keys[0].vkey)
        log.add("recorder.noticed", RECORDER, {"unit": None, "officer": None}, serial="S1")
        clip = log.add("clip.ingested", CLIP, self._ingested(), path="DCIM/a.mp4")
        for number, (old, new) in enumerate(pairwise(keys), start=1):
            data = self._introduced(new)
            if (word := self.recipe.introduce(old, new)) is not None:
                data["before"] = word
            log.add("key.introduced", f"key-{number}", data, vkey=new.vkey)
            until = (
                len(log.raws) + 1 if self.recipe.retired_from is None else self.recipe.retired_from
            )
            retired = {"id": old.id.hex(), "why": self.recipe.why, "from": until}
            log.add("key.retired", f"key-{number - 1}", retired)
        log.add("clip.verified", CLIP, {"original": {"object": sha(VIDEO), "size": len(VIDEO)}})
        self.recipe.happened(log)
        return clip

    @staticmethod
    def _introduced(key: Key) -> dict[str, Any]:
        return {"id": key.id.hex(), "use": "ledger", "public": b64(key.public)}

    @staticmethod
    def _ingested() -> dict[str, Any]:
        return {
            "original": {"object": sha(VIDEO), "size": len(VIDEO)},
            "recorder": RECORDER,
            "officer": None,
            "start": None,
            "start_source": None,
        }

    def _token(self, note: bytes) -> bytes:
        text = note[: note.rindex(b"\n\n") + 1]
        return self.recipe.token(Forger(signer=self.signer), hashlib.sha256(text).digest())

    def _stamped(self, note: bytes, token: bytes) -> int:
        named = {"token": token, "chain": self.chain, "checkpoint": note, "ca": self.recipe.ca.pem}
        return self.log.add(
            "checkpoint.timestamped",
            STATION,
            {
                **{k: {"object": sha(v), "size": len(v)} for k, v in named.items()},
                "authority": "outside",
                "own": False,
                "time": self.recipe.moment.isoformat().replace("+00:00", "Z"),
                "size": int(note.split(b"\n")[1]),
                "root": root(self.log.leaves).hex(),
            },
        )

    def _payload(
        self, clip: int, stamped: bytes, token: bytes, stamp: int, cited: bytes
    ) -> Members:
        log, size = self.log, int(stamped.split(b"\n")[1])
        folder = f"data/timestamps/{size}-outside"
        entries = [b"%d %s\n" % (index, raw) for index, raw in enumerate(log.raws)]
        mine = [raw for raw in log.raws if f'"subject":"{CLIP}"'.encode() in raw]
        data = json.loads(log.raws[stamp])["data"]
        package: dict[str, Any] = {
            "format": "muniment-package 1",
            "origin": ORIGIN,
            "subject": {
                "kind": self.recipe.subject.partition("-")[0],
                "id": self.recipe.subject,
                "number": None,
            },
            "clips": [
                {
                    **{"clip": CLIP, "ingested": clip, "events": len(mine)},
                    "head": leaf(mine[-1]).hex(),
                    "original": f"data/clips/{CLIP}/original/a.mp4",
                    **{"sha256": sha(VIDEO), "size": len(VIDEO)},
                    **{"start": None, "start_source": None, "recorder": RECORDER},
                    **{"officer": None, "path": "DCIM/a.mp4", "renditions": []},
                }
            ],
            "cites": self._cites(),
            "timestamps": [
                {
                    **{"folder": folder, "entry": stamp, "dates": [CLIP]},
                    **{k: data[k] for k in ("authority", "own", "time", "size", "root")},
                }
            ],
            "witnesses": {
                "quorum": self.recipe.quorum,
                "vkeys": [key.vkey for key in self.recipe.witnesses],
            },
            "left_out": [],
        }
        self.recipe.said(package)
        return {
            f"data/clips/{CLIP}/original/a.mp4": VIDEO,
            "data/ledger/entries.jsonl": b"".join(entries),
            "data/ledger/text.jsonl": b"".join(row + b"\n" for row in log.rows),
            "data/ledger/checkpoint": cited,
            f"{folder}/checkpoint": stamped,
            f"{folder}/token.der": token,
            f"{folder}/chain.pem": self.chain,
            **{f"{folder}/revocation-{n}.{k}": d for n, (k, d) in enumerate(self.revocation)},
            f"{folder}/{clip}.tlog-proof": log.proof(clip, stamped),
            "data/keys/ledger.vkeys": "".join(f"{k.vkey}\n" for k in self.recipe.keys).encode(),
            "data/keys/witnesses.vkeys": "".join(
                f"{k.vkey}\n" for k in self.recipe.witnesses
            ).encode(),
            "data/keys/outside.pem": self.recipe.ca.pem,
            "data/package.json": canonical(package),
            "data/report/report.html": b"<!doctype html>",
        }

    def _cites(self) -> dict[str, Any]:
        return {"size": len(self.log.raws), "root": root(self.log.leaves).hex()}

    def _seal(self, files: Members, cited: bytes, newest: Key) -> Members:
        log, before = self.log, len(self.log.raws)
        payload = dict(files)
        size = sum(map(len, payload.values()))
        oxum = f"Payload-Oxum: {size}.{len(payload)}\n".encode()
        tags = {
            "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
            "bag-info.txt": oxum,
            **dict.fromkeys(("README.txt", "verify.py", "verify.html"), b"x\n"),
        }
        manifest = _manifest(payload)
        made = {
            **{"format": 1, "manifest": sha(manifest), "files": len(payload), "bytes": size},
            **{"clips": 1, "tags": {name: sha(data) for name, data in tags.items()}},
            "cites": {"size": before, "root": base64.b64decode(cited.split(b"\n")[2]).hex()},
            "asked": list(self.recipe.asked),
        }
        self.recipe.seals(made)
        seal = log.add("package.made", self.recipe.subject, made)
        cosigners = (
            self.recipe.witnesses if self.recipe.cosigners is None else self.recipe.cosigners
        )
        note = log.note(newest, *cosigners)
        files |= tags | {
            "manifest-sha256.txt": manifest,
            "proofs/package.entry": log.raws[seal],
            "proofs/checkpoint": note,
            "proofs/package.tlog-proof": log.proof(seal, note),
            **{f"proofs/{index}.tlog-proof": log.proof(index, note) for index in range(before)},
            **self._consistencies(payload),
        }
        for authority in self.recipe.over:
            folder = f"proofs/timestamps/{authority}"
            files |= {f"{folder}/token.der": self._token(note), f"{folder}/chain.pem": self.chain}
        self.recipe.finish(files)
        outside = {n: d for n, d in files.items() if not n.startswith("data/")}
        files["tagmanifest-sha256.txt"] = _manifest(outside)
        return files

    def _consistencies(self, payload: Members) -> Members:
        """From each earlier checkpoint that is packed, to the last one."""
        notes = [data for name, data in payload.items() if name.endswith("/checkpoint")]
        found = {}
        for size in {int(note.split(b"\n")[1]) for note in notes}:
            hashes = "".join(b64(node) + "\n" for node in consistency(size, self.log.leaves))
            found[f"proofs/{size}.consistency"] = f"old {size}\n{hashes}".encode()
        return found


def _manifest(files: Members) -> bytes:
    return "".join(f"{sha(data)}  {name}\n" for name, data in files.items()).encode()
