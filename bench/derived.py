"""Small clips derived, once through the archive and once without: what the child, the store and the ledger cost.

Called as `python -m bench.derived archive ROOT` or `python -m bench.derived bare FOLDER OUT`; prints one JSON document.
Bare is the same work in this process, as nice as the child is: no confinement, no answers in JSON, no digests, nothing
durable.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from pathlib import Path
from typing import BinaryIO

from archive.opening import open_archive
from ingest.deriving import derive
from ingest.media.tasks import Asked, task

KINDS = ("strip", "waveform")  # the poster comes with the facts


def through_archive(root: Path) -> dict[str, float]:
    """Derive what is due of every clip of an archive."""
    with open_archive(root, write=True) as archive:
        start = time.perf_counter()
        result = derive(archive, None, actor="local-0", kinds=KINDS)
        seconds = time.perf_counter() - start
    return {"seconds": seconds, **{kind: result.made.get(kind, 0) for kind in ("poster", *KINDS)}}


def bare(folder: Path, out: Path) -> dict[str, float]:
    """The same of every file of a folder."""
    os.nice(5)
    made = dict.fromkeys(("poster", *KINDS), 0)
    examine, survey = task("examine"), task("survey")  # as the child, loaded before the first clip
    start = time.perf_counter()
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            facts = examine(_asked(file, path.name, {"poster": True}))
            file.seek(0)
            wanted = {"strip": True, "waveform": True, "facts": facts["document"]}
            looked = survey(_asked(file, path.name, wanted))
        for kind, said in {**looked, "poster": facts["poster"]}.items():
            if kind in made and isinstance(said, dict):
                made[kind] += 1
                for name in ("jpeg", "vtt", "json"):
                    if name in said:
                        text = said[name]
                        content = base64.b64decode(text) if name == "jpeg" else text.encode()
                        (out / f"{path.stem}-{kind}.{name}").write_bytes(content)
    return {"seconds": time.perf_counter() - start, **made}


def _asked(clip: BinaryIO, name: str, arguments: dict[str, object]) -> Asked:
    return Asked(clip=clip, others=(), out=None, name=name, arguments=arguments)


if __name__ == "__main__":
    if sys.argv[1] == "archive":
        json.dump(through_archive(Path(sys.argv[2])), sys.stdout)
    else:
        json.dump(bare(Path(sys.argv[2]), Path(sys.argv[3])), sys.stdout)
