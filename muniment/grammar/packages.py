"""package."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words, required


def add(app: typer.Typer, words: Words) -> None:
    """Add this command."""

    @app.command("package", help=words("help.package"))
    def package(
        subject: Annotated[
            str, Argument(metavar="CLIP-or-CASE", help=words("help.package.subject"))
        ],
        out: Annotated[str, Option("--out", metavar="FILE.zip", help=words("help.package.out"))],
        renditions: Annotated[
            str, Option("--renditions", metavar="KINDS", help=words("help.package.renditions"))
        ] = "poster,proxy",
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.packaging import package

            return package(
                asked,
                required("CLIP-or-CASE", subject),
                out=Path(required("--out", out)),
                renditions=renditions,
            )

        return do
