"""witness."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words, required, text_of


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    group = typer.Typer(help=words("help.witness"), rich_markup_mode=None)
    app.add_typer(group, name="witness")
    folder_option = Option("--folder", metavar="DIR", help=words("help.witness.folder"))
    name_option = Option("--name", help=words("help.witness.name"))

    @group.command("serve", help=words("help.witness.serve"))
    def serve(
        folder: Annotated[Path, folder_option],
        name: Annotated[str | None, name_option] = None,
        log: Annotated[
            list[str] | None, Option("--log", metavar="VKEY", help=words("help.witness.log"))
        ] = None,
        host: Annotated[str, Option("--host", help=words("help.serve.host"))] = "127.0.0.1",
        port: Annotated[
            int, Option("--port", min=0, max=65535, help=words("help.serve.port"))
        ] = 8100,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.witnessing import serve

            vkeys = tuple(required("--log", vkey) for vkey in log or ())
            given = text_of("--name", name)
            return serve(asked, folder=folder, name=given, logs=vkeys, host=host, port=port)

        return do

    @group.command("vkey", help=words("help.witness.vkey"))
    def vkey(
        folder: Annotated[Path, folder_option], name: Annotated[str | None, name_option] = None
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.witnessing import vkey

            return vkey(asked, folder=folder, name=text_of("--name", name))

        return do

    @group.command("ask", help=words("help.witness.ask"))
    def ask() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.witnessing import ask

            return ask(asked)

        return do
