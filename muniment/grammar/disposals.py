"""hold, classify, retention, disposal."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words, required, text_of


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    holds = typer.Typer(help=words("help.hold"), rich_markup_mode=None)
    app.add_typer(holds, name="hold")
    _add_holds(holds, words)
    _add_classify(app, words)
    retention = typer.Typer(help=words("help.retention"), rich_markup_mode=None)
    app.add_typer(retention, name="retention")
    _add_retention(retention, words)
    disposal = typer.Typer(help=words("help.disposal"), rich_markup_mode=None)
    app.add_typer(disposal, name="disposal")
    _add_deciding(disposal, words)
    _add_carrying(disposal, words)


def _add_holds(group: typer.Typer, words: Words) -> None:
    reason_option = Option("--reason", metavar="R", help=words("help.hold.reason"))

    @group.command("place", help=words("help.hold.place"))
    def place(
        about: Annotated[str, Argument(metavar="CLIP|NUMBER", help=words("help.hold.about"))],
        *,
        reason: Annotated[str, reason_option],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.retaining import place_hold

            return place_hold(asked, required("CLIP", about), required("--reason", reason))

        return do

    @group.command("lift", help=words("help.hold.lift"))
    def lift(
        hold: Annotated[str, Argument(metavar="HOLD", help=words("help.hold.id"))],
        *,
        reason: Annotated[str, reason_option],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.retaining import lift_hold

            return lift_hold(asked, required("HOLD", hold), required("--reason", reason))

        return do

    @group.command("list", help=words("help.hold.list"))
    def listed(
        *, lifted: Annotated[bool, Option("--lifted", help=words("help.hold.lifted"))] = False
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.retaining import list_holds

            return list_holds(asked, lifted=lifted)

        return do


def _add_classify(app: typer.Typer, words: Words) -> None:
    @app.command("classify", help=words("help.classify"))
    def classify(
        about: Annotated[
            list[str], Argument(metavar="CLIP|NUMBER...", help=words("help.hold.about"))
        ],
        *,
        category: Annotated[
            list[str] | None, Option("--as", metavar="CATEGORY", help=words("help.classify.as"))
        ] = None,
        reason: Annotated[str, Option("--reason", metavar="R", help=words("help.hold.reason"))],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.retaining import classify

            named = [required("CLIP", each) for each in about]
            wanted = [required("--as", each) for each in category or []]
            return classify(asked, named, wanted, required("--reason", reason))

        return do


def _add_retention(group: typer.Typer, words: Words) -> None:
    @group.command("show", help=words("help.retention.show"))
    def show(
        clip: Annotated[str, Argument(metavar="CLIP", help=words("help.retention.clip"))],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.retaining import show_retention

            return show_retention(asked, required("CLIP", clip))

        return do

    @group.command("try", help=words("help.retention.try"))
    def attempt(
        file: Annotated[Path, Argument(metavar="FILE", help=words("help.rules.file"))],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.retaining import try_rules

            return try_rules(asked, file)

        return do


def _add_deciding(group: typer.Typer, words: Words) -> None:
    reason_option = Option("--reason", metavar="R", help=words("help.hold.reason"))
    by_option = Option("--by", metavar="USER", help=words("help.disposal.by"))
    id_argument = Argument(metavar="DISPOSAL", help=words("help.disposal.id"))

    @group.command("propose", help=words("help.disposal.propose"))
    def propose(
        *,
        reason: Annotated[str, reason_option],
        until: Annotated[
            str | None, Option("--until", metavar="DAY", help=words("help.disposal.until"))
        ] = None,
        by: Annotated[str | None, by_option] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.disposing import propose

            why, who = required("--reason", reason), text_of("--by", by)
            return propose(asked, until=until, reason=why, by=who)

        return do

    def step(name: str, *, agreed: bool) -> None:
        @group.command(name, help=words(f"help.disposal.{name}"))
        def decide(
            disposal: Annotated[str, id_argument],
            *,
            reason: Annotated[str, reason_option],
            by: Annotated[str | None, by_option] = None,
        ) -> Job:
            def do(asked: Asked) -> Answer:
                from muniment.commands.disposing import decide

                why, who = required("--reason", reason), text_of("--by", by)
                return decide(
                    asked, required("DISPOSAL", disposal), agreed=agreed, reason=why, by=who
                )

            return do

    step("approve", agreed=True)
    step("decline", agreed=False)


def _add_carrying(group: typer.Typer, words: Words) -> None:
    id_argument = Argument(metavar="DISPOSAL", help=words("help.disposal.id"))
    by_option = Option("--by", metavar="USER", help=words("help.disposal.by"))

    @group.command("carry-out", help=words("help.disposal.carry_out"))
    def carry_out(
        disposal: Annotated[str, id_argument],
        *,
        by: Annotated[str | None, by_option] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.disposing import carry

            return carry(asked, required("DISPOSAL", disposal), by=text_of("--by", by))

        return do

    @group.command("list", help=words("help.disposal.list"))
    def listed() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.disposing import list_disposals

            return list_disposals(asked)

        return do

    @group.command("show", help=words("help.disposal.show"))
    def show(disposal: Annotated[str, id_argument]) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.disposing import show_disposal

            return show_disposal(asked, required("DISPOSAL", disposal))

        return do
