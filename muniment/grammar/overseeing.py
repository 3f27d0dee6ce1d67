"""oversight deadlines|digest|excuse."""

from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words, required, text_of


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    group = typer.Typer(help=words("help.oversight"), rich_markup_mode=None)
    app.add_typer(group, name="oversight")
    case_argument = Argument(metavar="CASE", help=words("help.oversight.case"))
    subject_argument = Argument(metavar="CLIP|CASE", help=words("help.oversight.subject"))
    unit_option = Option("--unit", metavar="UNIT", help=words("help.oversight.unit"))
    kind_option = Option("--kind", metavar="N", help=words("help.oversight.kind"), min=0, max=20)

    @group.command("deadlines", help=words("help.oversight.deadlines"))
    def deadlines(
        case: Annotated[str | None, case_argument] = None,
        *,
        missed: Annotated[bool, Option("--missed", help=words("help.oversight.missed"))] = False,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.overseeing import show_deadlines

            return show_deadlines(asked, text_of("CASE", case), missed=missed)

        return do

    @group.command("digest", help=words("help.oversight.digest"))
    def digest(unit: Annotated[str | None, unit_option] = None) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.overseeing import show_digest

            return show_digest(asked, text_of("--unit", unit))

        return do

    @group.command("excuse", help=words("help.oversight.excuse"))
    def excuse(
        subject: Annotated[str, subject_argument],
        *,
        kind: Annotated[int, kind_option],
        reason: Annotated[str, Option("--reason", help=words("help.oversight.reason"))],
        rule: Annotated[str | None, Option("--rule", help=words("help.oversight.rule"))] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.overseeing import state_excuse

            return state_excuse(
                asked,
                required("CLIP|CASE", subject),
                rule=text_of("--rule", rule),
                kind=kind,
                reason=required("--reason", reason),
            )

        return do
