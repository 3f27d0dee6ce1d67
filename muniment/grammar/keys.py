"""key."""

from typing import Annotated

import typer
from typer import Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words, required


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    group = typer.Typer(help=words("help.key"), rich_markup_mode=None)
    app.add_typer(group, name="key")
    hardware_option = Option("--to-pkcs11", help=words("help.key.to_pkcs11"))

    @group.command("list", help=words("help.key.list"))
    def list_() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.keys import list_keys

            return list_keys(asked)

        return do

    @group.command("rotate", help=words("help.key.rotate"))
    def rotate(to_pkcs11: Annotated[bool, hardware_option] = False) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.keys import change

            return change(asked, hardware=to_pkcs11)

        return do

    @group.command("retire", help=words("help.key.retire"))
    def retire(
        reason: Annotated[str, Option("--reason", help=words("help.key.reason"))],
        compromised: Annotated[
            bool, Option("--compromised", help=words("help.key.compromised"))
        ] = False,
        to_pkcs11: Annotated[bool, hardware_option] = False,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.keys import retire

            why = required("--reason", reason)
            return retire(asked, compromised=compromised, reason=why, hardware=to_pkcs11)

        return do

    @group.command("protect", help=words("help.key.protect"))
    def protect() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.keys import protect

            return protect(asked)

        return do
