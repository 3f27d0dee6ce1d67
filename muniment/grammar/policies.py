"""policy."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    group = typer.Typer(help=words("help.policy"), rich_markup_mode=None)
    app.add_typer(group, name="policy")

    @group.command("show", help=words("help.policy.show"))
    def show() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.policy import show_policy

            return show_policy(asked)

        return do

    @group.command("check", help=words("help.policy.check"))
    def check(
        file: Annotated[Path, Argument(metavar="FILE", help=words("help.policy.file"))],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.policy import check_policy

            return check_policy(asked, file)

        return do
