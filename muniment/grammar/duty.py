"""officer certify|withdraw, recorder hand-over|check, station charge."""

from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words, required, text_of


def add_to_officer(group: typer.Typer, words: Words) -> None:
    """Add what is done with certificates."""
    badge_argument = Argument(metavar="BADGE", help=words("help.officer.badge"))
    reviewer_option = Option("--reviewer", help=words("help.officer.reviewer"))

    @group.command("certify", help=words("help.officer.certify"))
    def certify(
        badge: Annotated[str, badge_argument],
        *,
        number: Annotated[str, Option("--number", help=words("help.officer.number"))],
        first: Annotated[str, Option("--from", metavar="DAY", help=words("help.officer.first"))],
        last: Annotated[str, Option("--until", metavar="DAY", help=words("help.officer.last"))],
        issuer: Annotated[str | None, Option("--issuer", help=words("help.officer.issuer"))] = None,
        reviewer: Annotated[bool, reviewer_option] = False,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.duty import Typed, certify

            typed = Typed(
                badge=required("BADGE", badge),
                reviewer=reviewer,
                number=required("--number", number),
                first=required("--from", first),
                last=required("--until", last),
                issuer=text_of("--issuer", issuer),
            )
            return certify(asked, typed)

        return do

    @group.command("withdraw", help=words("help.officer.withdraw"))
    def withdraw(
        badge: Annotated[str, badge_argument],
        *,
        reason: Annotated[
            str, Option("--reason", metavar="R", help=words("help.officer.withdraw_reason"))
        ],
        reviewer: Annotated[bool, reviewer_option] = False,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.duty import withdraw

            return withdraw(
                asked,
                required("BADGE", badge),
                reviewer=reviewer,
                reason=required("--reason", reason),
            )

        return do


def add_to_recorder(group: typer.Typer, words: Words) -> None:
    """Add what is done with a recorder before, between and after duties."""
    serial_argument = Argument(metavar="SERIAL", help=words("help.recorder.serial"))

    @group.command("hand-over", help=words("help.recorder.hand_over"))
    def hand_over(
        serial: Annotated[str, serial_argument],
        *,
        to: Annotated[
            str | None, Option("--to", metavar="BADGE", help=words("help.recorder.to"))
        ] = None,
        by: Annotated[
            str | None, Option("--by", metavar="BADGE", help=words("help.recorder.by"))
        ] = None,
        at: Annotated[
            str | None, Option("--at", metavar="T", help=words("help.recorder.at"))
        ] = None,
        reason: Annotated[
            str | None, Option("--reason", metavar="R", help=words("help.recorder.reason"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.duty import hand_over

            return hand_over(
                asked,
                required("SERIAL", serial),
                to=text_of("--to", to),
                by=text_of("--by", by),
                at=text_of("--at", at),
                reason=text_of("--reason", reason),
            )

        return do

    _add_check(group, words)


def _add_check(group: typer.Typer, words: Words) -> None:
    @group.command("check", help=words("help.recorder.check"))
    def check(
        serial: Annotated[str, Argument(metavar="SERIAL", help=words("help.recorder.serial"))],
        *,
        battery: Annotated[
            int | None, Option("--battery", metavar="PERCENT", help=words("help.recorder.battery"))
        ] = None,
        free: Annotated[
            int | None, Option("--free-mb", metavar="MB", help=words("help.recorder.free"))
        ] = None,
        offset: Annotated[
            str | None,
            Option("--clock-off", metavar="SECONDS", help=words("help.recorder.clock_off")),
        ] = None,
        officer: Annotated[
            str | None, Option("--officer", metavar="BADGE", help=words("help.recorder.duty_of"))
        ] = None,
        note: Annotated[str | None, Option("--note", help=words("help.recorder.note"))] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.duty import Seen, check

            seen = Seen(
                battery=battery,
                free_mb=free,
                clock_off=text_of("--clock-off", offset),
                officer=text_of("--officer", officer),
                note=text_of("--note", note),
            )
            return check(asked, required("SERIAL", serial), seen)

        return do


def add_to_station(group: typer.Typer, words: Words) -> None:
    """Add who is in charge."""

    @group.command("charge", help=words("help.station.charge"))
    def charge(
        badge: Annotated[
            str | None, Argument(metavar="[BADGE]", help=words("help.station.badge"))
        ] = None,
        *,
        nobody: Annotated[bool, Option("--nobody", help=words("help.station.nobody"))] = False,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.duty import charge

            return charge(asked, text_of("BADGE", badge), nobody=nobody)

        return do
