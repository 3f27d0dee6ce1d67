"""timestamp."""

import typer

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words


def add(app: typer.Typer, words: Words) -> None:
    """Add this command."""

    @app.command("timestamp", help=words("help.timestamp"))
    def timestamp() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.timestamping import timestamp

            return timestamp(asked)

        return do
