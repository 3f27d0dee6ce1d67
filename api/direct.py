"""Routes that many requests a second come to: a route's checks are called without the framework's solver.

What always holds: the very functions that the route names are called, in their order, one after another; a route
that needs more than a solver of chains can do is refused when it is made. In the OpenAPI document and for whoever
walks the routes it is a route like any other. Errors pass through; the application's handlers answer them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from inspect import iscoroutinefunction, signature
from typing import Any, Final

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

_Call = Callable[[Request], Awaitable[Any]]
_REQUEST: Final = "/request"  # no name in a path has a slash
_BEFORE: Final = "/before"  # what the function before it found


class DirectRoute(APIRoute):
    """A route whose checks and endpoint take the request, text of the path, and each other; it answers a Response."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As its base.

        Raises:
            TypeError: the endpoint or a check takes anything else, or is no coroutine function.
        """
        super().__init__(*args, **kwargs)
        self._answer = _call_of(self.dependant)
        self.app = self._serve

    def takes(self, scope: Scope) -> bool:
        """Whether a request is this route's; then its scope is as the framework's router would leave it."""
        found = self.path_regex.match(scope["path"])
        if found is None or scope["method"] not in (self.methods or ()):
            return False
        scope.update(endpoint=self.endpoint, route=self, path_params=found.groupdict())
        return True

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = await self._answer(Request(scope, receive, send))
        await answer(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Step:
    """One function of a chain, and in their order what it takes: names of texts of the path, _REQUEST and _BEFORE."""

    function: Callable[..., Awaitable[Any]]
    takes: tuple[str, ...]


def _call_of(dependant: Dependant) -> _Call:
    steps = [(step.function, step.takes) for step in _chain_of(dependant)]

    async def call(request: Request) -> Any:
        values: dict[str, Any] = {**request.scope["path_params"], _REQUEST: request, _BEFORE: None}
        for function, takes in steps:
            values[_BEFORE] = await function(*[values[name] for name in takes])
        return values[_BEFORE]

    return call


def _chain_of(dependant: Dependant) -> list[_Step]:
    function, name = dependant.call, dependant.request_param_name
    if function is None or name is None or not iscoroutinefunction(function):
        raise TypeError("a direct route's functions are coroutine functions that take the request")
    _refuse_others(dependant)
    earlier = [step for part in dependant.dependencies for step in _chain_of(part)]
    known = {field.name: field.name for field in dependant.path_params} | {name: _REQUEST}
    if dependant.dependencies and dependant.dependencies[0].name is not None:
        known[dependant.dependencies[0].name] = _BEFORE
    # Called by position: to put names to what is known, for each function of each request, takes longer.
    parameters = signature(function).parameters.values()
    if any(
        one.kind is not one.POSITIONAL_OR_KEYWORD or one.name not in known for one in parameters
    ):
        raise TypeError("a direct route's functions take what they take by position")
    return [*earlier, _Step(function, tuple(known[one.name] for one in parameters))]


def _refuse_others(dependant: Dependant) -> None:
    others = (
        dependant.query_params,
        dependant.header_params,
        dependant.cookie_params,
        dependant.body_params,
        dependant.http_connection_param_name,
        dependant.response_param_name,
        dependant.background_tasks_param_name,
        dependant.security_scopes_param_name,
        # Two would be called twice what the framework calls once.
        dependant.dependencies[1:],
        [field for field in dependant.path_params if field.field_info.annotation is not str],
    )
    if any(others):
        raise TypeError("a direct route takes the request, text of the path, and one check")
