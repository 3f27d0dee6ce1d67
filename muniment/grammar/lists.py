"""list, and what is checked of a case by them."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words, required, text_of


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    group = typer.Typer(help=words("help.list"), rich_markup_mode=None)
    app.add_typer(group, name="list")
    _add_files(group, words)
    _add_looking(group, words)
    _add_changing(group, words)


def _add_files(group: typer.Typer, words: Words) -> None:
    file_argument = Argument(metavar="FILE", help=words("help.list.file"))
    kind_option = Option("--kind", metavar="KIND", help=words("help.list.kind"))

    @group.command("check", help=words("help.list.check"))
    def check(
        file: Annotated[Path, file_argument],
        *,
        kind: Annotated[str | None, kind_option] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.lists import check_list

            return check_list(asked, file, kind)

        return do

    @group.command("publish", help=words("help.list.publish"))
    def publish(
        file: Annotated[Path, file_argument],
        *,
        in_force: Annotated[
            str, Option("--in-force", metavar="DAY", help=words("help.list.in_force"))
        ],
        kind: Annotated[str | None, kind_option] = None,
        title: Annotated[str | None, Option("--title", help=words("help.list.title"))] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.lists import publish_list

            said = text_of("--title", title)
            return publish_list(asked, file, in_force=in_force, kind=kind, title=said)

        return do


def _add_looking(group: typer.Typer, words: Words) -> None:
    kind_argument = Argument(metavar="KIND", help=words("help.list.kind"))

    @group.command("show", help=words("help.list.show"))
    def show(
        kind: Annotated[str, kind_argument],
        *,
        version: Annotated[
            int | None, Option("--version", metavar="N", help=words("help.list.version"))
        ] = None,
        day: Annotated[
            str | None, Option("--day", metavar="DAY", help=words("help.list.day"))
        ] = None,
        against: Annotated[
            int | None, Option("--against", metavar="N", help=words("help.list.against"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.lists import Wanted, show_list

            wanted = Wanted(kind=kind, version=version, day=day, against=against)
            return show_list(asked, wanted)

        return do

    @group.command("history", help=words("help.list.history"))
    def history(
        kind: Annotated[str | None, kind_argument] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.lists import list_history

            return list_history(asked, kind)

        return do

    @group.command("sample", help=words("help.list.sample"))
    def sample(kind: Annotated[str, kind_argument]) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.lists import sample

            return sample(asked, kind)

        return do


def _add_changing(group: typer.Typer, words: Words) -> None:
    kind_argument = Argument(metavar="KIND", help=words("help.list.kind"))
    reason_option = Option("--reason", metavar="R", help=words("help.list.reason"))

    @group.command("withdraw", help=words("help.list.withdraw"))
    def withdraw(
        kind: Annotated[str, kind_argument],
        version: Annotated[int, Argument(metavar="N", help=words("help.list.number"))],
        *,
        reason: Annotated[str, reason_option],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.lists import withdraw_list

            return withdraw_list(asked, kind, version, required("--reason", reason))

        return do

    @group.command("outdate", help=words("help.list.outdate"))
    def outdate(
        kind: Annotated[str, kind_argument],
        *,
        reason: Annotated[str, reason_option],
        at: Annotated[
            str | None, Option("--at", metavar="TIME", help=words("help.list.at"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.lists import outdate_list

            return outdate_list(asked, kind, at, required("--reason", reason))

        return do


def add_to_case(group: typer.Typer, words: Words) -> None:
    """Add what a case is checked by."""

    @group.command("check", help=words("help.case.check"))
    def check(
        number: Annotated[
            str | None, Argument(metavar="[NUMBER]", help=words("help.case.number"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.checks import check_case, check_cases

            return check_cases(asked) if number is None else check_case(asked, number)

        return do

    @group.command("explain", help=words("help.case.explain"))
    def explain(
        number: Annotated[str, Argument(metavar="NUMBER", help=words("help.case.number"))],
        *,
        code: Annotated[
            str, Option("--code", metavar="CODE", help=words("help.case.explain.code"))
        ],
        reason: Annotated[
            str, Option("--reason", metavar="R", help=words("help.case.explain.reason"))
        ],
        from_: Annotated[
            str | None, Option("--from", metavar="TIME", help=words("help.case.explain.from"))
        ] = None,
        to: Annotated[
            str | None, Option("--to", metavar="TIME", help=words("help.case.explain.to"))
        ] = None,
        clip: Annotated[
            str | None, Option("--clip", metavar="CLIP", help=words("help.case.explain.clip"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.checks import Stated, explain_stop

            stated = Stated(
                number=number,
                code=code,
                reason=required("--reason", reason),
                from_=from_,
                to=to,
                clip=clip,
            )
            return explain_stop(asked, stated)

        return do
