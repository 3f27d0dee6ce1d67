"""dispatch, link, draw."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words, required, text_of


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    _add_dispatch(app, words)
    group = typer.Typer(help=words("help.link"), rich_markup_mode=None)
    app.add_typer(group, name="link")
    _add_looking(group, words)
    _add_deciding(group, words)
    draws = typer.Typer(help=words("help.draw"), rich_markup_mode=None)
    app.add_typer(draws, name="draw")
    _add_draws(draws, words)
    _add_scores(draws, words)


def _add_dispatch(app: typer.Typer, words: Words) -> None:
    group = typer.Typer(help=words("help.dispatch"), rich_markup_mode=None)
    app.add_typer(group, name="dispatch")

    @group.command("import", help=words("help.dispatch.import"))
    def import_(
        file: Annotated[Path, Argument(metavar="FILE", help=words("help.dispatch.file"))],
        *,
        kind: Annotated[str, Option("--kind", help=words("help.dispatch.kind"))] = "dispatch",
        encoding: Annotated[
            str | None, Option("--encoding", help=words("help.dispatch.encoding"))
        ] = None,
        skip_bad: Annotated[bool, Option("--skip-bad", help=words("help.dispatch.skip"))] = False,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.linking import import_file

            return import_file(
                asked,
                file,
                kind=required("--kind", kind),
                encoding=text_of("--encoding", encoding),
                skip_bad=skip_bad,
            )

        return do

    @group.command("list", help=words("help.dispatch.list"))
    def list_() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.linking import list_imports

            return list_imports(asked)

        return do


def _add_looking(group: typer.Typer, words: Words) -> None:
    @group.command("propose", help=words("help.link.propose"))
    def propose(
        *, everything: Annotated[bool, Option("--all", help=words("help.link.all"))] = False
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.linking import propose

            return propose(asked, everything=everything)

        return do

    @group.command("list", help=words("help.link.list"))
    def list_(
        *,
        case: Annotated[
            str | None, Option("--case", metavar="NUMBER", help=words("help.link.case"))
        ] = None,
        conflicts: Annotated[
            bool, Option("--conflicts", help=words("help.link.conflicts"))
        ] = False,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.linking import list_proposals

            return list_proposals(asked, text_of("--case", case), conflicts=conflicts)

        return do

    @group.command("rules", help=words("help.link.rules"))
    def rules() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.linking import show_rules

            return show_rules(asked)

        return do


def _add_deciding(group: typer.Typer, words: Words) -> None:
    clip_argument = Argument(metavar="CLIP", help=words("help.case.clip"))
    number_argument = Argument(metavar="NUMBER", help=words("help.case.number"))

    @group.command("confirm", help=words("help.link.confirm"))
    def confirm(
        clip: Annotated[str, clip_argument],
        number: Annotated[str, number_argument],
        *,
        reason: Annotated[
            str | None, Option("--reason", metavar="R", help=words("help.link.why"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.linking import confirm_link

            return confirm_link(
                asked, clip, required("NUMBER", number), text_of("--reason", reason)
            )

        return do

    @group.command("decline", help=words("help.link.decline"))
    def decline(
        clip: Annotated[str, clip_argument],
        number: Annotated[str, number_argument],
        *,
        reason: Annotated[str, Option("--reason", metavar="R", help=words("help.link.why"))],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.linking import decline_link

            return decline_link(
                asked, clip, required("NUMBER", number), required("--reason", reason)
            )

        return do


def _add_draws(group: typer.Typer, words: Words) -> None:
    @group.command("make", help=words("help.draw.make"))
    def make(
        *,
        seed: Annotated[str, Option("--seed", metavar="TEXT", help=words("help.draw.seed"))],
        count: Annotated[int, Option("--count", metavar="N", help=words("help.draw.count"))],
        first: Annotated[str, Option("--from", metavar="DAY", help=words("help.draw.first"))],
        last: Annotated[str, Option("--to", metavar="DAY", help=words("help.draw.last"))],
        unit: Annotated[str | None, Option("--unit", help=words("help.draw.unit"))] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.drawing import Typed, make_draw

            typed = Typed(
                seed=required("--seed", seed),
                count=count,
                first=required("--from", first),
                last=required("--to", last),
                unit=text_of("--unit", unit),
            )
            return make_draw(asked, typed)

        return do

    @group.command("show", help=words("help.draw.show"))
    def show(
        draw: Annotated[str, Argument(metavar="DRAW", help=words("help.draw.id"))],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.drawing import show_draw

            return show_draw(asked, required("DRAW", draw))

        return do


def _add_scores(group: typer.Typer, words: Words) -> None:
    @group.command("score", help=words("help.draw.score"))
    def score(
        draw: Annotated[str, Argument(metavar="DRAW", help=words("help.draw.id"))],
        number: Annotated[str, Argument(metavar="NUMBER", help=words("help.case.number"))],
        *,
        point: Annotated[
            list[str], Option("--point", metavar="ITEM=POINTS", help=words("help.draw.point"))
        ],
        note: Annotated[str | None, Option("--note", help=words("help.draw.note"))] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.drawing import score_case

            return score_case(
                asked,
                required("DRAW", draw),
                required("NUMBER", number),
                [required("--point", one) for one in point],
                text_of("--note", note),
            )

        return do

    @group.command("sheet", help=words("help.draw.sheet"))
    def sheet() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.drawing import show_sheet

            return show_sheet(asked)

        return do
