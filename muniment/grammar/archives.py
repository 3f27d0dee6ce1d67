"""init, rebuild, audit, derive, doctor, serve, station, sealer, ledger."""

from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar import duty
from muniment.grammar.words import Words, required, text_of


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    _add_making(app, words)
    _add_audit(app, words)
    _add_services(app, words)
    _add_ledger(app, words)


def _add_making(app: typer.Typer, words: Words) -> None:
    @app.command("init", help=words("help.init"))
    def init(
        origin: Annotated[str, Option("--origin", help=words("help.init.origin"))],
        unit: Annotated[str | None, Option("--unit", help=words("help.init.unit"))] = None,
        sm3: Annotated[bool, Option("--sm3", help=words("help.init.sm3"))] = False,
        store: Annotated[str | None, Option("--store", help=words("help.init.store"))] = None,
        catalogue: Annotated[
            str | None, Option("--catalogue", help=words("help.init.catalogue"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.making import init

            return init(
                asked,
                origin=required("--origin", origin),
                unit=text_of("--unit", unit),
                sm3=sm3,
                store=text_of("--store", store),
                catalogue=text_of("--catalogue", catalogue),
            )

        return do

    @app.command("rebuild", help=words("help.rebuild"))
    def rebuild() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.making import rebuild

            return rebuild(asked)

        return do

    @app.command("derive", help=words("help.derive"))
    def derive(
        clips: Annotated[
            list[str] | None, Argument(metavar="[CLIP]...", help=words("help.derive.clips"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.deriving import derive

            return derive(asked, clips or None)

        return do


def _add_audit(app: typer.Typer, words: Words) -> None:
    @app.command("audit", help=words("help.audit"))
    def audit(
        full: Annotated[bool, Option("--full", help=words("help.audit.full"))] = False,
        sample: Annotated[
            str | None, Option("--sample", metavar="PERCENT", help=words("help.audit.sample"))
        ] = None,
        seed: Annotated[
            str | None, Option("--seed", metavar="N", help=words("help.audit.seed"))
        ] = None,
        since: Annotated[
            int | None, Option("--since", metavar="INDEX", help=words("help.audit.since"))
        ] = None,
        record: Annotated[bool, Option("--record", help=words("help.audit.record"))] = False,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.auditing import audit, mode_of

            mode = mode_of(full=full, sample=sample, seed=seed, since=since)
            return audit(asked, mode=mode, record=record)

        return do


def _add_services(app: typer.Typer, words: Words) -> None:
    host_option = Option("--host", help=words("help.serve.host"))
    port_option = Option("--port", min=0, max=65535, help=words("help.serve.port"))

    @app.command("serve", help=words("help.serve"))
    def serve(
        host: Annotated[str, host_option] = "127.0.0.1", port: Annotated[int, port_option] = 8000
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.serving import serve

            return serve(asked, host=host, port=port)

        return do

    group = typer.Typer(
        help=words("help.station"), rich_markup_mode=None, invoke_without_command=True
    )
    app.add_typer(group, name="station")

    @group.callback()
    def station(
        context: typer.Context,
        host: Annotated[str, host_option] = "127.0.0.1",
        port: Annotated[int, port_option] = 8000,
        no_usb: Annotated[bool, Option("--no-usb", help=words("help.station.no_usb"))] = False,
    ) -> Job | None:
        if context.invoked_subcommand is not None:
            return None

        def do(asked: Asked) -> Answer:
            from muniment.commands.serving import station

            return station(asked, host=host, port=port, usb=not no_usb)

        return do

    duty.add_to_station(group, words)

    @app.command("sealer", help=words("help.sealer"))
    def sealer(
        socket: Annotated[
            str, Option("--socket", metavar="PATH", help=words("help.sealer.socket"))
        ],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from pathlib import Path

            from muniment.commands.sealing import seal

            return seal(asked, socket=Path(required("--socket", socket)))

        return do

    @app.command("doctor", help=words("help.doctor"))
    def doctor(
        part: Annotated[
            str | None, Argument(metavar="[usb|s3]", help=words("help.doctor.part"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.doctor import doctor

            return doctor(asked, part=part)

        return do


def _add_ledger(app: typer.Typer, words: Words) -> None:
    group = typer.Typer(help=words("help.ledger"), rich_markup_mode=None)
    app.add_typer(group, name="ledger")

    @group.command("vkey", help=words("help.ledger.vkey"))
    def vkey() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.ledger import vkey

            return vkey(asked)

        return do

    @group.command("checkpoint", help=words("help.ledger.checkpoint"))
    def checkpoint() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.ledger import checkpoint

            return checkpoint(asked)

        return do

    @group.command("entries", help=words("help.ledger.entries"))
    def entries(
        subject: Annotated[
            str | None, Option("--subject", help=words("help.ledger.subject"))
        ] = None,
        first: Annotated[
            int | None, Option("--from", min=0, help=words("help.ledger.from"))
        ] = None,
        last: Annotated[int | None, Option("--to", min=0, help=words("help.ledger.to"))] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.ledger import entries

            return entries(asked, subject=subject, first=first or 0, last=last)

        return do

    @group.command("proof", help=words("help.ledger.proof"))
    def proof(clip: Annotated[str, Argument(metavar="CLIP", help=words("help.case.clip"))]) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.ledger import proof

            return proof(asked, clip)

        return do
