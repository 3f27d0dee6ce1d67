"""transfer."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words, required, text_of


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    group = typer.Typer(help=words("help.transfer"), rich_markup_mode=None)
    _add_make(group, words)
    _add_coming_back(group, words)
    _add_check(group, words)
    app.add_typer(group, name="transfer")


def _path(name: str, value: str | None) -> Path | None:
    found = text_of(name, value)
    return None if found is None else Path(found)


def _add_make(group: typer.Typer, words: Words) -> None:
    @group.command("make", help=words("help.transfer.make"))
    def make(
        number: Annotated[str, Argument(metavar="NUMBER", help=words("help.case.number"))],
        *,
        to: Annotated[str, Option("--to", metavar="NAME", help=words("help.transfer.to"))],
        out: Annotated[str, Option("--out", metavar="FOLDER", help=words("help.transfer.out"))],
        fonds: Annotated[
            str | None, Option("--fonds", metavar="F", help=words("help.transfer.fonds"))
        ] = None,
        secrecy: Annotated[
            str | None, Option("--secrecy", metavar="S", help=words("help.transfer.secrecy"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.transferring import make_transfer
            from oversight.transfer.making import Sending

            sending = Sending(
                number=required("NUMBER", number),
                to=required("--to", to),
                fonds=text_of("--fonds", fonds),
                secrecy=text_of("--secrecy", secrecy),
            )
            return make_transfer(asked, sending, Path(required("--out", out)))

        return do


def _add_coming_back(group: typer.Typer, words: Words) -> None:
    number_argument = Argument(metavar="NUMBER", help=words("help.case.number"))

    @group.command("receipt", help=words("help.transfer.receipt"))
    def receipt(
        number: Annotated[str, number_argument],
        file: Annotated[str, Argument(metavar="FILE", help=words("help.transfer.file"))],
        *,
        signature: Annotated[
            str | None,
            Option("--signature", metavar="FILE", help=words("help.transfer.signature")),
        ] = None,
        ca: Annotated[
            str | None, Option("--ca", metavar="PEM", help=words("help.transfer.ca"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.transferring import take_receipt

            return take_receipt(
                asked,
                required("NUMBER", number),
                Path(required("FILE", file)),
                signature=_path("--signature", signature),
                ca=_path("--ca", ca),
            )

        return do

    @group.command("show", help=words("help.transfer.show"))
    def show(number: Annotated[str, number_argument]) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.transferring import show_transfers

            return show_transfers(asked, required("NUMBER", number))

        return do


def _add_check(group: typer.Typer, words: Words) -> None:
    @group.command("check", help=words("help.transfer.check"))
    def check(
        folder: Annotated[str, Argument(metavar="FOLDER", help=words("help.transfer.folder"))],
        *,
        by: Annotated[str, Option("--by", metavar="NAME", help=words("help.transfer.by"))],
        out: Annotated[
            str | None, Option("--out", metavar="FILE", help=words("help.transfer.receipt_out"))
        ] = None,
        refuse: Annotated[
            str | None, Option("--refuse", metavar="REASON", help=words("help.transfer.refuse"))
        ] = None,
        vkey: Annotated[
            list[str] | None, Option("--vkey", metavar="VKEY", help=words("help.verify.vkey"))
        ] = None,
        sign_with: Annotated[
            str | None, Option("--sign-with", metavar="KEY", help=words("help.transfer.key"))
        ] = None,
        certificate: Annotated[
            str | None,
            Option("--certificate", metavar="FILE", help=words("help.transfer.certificate")),
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.transferring import Receiving, check_transfer

            receiving = Receiving(
                by=required("--by", by),
                out=_path("--out", out),
                refuse=text_of("--refuse", refuse),
                vkeys=[required("--vkey", key) for key in vkey or ()],
                key=_path("--sign-with", sign_with),
                certificate=_path("--certificate", certificate),
            )
            return check_transfer(asked, Path(required("FOLDER", folder)), receiving)

        return do
