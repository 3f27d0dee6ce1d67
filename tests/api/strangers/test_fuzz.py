"""A program that we do not know asks everything that the OpenAPI document allows, and what it does not.

Every role asks. No answer is a 500, and every answer is as the document says.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, cast

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.description import describe
from tests.api.strangers.walking import STRANGER, WHO, table
from tests.api.world import BASE, CASE, World, make_world

EXAMPLES = 4  # of each operation, of what is allowed, and as many of what is not
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
# Kept open until a browser goes away: tests/api/live asks for it.
ENDLESS = {"/api/v1/station/events"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world of its own: whatever is asked changes it."""
    made = make_world(tmp_path_factory.mktemp("strangers") / "root")
    yield made
    made.close()


def operations(world: World) -> list[Any]:
    """Every operation of the document."""
    document = schemathesis.openapi.from_dict(describe(world.app))
    found: list[Any] = [cast(Any, result).ok() for result in document.get_all_operations()]
    return [operation for operation in found if operation.path not in ENDLESS]


def real(world: World) -> dict[str, list[str]]:
    """What there really is, under the names of the path's parameters."""
    return {
        "clip": [world.ids["first"], world.ids["south"]],
        "number": [CASE],
        "kind": ["poster", "proxy"],
        "index": ["0", "3", "40"],
        "account": [a.id for a in world.users.values()],
        "unit": [world.ids["North"]],
        "list": ["recording", "powers"],
    }


@pytest.mark.slow
def test_no_question_breaks_the_service_or_its_promises(asked: World) -> None:
    there, count, wrong = real(asked), 0, set[str]()
    for operation in operations(asked):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            cases = strategy(operation, mode)

            @settings(
                max_examples=EXAMPLES,
                database=None,
                deadline=None,
                derandomize=True,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            @given(case=cases, role=st.sampled_from(askers(operation)), data=st.data())
            def ask(case: Any, role: str, data: Any) -> None:
                nonlocal count
                count += 1
                for name in case.path_parameters or {}:
                    if name in there and data.draw(st.integers(0, 3)):
                        case.path_parameters[name] = data.draw(st.sampled_from(there[name]))
                wrong.update(
                    complaints(
                        asked, case, asked.client(None if role == STRANGER else role).headers
                    )
                )

            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of its own, about what it cannot negate
                try:
                    ask()
                except Unsatisfiable:  # nothing to spoil: it takes nothing
                    assert mode is GenerationMode.NEGATIVE, operation.path
    assert not wrong, "\n".join(sorted(wrong))
    assert count > len(operations(asked)) * EXAMPLES


def askers(operation: Any) -> list[str]:
    """Who asks: mostly those who get further than the door."""
    rows = {
        method.upper(): row
        for (method, path), row in table().items()
        if plain(path) == operation.path
    }
    statuses = rows[operation.method.upper()]
    inside = [who for who, status in zip(WHO, statuses, strict=True) if status not in {401, 403}]
    return [*inside * 3, *WHO]


def plain(path: str) -> str:
    """A route's path as the document has it."""
    return path.replace(":path}", "}")


def strategy(operation: Any, mode: GenerationMode) -> st.SearchStrategy[Any]:
    """Questions of one operation: as the document allows, or not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as above
        cases: st.SearchStrategy[Any] = operation.as_strategy(generation_mode=mode)
    return cases


def complaints(world: World, case: Any, headers: dict[str, str]) -> Iterator[str]:
    """Ask, and say what is wrong with the answer."""
    kwargs = case.as_transport_kwargs(base_url=BASE)
    kwargs["headers"] = {"Content-Type": kwargs["headers"].get("Content-Type", ""), **headers}
    kwargs.pop("cookies", None)
    try:
        sent = requests.Request(**kwargs).prepare()
    except (requests.RequestException, UnicodeError):
        return  # cannot be sent at all
    response = world.test.request(
        sent.method or "",
        sent.url or "",
        content=cast("bytes | str | None", sent.body) or b"",
        headers={
            k: v if isinstance(v, str) else v.decode("latin-1") for k, v in sent.headers.items()
        },
    )
    answer = Response.from_httpx2(response, verify=False)
    try:
        case.validate_response(answer, checks=list(CHECKS))
    except (FailureGroup, Failure) as failed:
        for one in getattr(failed, "exceptions", [failed]):
            yield f"{sent.method} {case.operation.path}: {response.status_code} {str(one)[:600]} {response.text[:200]}"
