"""Spoilt clips of every format through the child: facts with codes of ours, within its limits, and it lives on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.media.child import MediaChild
from ingest.media.errors import MediaTaskError
from ingest.media.facts import DAMAGES, KINDS
from tests.media.fuzz import seeds

_TIMEOUT = 60.0  # seconds for one clip, as the product asks
_ALLOWED = 64 << 20  # bytes that a repair may write
_FEW = settings(
    max_examples=min(40, settings().max_examples),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
_MANY = settings(_FEW, max_examples=settings().max_examples)
# `make fuzz` loads its profile before this is imported
_EXAMPLES = _MANY if settings().max_examples > 100 else _FEW


@pytest.fixture(scope="module")
def child() -> Iterator[MediaChild]:
    with MediaChild(timeout=_TIMEOUT) as child:
        yield child


@pytest.fixture(scope="module")
def maker() -> Iterator[MediaChild]:
    with MediaChild(timeout=_TIMEOUT, writes=_ALLOWED) as child:
        yield child


@_EXAMPLES
@given(data=st.data())
def test_facts_of_a_spoilt_clip(
    healthy: dict[str, bytes], child: MediaChild, tmp_path: Path, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from([n for n in healthy if "." in n]))
    path = tmp_path / name
    path.write_bytes(data.draw(seeds.spoilt(healthy[name])))
    facts = child.examine(path, name=name, out=tmp_path / "poster").facts
    assert facts.kind in KINDS
    assert set(facts.damage) <= DAMAGES
    assert "parser_timeout" not in facts.damage


@_EXAMPLES
@given(data=st.data())
def test_repair_of_a_spoilt_clip(
    healthy: dict[str, bytes], maker: MediaChild, tmp_path: Path, data: st.DataObject
) -> None:
    name = data.draw(
        st.sampled_from(["a.mp4", "fast.mp4", "parts.mp4", "h265.mp4", "a.avi", "a.ts"])
    )
    path, out = tmp_path / name, tmp_path / "repaired"
    answer: dict[str, object] = {}
    refused: MediaTaskError | None = None
    path.write_bytes(data.draw(seeds.spoilt(healthy[name])))
    facts = maker.examine(path, name=name, out=None)
    with (
        path.open("rb") as clip,
        out.open("w+b") as written,
        _kept(tmp_path, healthy["a.mp4"]).open("rb") as other,
    ):
        try:
            arguments = {"facts": facts.document, "references": ["0" * 64]}
            answer = maker.ask(
                "repair",
                clip,
                name=name,
                others=[other],
                out=written,
                arguments=arguments,
            )
        except MediaTaskError as error:
            refused = error
    if refused is not None:
        assert refused.why not in {"parser_timeout", "parser_crashed"}
        return
    report = answer["report"]
    assert isinstance(report, dict)
    assert not report["complete"] or not report["dropped"]


def _kept(folder: Path, content: bytes) -> Path:
    path = folder / "healthy"
    if not path.exists():
        path.write_bytes(content)
    return path
