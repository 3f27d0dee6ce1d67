"""Asking every route as every role: which address stands for a route, and what came back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fastapi.routing import APIRoute

from api.identity.registering import add_account
from tests.api.world import CASE, ORIGIN, PASSWORD, World

TABLE = Path(__file__).with_name("routes.txt")
STRANGER = "stranger"
WHO = (STRANGER, "chief", "southchief", "wang", "archivist", "overseer", "reviewer", "root")


def addresses(world: World) -> dict[str, str]:
    """What stands for the names in a route's path: the north unit's clip, the case, and an account nobody else uses."""
    leaver = add_account(
        world.archive,
        world.accounts,
        actor="local-0",
        name="leaver",
        role="reviewer",
        password=PASSWORD,
        unit=None,
        officer=None,
    )
    return {
        "{clip}": world.ids["first"],
        "{number}": CASE,
        "{kind}": "poster",
        "{list}": "recording",
        "{year}": "2999",  # never over
        "{index:path}": "000",
        "{index}": "3",
        "{level}": "0",
        "{account}": leaver.id,
        "{unit}": world.ids["North"],
        "{name}": "style.css",
    }


def routes(world: World) -> Iterator[tuple[str, str]]:
    """Method and path of every route."""
    for route in world.app.routes:
        assert isinstance(route, APIRoute), route
        for method in sorted(route.methods or ()):
            yield method, route.path


def ask(world: World, who: str, method: str, path: str, names: dict[str, str]) -> int:
    """Ask once, in a session of its own and with no body, as our own page would. The status."""
    for name, value in names.items():
        path = path.replace(name, value)
    client = world.client(None if who == STRANGER else who)
    return client.request(method, path, headers=ORIGIN).status_code


def table() -> dict[tuple[str, str], list[int]]:
    """The table: method and path, then a status for each of WHO."""
    found: dict[tuple[str, str], list[int]] = {}
    for line in TABLE.read_text().splitlines():
        if line.startswith("#"):
            continue
        methods, path, *statuses = line.split()
        for method in methods.split(","):
            assert (method, path) not in found, line
            found[method, path] = [int(status) for status in statuses]
    return found
