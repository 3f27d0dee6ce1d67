"""worklist."""

from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words, required, text_of


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    group = typer.Typer(
        help=words("help.worklist"), rich_markup_mode=None, invoke_without_command=True
    )
    app.add_typer(group, name="worklist")
    docking_argument = Argument(metavar="DOCKING", help=words("help.worklist.docking"))
    reason_option = Option("--reason", metavar="R", help=words("help.worklist.reason"))
    officer_option = Option("--officer", metavar="BADGE", help=words("help.worklist.officer"))

    def show(asked: Asked) -> Answer:
        from muniment.commands.worklist import show_worklist

        return show_worklist(asked)

    @group.callback()
    def nothing_more() -> Job:
        return show

    @group.command("list", help=words("help.worklist.list"))
    def list_() -> Job:
        return show

    @group.command("accept", help=words("help.worklist.accept"))
    def accept(
        docking: Annotated[str, docking_argument],
        reason: Annotated[str, reason_option],
        officer: Annotated[str | None, officer_option] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.worklist import accept_docking

            return accept_docking(
                asked,
                required("DOCKING", docking),
                officer=text_of("--officer", officer),
                reason=required("--reason", reason),
            )

        return do

    @group.command("settle", help=words("help.worklist.settle"))
    def settle(
        docking: Annotated[str, docking_argument],
        officer: Annotated[str, officer_option],
        reason: Annotated[str, reason_option],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.worklist import settle_docking

            return settle_docking(
                asked,
                required("DOCKING", docking),
                officer=required("--officer", officer),
                reason=required("--reason", reason),
            )

        return do
