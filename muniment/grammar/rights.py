"""unit, alarms, and the part of `user` that changes rights."""

from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words, required, text_of


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    _add_unit(app, words)
    _add_alarms(app, words)


def add_to_user(group: typer.Typer, words: Words) -> None:
    """Add `user role`, `user enable` and `user identity`."""
    name_argument = Argument(metavar="NAME", help=words("help.user.name"))

    @group.command("role", help=words("help.user.set_role"))
    def role(
        name: Annotated[str, name_argument],
        role: Annotated[str, Option("--role", help=words("help.user.role"))],
        badge: Annotated[str | None, Option("--badge", help=words("help.user.badge"))] = None,
        unit: Annotated[str | None, Option("--unit", help=words("help.user.unit"))] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.rights import set_role

            return set_role(
                asked,
                name=required("NAME", name),
                role=role,
                unit=text_of("--unit", unit),
                badge=text_of("--badge", badge),
            )

        return do

    @group.command("enable", help=words("help.user.enable"))
    def enable(name: Annotated[str, name_argument]) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.rights import enable_user

            return enable_user(asked, required("NAME", name))

        return do

    @group.command("identity", help=words("help.user.identity"))
    def identity(
        name: Annotated[str, name_argument],
        *,
        identity: Annotated[
            str | None, Argument(metavar="IDENTITY", help=words("help.user.identity_name"))
        ] = None,
        remove: Annotated[
            bool, Option("--remove", help=words("help.user.identity_remove"))
        ] = False,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.rights import tie_user
            from muniment.errors import WrongUsageError

            if (identity is None) != remove:
                raise WrongUsageError("give either IDENTITY or --remove")
            return tie_user(
                asked, name=required("NAME", name), identity=text_of("IDENTITY", identity)
            )

        return do


def _add_unit(app: typer.Typer, words: Words) -> None:
    group = typer.Typer(help=words("help.unit"), rich_markup_mode=None)
    app.add_typer(group, name="unit")
    name_argument = Argument(metavar="NAME", help=words("help.unit.name"))
    parent_option = Option("--parent", metavar="UNIT", help=words("help.unit.parent"))
    level_option = Option("--level", help=words("help.unit.level"))

    @group.command("add", help=words("help.unit.add"))
    def add_unit(
        name: Annotated[str, name_argument],
        parent: Annotated[str | None, parent_option] = None,
        level: Annotated[str | None, level_option] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.rights import add_unit

            return add_unit(
                asked, name=required("NAME", name), parent=text_of("--parent", parent), level=level
            )

        return do

    @group.command("place", help=words("help.unit.place"))
    def place(
        name: Annotated[str, name_argument],
        parent: Annotated[str | None, parent_option] = None,
        level: Annotated[str | None, level_option] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.rights import place_unit

            return place_unit(
                asked, name=required("NAME", name), parent=text_of("--parent", parent), level=level
            )

        return do

    @group.command("list", help=words("help.unit.list"))
    def list_() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.rights import list_units

            return list_units(asked)

        return do


def _add_alarms(app: typer.Typer, words: Words) -> None:
    group = typer.Typer(help=words("help.alarms"), rich_markup_mode=None)
    app.add_typer(group, name="alarms")

    @group.command("list", help=words("help.alarms.list"))
    def list_(
        *, every: Annotated[bool, Option("--all", help=words("help.alarms.all"))] = False
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.rights import list_alarms

            return list_alarms(asked, every=every)

        return do

    @group.command("settle", help=words("help.alarms.settle"))
    def settle(
        index: Annotated[int, Argument(metavar="ALARM", help=words("help.alarms.index"))],
        reason: Annotated[str, Option("--reason", metavar="R", help=words("help.alarms.reason"))],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.rights import settle_alarm

            return settle_alarm(asked, index=index, reason=required("--reason", reason))

        return do
