"""`exchange`: messages to and from archives of other levels."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.errors import WrongUsageError
from muniment.grammar.words import Words, required


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    group = typer.Typer(help=words("help.exchange"), rich_markup_mode=None)
    app.add_typer(group, name="exchange")
    _add_send(group, words)

    @group.command("status", help=words("help.exchange.status"))
    def status() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.exchange import status

            return status(asked)

        return do

    @group.command("serve", help=words("help.exchange.serve"))
    def serve(
        *,
        host: Annotated[str, Option("--host", help=words("help.serve.host"))] = "127.0.0.1",
        port: Annotated[
            int, Option("--port", min=0, max=65535, help=words("help.serve.port"))
        ] = 8444,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.exchange import serve

            return serve(asked, host=host, port=port)

        return do


def _add_send(group: typer.Typer, words: Words) -> None:
    @group.command("send", help=words("help.exchange.send"))
    def send(
        number: Annotated[
            str | None, Argument(metavar="[NUMBER]", help=words("help.case.number"))
        ] = None,
        *,
        to: Annotated[
            str | None, Option("--to", metavar="PEER", help=words("help.exchange.to"))
        ] = None,
        package: Annotated[
            Path | None, Option("--package", metavar="FILE", help=words("help.exchange.package"))
        ] = None,
        waiting: Annotated[bool, Option("--waiting", help=words("help.exchange.waiting"))] = False,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.exchange import send, send_waiting

            if waiting:
                if number is not None or to is not None or package is not None:
                    raise WrongUsageError("--waiting stands alone")
                return send_waiting(asked)
            if number is None or to is None:
                raise WrongUsageError("NUMBER and --to, or --waiting")
            return send(asked, required("NUMBER", number), required("--to", to), package)

        return do
