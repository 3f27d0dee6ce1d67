"""The embedded timestamp authority: tokens per second through its process, and checking them.

Beside it bare signatures by the same kind of key: a token is one signature and what DER costs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from archive.durable import Disk
from archive.timestamps import asking, names
from archive.timestamps.authority import Authority
from archive.timestamps.certificates import make_authority
from archive.timestamps.checking import check_token
from archive.timestamps.clock import host_clock
from archive.timestamps.embedded import EmbeddedAuthority
from archive.timestamps.lease import Lease
from bench.harness import BenchError, Options, Report, Sample, alternate, seconds, timed

_IMPRINT = hashlib.sha256(b"a checkpoint").digest()


def bench_timestamps(options: Options) -> Report:
    """Tokens per second."""
    count = 20 if options.quick else 5_000
    checks = 5 if options.quick else 500
    root = options.folder / "stamping"
    make_authority(root, now=datetime.now(UTC))
    contenders: dict[str, Callable[[], Sample]] = {
        "process": partial(_through_process, options, count),
        "alone": partial(_in_this_process, options, count),
        "signatures": partial(_signatures, count),
        "checks": partial(_checks, options, checks),
    }
    runs = alternate(contenders, options.rounds)
    report = Report()
    rates = {name: [count / each for each in seconds(samples)] for name, samples in runs.items()}
    report.compare("timestamp-tokens", rates["process"], "tokens/s", best=max, least=5_000)
    bare = ("bare P-256 signatures", rates["signatures"])
    name = "timestamp-tokens-without-pipe"
    report.compare(name, rates["alone"], "tokens/s", against=bare, best=max)
    checked = [checks / each for each in seconds(runs["checks"])]
    report.compare("timestamp-checks", checked, "tokens/s", best=max)
    return report


def _request(nonce: int) -> bytes:
    return asking.encode_request(
        asking.Request(
            imprint=asking.imprint_of(_IMPRINT), policy=None, nonce=nonce, certificates=True
        )
    )


def _through_process(options: Options, count: int) -> Sample:
    with EmbeddedAuthority(options.folder / "stamping") as authority:
        asking.decode_answer(authority.ask(_request(0)))  # it has started
        requests = [_request(n) for n in range(count)]
        sample = timed(lambda: list(authority.ask_all(requests)))
    if len({_serial(options, answer) for answer in sample.output[:10]}) != min(count, 10):
        raise BenchError("two tokens have the same serial")
    return sample


def _serial(options: Options, answer: bytes) -> int:
    ca = (options.folder / "stamping" / names.CA_PEM).read_bytes()
    token = asking.decode_answer(answer)
    return check_token(token, imprint=_IMPRINT, ca=ca, chain=b"", revocation=()).serial


def _in_this_process(options: Options, count: int) -> Sample:
    root = options.folder / "stamping"
    pair = make_authority(root, now=datetime.now(UTC))
    requests = [_request(n) for n in range(count)]
    with Lease(root / names.FOLDER, host_clock, Disk()) as lease:
        authority = Authority(pair, lease)
        return timed(lambda: [authority.respond(request) for request in requests])


def _signatures(count: int) -> Sample:
    key, algorithm = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256())
    return timed(lambda: [key.sign(_IMPRINT, algorithm) for _ in range(count)])


def _checks(options: Options, count: int) -> Sample:
    with EmbeddedAuthority(options.folder / "stamping") as authority:
        answer = authority.ask(_request(1))
    return timed(lambda: [_serial(options, answer) for _ in range(count)])
