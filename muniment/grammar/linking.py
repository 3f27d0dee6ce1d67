"""dispatch, link."""

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
