"""The ledger: durable events alone, in groups and from many threads; a million entries verified; proofs.

The floor of appending is the very bytes that Muniment wrote, from memory, one `write` and one `fdatasync` for each
batch: no hashing, no JSON, no publication. It signs a checkpoint for each batch, because a durable event without
its signature is another promise (docs/performance.md, floor.py does the same); without the signature is shown beside.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from archive.audit.run import audit
from archive.ids import new_id
from archive.ledger.batches import FIRST_FILE
from archive.ledger.entry import Draft
from archive.ledger.note import Ed25519KeySigner
from archive.ledger.reader import LedgerReader
from archive.ledger.writer import Ledger, create
from bench.data import clear, need_room
from bench.harness import BenchError, Options, Report, Sample, alternate, percentile, seconds, timed

ORIGIN: Final = "bench.invalid/ledger"
GROUP: Final = 256
THREADS: Final = 16


def bench_ledger(options: Options) -> Report:
    """Durable events per second against writing the same bytes."""
    report = Report()
    alone = 40 if options.quick else 2000
    groups = 2 if options.quick else 100
    contenders: dict[str, Callable[[], Sample]] = {
        "alone": partial(append, options.folder / "alone", alone, 1),
        "alone floor": partial(_replay, options.folder / "alone", signed=True),
        "alone unsigned": partial(_replay, options.folder / "alone"),
        "groups": partial(append, options.folder / "groups", groups, GROUP),
        "groups floor": partial(_replay, options.folder / "groups"),
        "threads": partial(append_threads, options.folder / "threads", alone),
    }
    samples = alternate(contenders, options.rounds)

    def rates(name: str, events: int) -> list[float]:
        return [events / each for each in seconds(samples[name])]

    one, many = rates("alone", alone), rates("groups", groups * GROUP)
    for name, bench, ours, label, least in (
        ("alone floor", "ledger-alone", one, "the same bytes, signed, one fdatasync each", 0.5),
        ("alone unsigned", "ledger-alone", one, "the same bytes, one fdatasync each", None),
        ("alone", f"ledger-groups-of-{GROUP}", many, "ledger-alone", 20),
        (
            "groups floor",
            f"ledger-groups-of-{GROUP}",
            many,
            f"the same bytes, one fdatasync each {GROUP}",
            None,
        ),
        ("alone", f"ledger-{THREADS}-threads", rates("threads", alone), "ledger-alone", None),
    ):
        events = groups * GROUP if name.startswith("groups") else alone
        against = (label, rates(name, events))
        report.compare(bench, ours, "events/s", against=against, best=max, least=least)
    for name in ("alone", "groups", "threads"):
        clear(options.folder / name)
    return report


def bench_verify(options: Options) -> Report:
    """A million entries verified, each parsed; inclusion proofs out of the same ledger."""
    report = Report()
    entries = 5_000 if options.quick else 1_000_000
    need_room(options.folder, entries * 1500)
    root = options.folder / "verify"
    signer = make_ledger(root)
    with Ledger(root, signer) as ledger:
        start = time.perf_counter()
        for at in range(0, entries, 4096):
            ledger.append(drafts(min(4096, entries - at)))
        report.add("ledger-groups-of-4096", entries / (time.perf_counter() - start), "events/s")
    opened = [timed(lambda: Ledger(root, signer).close()) for _ in range(options.rounds)]
    report.compare(f"ledger-open-{entries}", seconds(opened), "s", most=0.2)
    _verify(root, entries, options, report)
    _prove(root, 20 if options.quick else 1000, options.rounds, report)
    clear(root)
    return report


def _verify(root: Path, entries: int, options: Options, report: Report) -> None:
    def walk() -> int:
        return sum(1 for entry in LedgerReader(root).entries() if entry.document)

    def check() -> int:
        # An archive that holds nothing but a ledger: the audit's other findings are not looked at.
        return audit(root).entries_checked

    samples = alternate(
        {"read": lambda: timed(walk), "audit": lambda: timed(check)}, options.rounds
    )
    if {sample.output for name in samples for sample in samples[name]} != {entries}:
        raise BenchError("not every entry was checked")
    report.compare(f"ledger-verify-parsed-{entries}", seconds(samples["audit"]), "s", most=8)
    report.compare(f"ledger-read-parsed-{entries}", seconds(samples["read"]), "s")


def _prove(root: Path, count: int, rounds: int, report: Report) -> None:
    """Each round is a reader of its own; the best round counts, as everywhere here."""
    took = [_proofs(LedgerReader(root), count, seed) for seed in range(rounds)]
    report.compare("ledger-proof-p50", [percentile(each, 50) for each in took], "ms")
    report.compare("ledger-proof-p99", [percentile(each, 99) for each in took], "ms", most=2)


def _proofs(reader: LedgerReader, count: int, seed: int) -> list[float]:
    size, chance = reader.size(), random.Random(seed)  # noqa: S311 - which leaf is no secret
    return [
        timed(partial(reader.proof, chance.randrange(size))).seconds * 1000 for _ in range(count)
    ]


def drafts(count: int) -> list[Draft]:
    """Entries of the usual kind and length, each about a subject of its own."""
    docking, recorder = new_id("docking"), new_id("recorder")
    return [
        Draft(
            type="clip.sighted_again",
            subject=new_id("clip"),
            actor=docking,
            data={"docking": docking, "recorder": recorder, "by": "metadata"},
        )
        for _ in range(count)
    ]


def make_ledger(root: Path) -> Ed25519KeySigner:
    """An empty ledger in an empty folder."""
    clear(root)
    (root / "keys").mkdir(parents=True)
    signer = Ed25519KeySigner(ORIGIN, Ed25519PrivateKey.generate())
    (root / "keys" / "ledger.vkey").write_text(signer.verifier.vkey())
    create(root, signer)
    return signer


def append(root: Path, batches: int, count: int) -> Sample:
    """Batches of so many events, one after the other, in a new ledger."""
    signer = make_ledger(root)
    waiting = [drafts(count) for _ in range(batches)]
    with Ledger(root, signer) as ledger:
        return timed(lambda: [ledger.append(batch) for batch in waiting])


def append_threads(root: Path, count: int) -> Sample:
    """So many events, each waited for by one of sixteen threads, in a new ledger."""
    signer = make_ledger(root)
    with Ledger(root, signer) as ledger:

        def work() -> None:
            for _ in range(count // THREADS):
                ledger.append(drafts(1))

        threads = [threading.Thread(target=work) for _ in range(THREADS)]

        def all_of_them() -> None:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

        return timed(all_of_them)


def _replay(root: Path, *, signed: bool = False) -> Sample:
    """Write the batches of a ledger again, beside it."""
    key = Ed25519PrivateKey.generate()
    batches = list(_batches((root / "ledger" / "entries" / FIRST_FILE).read_bytes()))
    path = root / "replayed"
    path.unlink(missing_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write() -> None:
        for batch in batches:
            if signed:
                key.sign(batch[-100:])
            os.write(fd, batch)
            os.fdatasync(fd)

    try:
        return timed(write)
    finally:
        os.close(fd)


def _batches(data: bytes) -> Iterator[bytes]:
    at = data.index(b"\n") + 1
    while at < len(data):
        end = data.index(b"\n", data.index(b"\n= ", at) + 1) + 1
        yield data[at:end]
        at = end
