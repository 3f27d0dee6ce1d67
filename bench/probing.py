"""Facts of one clip, with every packet walked, against PyAV's own loop over the packets.

60 seconds of 1080p30 H.264 at 8 Mbit/s with sound, warm in the page cache. The facts have every frame's time and every
damage that tables, packets and bytes show. A picture is decoded as well, for the poster and to say whether it can be:
that is no part of the loop that it is held against, and has its own lines.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import av

from bench.harness import BenchError, Options, Report, Sample, alternate, seconds, timed
from bench.surveying import make_clip
from ingest.media.child import MediaChild
from ingest.media.probe.examining import examine


def bench_probe(options: Options) -> Report:
    """The whole examination, in this process and through the child."""
    report = Report()
    clip = make_clip(options.folder, seconds=4 if options.quick else 60, name="probe.mp4")
    with MediaChild() as child:
        child.examine(clip, name=clip.name, out=None)
        contenders: dict[str, Callable[[], Sample]] = {
            "demux": partial(timed, partial(_demux, clip)),
            "walk": partial(timed, partial(_examine, clip, decodes=False)),
            "poster": partial(timed, partial(_examine, clip, decodes=True)),
            "child": partial(timed, partial(child.examine, clip, name=clip.name, out=None)),
        }
        samples = alternate(contenders, 2 * options.rounds)
    for sample in [*samples["walk"], *samples["poster"]]:
        if sample.output != samples["demux"][0].output:
            raise BenchError(f"{sample.output} packets, {samples['demux'][0].output} by PyAV")
    bare = ("PyAV's demux loop", seconds(samples["demux"]))
    report.compare("probe", seconds(samples["walk"]), "s", against=bare, most=1.5)
    report.compare("probe+poster", seconds(samples["poster"]), "s", against=bare)
    report.compare("probe+poster-in-child", seconds(samples["child"]), "s", against=bare)
    return report


def _demux(clip: Path) -> int:
    with av.open(str(clip)) as container:
        return sum(1 for packet in container.demux() if packet.size)


def _examine(clip: Path, *, decodes: bool) -> int:
    with clip.open("rb") as file:
        facts, _ = examine(file, clip.name, decodes=decodes)
    return sum(stream["packets"] for stream in facts["streams"])
