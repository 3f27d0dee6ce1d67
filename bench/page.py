"""From the last byte of a clip to its facts and poster, in a media child that runs already."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from bench.data import clear
from bench.harness import NotRunError, Options, Report, percentile, timed
from ingest.media.child import MediaChild
from ingest.media.errors import MediaError
from muniment.sample import SampleError, make_sample_recorder


def bench_page(options: Options) -> Report:
    """Probe and poster of each video of the sample recorder."""
    report = Report()
    folder = options.folder / "sample"
    try:
        make_sample_recorder(folder, now=datetime.now(UTC))
    except SampleError as e:
        raise NotRunError(f"no sample recorder: {e}") from e
    videos = sorted(folder.rglob("*.mp4"), key=lambda path: path.stat().st_size)
    took: list[float] = []
    with MediaChild() as child:
        try:
            child.warm()
        except MediaError as e:
            raise NotRunError(f"no media child: {e}") from e
        for turn in range(options.rounds):
            for number, video in enumerate(videos):
                out = options.folder / f"poster-{turn}-{number}"
                examine = partial(child.examine, video, name=video.name, out=out)
                took.append(timed(examine).seconds)
                out.unlink(missing_ok=True)
    clear(folder)
    report.add("page-facts-and-poster-p50", percentile(took, 50), "s")
    report.add("page-facts-and-poster-slowest", max(took), "s", most=0.3)
    return report
