"""`publication` and `report`: what the public is told."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words, required, text_of


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    group = typer.Typer(help=words("help.publication"), rich_markup_mode=None)
    app.add_typer(group, name="publication")
    _add_propose(group, words)
    _add_check(group, words)
    _add_deciding(group, words)
    _add_looking(group, words)
    _add_outside(group, words)
    report = typer.Typer(help=words("help.report"), rich_markup_mode=None)
    app.add_typer(report, name="report")
    _add_report(report, words)


def _add_propose(group: typer.Typer, words: Words) -> None:
    @group.command("propose", help=words("help.publication.propose"))
    def propose(
        number: Annotated[str, Argument(metavar="NUMBER", help=words("help.case.number"))],
        *,
        title: Annotated[str, Option("--title", help=words("help.publication.title"))],
        conclusion: Annotated[
            str, Option("--conclusion", help=words("help.publication.conclusion"))
        ],
        facts: Annotated[str, Option("--facts", help=words("help.publication.facts"))] = "",
        basis: Annotated[str, Option("--basis", help=words("help.publication.basis"))] = "",
        document: Annotated[
            str, Option("--document", help=words("help.publication.document"))
        ] = "",
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.publication import propose
            from oversight.publication.record import Wording

            said = Wording(
                title=title, conclusion=conclusion, facts=facts, basis=basis, document=document
            )
            return propose(asked, required("NUMBER", number), said)

        return do


def _add_check(group: typer.Typer, words: Words) -> None:
    @group.command("check", help=words("help.publication.check"))
    def check(
        publication: Annotated[str, Argument(metavar="ID", help=words("help.publication.id"))],
        *,
        cut: Annotated[
            list[str] | None,
            Option("--cut", metavar="FIELD:FROM-TO", help=words("help.publication.cut")),
        ] = None,
        cut_found: Annotated[
            bool, Option("--cut-found", help=words("help.publication.cut_found"))
        ] = False,
        trade: Annotated[
            bool, Option("--trade-secret", help=words("help.publication.trade"))
        ] = False,
        state: Annotated[
            bool, Option("--state-secret", help=words("help.publication.secret"))
        ] = False,
        reason: Annotated[
            str | None, Option("--reason", metavar="R", help=words("help.publication.stays"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.publication import TypedCheck, check

            typed = TypedCheck(
                cuts=cut or (),
                cut_found=cut_found,
                trade=trade,
                state=state,
                reason=text_of("--reason", reason),
            )
            return check(asked, required("ID", publication), typed)

        return do


def _add_deciding(group: typer.Typer, words: Words) -> None:
    id_argument = Argument(metavar="ID", help=words("help.publication.id"))
    reason_option = Option("--reason", metavar="R", help=words("help.publication.reason"))

    @group.command("approve", help=words("help.publication.approve"))
    def approve(
        publication: Annotated[str, id_argument],
        *,
        reason: Annotated[str | None, reason_option] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.publication import approve

            said = text_of("--reason", reason)
            return approve(asked, required("ID", publication), said)

        return do

    @group.command("decline", help=words("help.publication.decline"))
    def decline(
        publication: Annotated[str, id_argument],
        *,
        reason: Annotated[str, reason_option],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.publication import decline

            return decline(asked, required("ID", publication), required("--reason", reason))

        return do

    @group.command("withdraw", help=words("help.publication.withdraw"))
    def withdraw(
        publication: Annotated[str, id_argument],
        *,
        why: Annotated[str, Option("--why", metavar="WHY", help=words("help.publication.why"))],
        reason: Annotated[str, reason_option],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.publication import withdraw

            said = required("--reason", reason)
            return withdraw(asked, required("ID", publication), why, said)

        return do


def _add_looking(group: typer.Typer, words: Words) -> None:
    @group.command("list", help=words("help.publication.list"))
    def list_(
        *,
        state: Annotated[
            list[str] | None,
            Option("--state", metavar="STATE", help=words("help.publication.state")),
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.publication import listed

            return listed(asked, state or ())

        return do

    @group.command("show", help=words("help.publication.show"))
    def show(
        publication: Annotated[str, Argument(metavar="ID", help=words("help.publication.id"))],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.publication import show

            return show(asked, required("ID", publication))

        return do


def _add_outside(group: typer.Typer, words: Words) -> None:
    @group.command("write", help=words("help.publication.write"))
    def write() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.publication import write

            return write(asked)

        return do

    @group.command("push", help=words("help.publication.push"))
    def push(
        *,
        to: Annotated[
            str | None, Option("--to", metavar="URL", help=words("help.publication.to"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.publication import push

            return push(asked, text_of("--to", to))

        return do

    @group.command("code", help=words("help.publication.code"))
    def code(
        number: Annotated[
            str, Argument(metavar="NUMBER", help=words("help.publication.certificate"))
        ],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.publication import code

            return code(asked, required("NUMBER", number))

        return do

    @group.command("serve", help=words("help.publication.serve"))
    def serve(
        *,
        host: Annotated[str, Option("--host", help=words("help.serve.host"))] = "127.0.0.1",
        port: Annotated[
            int, Option("--port", min=0, max=65535, help=words("help.serve.port"))
        ] = 8080,
        folder: Annotated[
            Path | None,
            Option("--folder", metavar="FOLDER", help=words("help.publication.folder")),
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.publication import serve

            return serve(asked, host=host, port=port, folder=folder)

        return do


def _add_report(group: typer.Typer, words: Words) -> None:
    year_argument = Argument(metavar="YEAR", min=2000, max=2999, help=words("help.report.year"))

    @group.command("annual", help=words("help.report.annual"))
    def annual(
        year: Annotated[int, year_argument],
        *,
        csv: Annotated[bool, Option("--csv", help=words("help.report.csv"))] = False,
        pdf: Annotated[bool, Option("--pdf", help=words("help.report.pdf"))] = False,
        propose: Annotated[bool, Option("--propose", help=words("help.report.propose"))] = False,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.annual import figures
            from muniment.commands.annual import propose as put_forward
            from muniment.errors import WrongUsageError

            if csv + pdf + propose > 1:
                raise WrongUsageError("one of --csv, --pdf and --propose")
            if propose:
                return put_forward(asked, year)
            return figures(asked, year, how="csv" if csv else "pdf" if pdf else None)

        return do

    @group.command("rows", help=words("help.report.rows"))
    def rows(
        year: Annotated[int, year_argument],
        figure: Annotated[str, Argument(metavar="FIGURE", help=words("help.report.figure"))],
        *,
        unit: Annotated[str | None, Option("--unit", help=words("help.report.unit"))] = None,
        act: Annotated[str | None, Option("--act", help=words("help.report.act"))] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.annual import rows

            return rows(asked, year, figure, unit=unit, act=act)

        return do
