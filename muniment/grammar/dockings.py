"""dock, docking."""

from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words, text_of


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    _add_dock(app, words)
    _add_docking(app, words)


def _add_dock(app: typer.Typer, words: Words) -> None:
    @app.command("dock", help=words("help.dock"))
    def dock(
        source: Annotated[str, Argument(metavar="SOURCE", help=words("help.dock.source"))],
        *,
        recorder: Annotated[
            str | None, Option("--recorder", metavar="SERIAL", help=words("help.dock.recorder"))
        ] = None,
        officer: Annotated[
            str | None, Option("--officer", metavar="BADGE", help=words("help.dock.officer"))
        ] = None,
        case: Annotated[
            str | None, Option("--case", metavar="NUMBER", help=words("help.dock.case"))
        ] = None,
        reread: Annotated[bool, Option("--reread", help=words("help.dock.reread"))] = False,
        no_derive: Annotated[
            bool, Option("--no-derive", help=words("help.dock.no_derive"))
        ] = False,
        erase: Annotated[bool, Option("--erase", help=words("help.dock.erase"))] = False,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.dock import DockingOrder, dock

            order = DockingOrder(
                source=source,
                recorder=text_of("--recorder", recorder),
                officer=text_of("--officer", officer),
                case=text_of("--case", case),
                reread=reread,
                derive=not no_derive,
                erase=erase,
            )
            return dock(asked, order)

        return do


def _add_docking(app: typer.Typer, words: Words) -> None:
    group = typer.Typer(help=words("help.docking"), rich_markup_mode=None)
    app.add_typer(group, name="docking")
    id_argument = Argument(metavar="ID", help=words("help.docking.id"))

    @group.command("list", help=words("help.docking.list"))
    def list_(
        limit: Annotated[
            int | None, Option("--limit", min=0, help=words("help.docking.limit"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.dockings import list_dockings

            return list_dockings(asked, limit)

        return do

    @group.command("show", help=words("help.docking.show"))
    def show(docking: Annotated[str, id_argument]) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.dockings import show_docking

            return show_docking(asked, docking)

        return do

    @group.command("cancel", help=words("help.docking.cancel"))
    def cancel(docking: Annotated[str, id_argument]) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.dockings import cancel_docking

            return cancel_docking(asked, docking)

        return do
