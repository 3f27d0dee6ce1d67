"""package, verify."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words, required


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    _add_package(app, words)
    _add_verify(app, words)


def _add_package(app: typer.Typer, words: Words) -> None:
    @app.command("package", help=words("help.package"))
    def package(
        subject: Annotated[
            str, Argument(metavar="CLIP-or-CASE", help=words("help.package.subject"))
        ],
        out: Annotated[str, Option("--out", metavar="FILE.zip", help=words("help.package.out"))],
        renditions: Annotated[
            str, Option("--renditions", metavar="KINDS", help=words("help.package.renditions"))
        ] = "poster,proxy,repair",  # a damaged clip's poster and proxy are made of its repaired file
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


def _add_verify(app: typer.Typer, words: Words) -> None:
    @app.command("verify", help=words("help.verify"))
    def verify(
        package: Annotated[str, Argument(metavar="FILE.zip", help=words("help.verify.package"))],
        vkey: Annotated[
            list[str] | None, Option("--vkey", metavar="VKEY", help=words("help.verify.vkey"))
        ] = None,
        tsa_ca: Annotated[
            list[str] | None, Option("--tsa-ca", metavar="PEM", help=words("help.verify.tsa_ca"))
        ] = None,
        witness: Annotated[
            list[str] | None, Option("--witness", metavar="VKEY", help=words("help.verify.witness"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.verifying import verify

            return verify(
                asked,
                Path(required("FILE.zip", package)),
                vkeys=[required("--vkey", key) for key in vkey or ()],
                tsa_cas=[Path(required("--tsa-ca", path)) for path in tsa_ca or ()],
                witnesses=[required("--witness", key) for key in witness or ()],
            )

        return do
