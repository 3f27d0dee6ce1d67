"""Direct routes: the checks that a route names are the ones that are called, in their order."""

from __future__ import annotations

from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.testclient import TestClient
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from api.direct import DirectRoute


async def outer(request: Request) -> str:
    """Who asks, or 403's stand-in."""
    if "who" not in request.headers:
        raise PermissionError
    return request.headers["who"]


async def inner(request: Request, thing: str, who: Annotated[str, Depends(outer)]) -> str:
    """What they ask for."""
    del request
    return f"{who} asks for {thing}"


def router() -> APIRouter:
    """Without routes."""
    return APIRouter(route_class=DirectRoute)


def test_every_check_is_called_with_what_the_one_before_it_found() -> None:
    made, app = router(), FastAPI()

    @made.get("/{thing}")
    async def get(request: Request, seen: Annotated[str, Depends(inner)]) -> Response:
        return PlainTextResponse(f"{request.method}: {seen}")

    app.router.routes.extend(made.routes)
    client = TestClient(app)
    assert client.get("/clip", headers={"who": "wang"}).text == "GET: wang asks for clip"
    with pytest.raises(PermissionError):
        client.get("/clip")


def test_a_check_that_only_guards_is_called_too() -> None:
    made, app = router(), FastAPI()

    @made.get("/", dependencies=[Depends(outer)])
    async def get(request: Request) -> Response:
        return PlainTextResponse(request.method)

    app.router.routes.extend(made.routes)
    with pytest.raises(PermissionError):
        TestClient(app).get("/")


def test_a_route_takes_its_own_paths_and_methods_and_no_others() -> None:
    made = router()

    @made.api_route("/a/{thing}/b", methods=["GET", "HEAD"])
    async def get(request: Request, thing: str) -> Response:
        raise AssertionError(request, thing)

    (route,) = made.routes
    assert isinstance(route, DirectRoute)

    def takes(method: str, path: str) -> object:
        scope = {"type": "http", "method": method, "path": path}
        return scope["path_params"] if route.takes(scope) else None

    assert takes("GET", "/a/x/b") == takes("HEAD", "/a/x/b") == {"thing": "x"}
    for method, path in (("POST", "/a/x/b"), ("GET", "/a/x/y/b"), ("GET", "/a/x/b/"), ("GET", "/")):
        assert takes(method, path) is None


def test_a_route_that_takes_more_than_it_can_be_given_is_refused_when_it_is_made() -> None:
    async def asks_a_query(request: Request, page: int) -> Response:
        raise AssertionError(request, page)

    async def asks_a_number(request: Request, thing: int) -> Response:
        raise AssertionError(request, thing)

    async def asks_no_request(thing: str) -> Response:
        raise AssertionError(thing)

    def blocks(request: Request) -> Response:
        raise AssertionError(request)

    async def asks_twice(
        request: Request, a: Annotated[str, Depends(outer)], b: Annotated[str, Depends(inner)]
    ) -> Response:
        raise AssertionError(request, a, b)

    for function in (asks_a_query, asks_a_number, asks_no_request, blocks, asks_twice):
        with pytest.raises(TypeError, match="direct route"):
            router().add_api_route("/{thing}", function)
