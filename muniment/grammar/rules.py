"""rules."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    group = typer.Typer(help=words("help.rules"), rich_markup_mode=None)
    app.add_typer(group, name="rules")

    @group.command("show", help=words("help.rules.show"))
    def show(
        day: Annotated[str | None, Option(metavar="DAY", help=words("help.rules.day"))] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.rules import show_rules

            return show_rules(asked, day)

        return do

    @group.command("check", help=words("help.rules.check"))
    def check(
        file: Annotated[Path, Argument(metavar="FILE", help=words("help.rules.file"))],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.rules import check_rules

            return check_rules(asked, file)

        return do
