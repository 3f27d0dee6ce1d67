"""case, find, clip."""

from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar import casefiles, lists
from muniment.grammar.words import Words, required, text_of


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    group = typer.Typer(help=words("help.case"), rich_markup_mode=None)
    app.add_typer(group, name="case")
    _add_case_open(group, words)
    _add_case_links(group, words)
    _add_case_register(group, words)
    casefiles.add_to_case(group, words)
    lists.add_to_case(group, words)
    _add_find(app, words)
    _add_clip(app, words)


def _add_case_open(group: typer.Typer, words: Words) -> None:
    @group.command("open", help=words("help.case.open"))
    def open_(
        number: Annotated[str, Argument(metavar="NUMBER", help=words("help.case.number"))],
        *,
        title: Annotated[str | None, Option("--title", help=words("help.case.title"))] = None,
        subject: Annotated[str | None, Option("--subject", help=words("help.case.subject"))] = None,
        officer: Annotated[
            list[str] | None, Option("--officer", metavar="BADGE", help=words("help.case.officer"))
        ] = None,
        from_: Annotated[
            str | None, Option("--from", metavar="TIME", help=words("help.case.from"))
        ] = None,
        to: Annotated[
            str | None, Option("--to", metavar="TIME", help=words("help.case.to"))
        ] = None,
        place: Annotated[str | None, Option("--place", help=words("help.case.place"))] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.cases import NewCase, open_case

            return open_case(
                asked,
                NewCase(
                    number=required("NUMBER", number),
                    title=text_of("--title", title),
                    subject=text_of("--subject", subject),
                    officers=tuple(required("--officer", badge) for badge in officer or ()),
                    from_=text_of("--from", from_),
                    to=text_of("--to", to),
                    place=text_of("--place", place),
                ),
            )

        return do


def _add_case_links(group: typer.Typer, words: Words) -> None:
    clip_argument = Argument(metavar="CLIP", help=words("help.case.clip"))
    number_argument = Argument(metavar="NUMBER", help=words("help.case.number"))
    reason_option = Option("--reason", help=words("help.case.reason"))

    @group.command("link", help=words("help.case.link"))
    def link(
        clip: Annotated[str, clip_argument],
        number: Annotated[str, number_argument],
        reason: Annotated[str, reason_option],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.cases import link_clip

            return link_clip(asked, clip, required("NUMBER", number), required("--reason", reason))

        return do

    @group.command("unlink", help=words("help.case.unlink"))
    def unlink(
        clip: Annotated[str, clip_argument],
        number: Annotated[str, number_argument],
        reason: Annotated[str, reason_option],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.cases import unlink_clip

            return unlink_clip(
                asked, clip, required("NUMBER", number), required("--reason", reason)
            )

        return do


def _add_case_register(group: typer.Typer, words: Words) -> None:
    number_argument = Argument(metavar="NUMBER", help=words("help.case.number"))

    @group.command("show", help=words("help.case.show"))
    def show(number: Annotated[str, number_argument]) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.cases import show_case

            return show_case(asked, required("NUMBER", number))

        return do

    @group.command("list", help=words("help.case.list"))
    def list_() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.cases import list_cases

            return list_cases(asked)

        return do


def _add_find(app: typer.Typer, words: Words) -> None:
    @app.command("find", help=words("help.find"))
    def find(
        *,
        case: Annotated[
            str | None, Option("--case", metavar="NUMBER", help=words("help.find.case"))
        ] = None,
        officer: Annotated[
            str | None, Option("--officer", metavar="BADGE", help=words("help.find.officer"))
        ] = None,
        unit: Annotated[str | None, Option("--unit", help=words("help.find.unit"))] = None,
        recorder: Annotated[
            str | None, Option("--recorder", metavar="SERIAL", help=words("help.find.recorder"))
        ] = None,
        place: Annotated[str | None, Option("--place", help=words("help.find.place"))] = None,
        from_: Annotated[
            str | None, Option("--from", metavar="TIME", help=words("help.find.from"))
        ] = None,
        to: Annotated[
            str | None, Option("--to", metavar="TIME", help=words("help.find.to"))
        ] = None,
        mark: Annotated[
            bool | None, Option("--mark/--no-mark", help=words("help.find.mark"))
        ] = None,
        kind: Annotated[str | None, Option("--kind", help=words("help.find.kind"))] = None,
        number: Annotated[str | None, Option("--number", help=words("help.find.number"))] = None,
        damage: Annotated[
            bool | None, Option("--damage/--no-damage", help=words("help.find.damage"))
        ] = None,
        linked: Annotated[
            bool | None, Option("--linked/--unlinked", help=words("help.find.linked"))
        ] = None,
        late: Annotated[
            bool | None, Option("--late/--no-late", help=words("help.find.late"))
        ] = None,
        quarantined: Annotated[
            bool | None,
            Option("--quarantined/--no-quarantined", help=words("help.find.quarantined")),
        ] = None,
        text: Annotated[str | None, Option("--text", help=words("help.find.text"))] = None,
        limit: Annotated[
            int | None, Option("--limit", min=0, help=words("help.find.limit"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.find import Search, find

            search = Search(
                case=text_of("--case", case),
                officer=text_of("--officer", officer),
                unit=text_of("--unit", unit),
                recorder=text_of("--recorder", recorder),
                place=text_of("--place", place),
                from_=text_of("--from", from_),
                to=text_of("--to", to),
                mark=mark,
                kind=text_of("--kind", kind),
                number=text_of("--number", number),
                damage=damage,
                linked=linked,
                late=late,
                quarantined=quarantined,
                text=text_of("--text", text),
                limit=limit,
            )
            return find(asked, search)

        return do


def _add_clip(app: typer.Typer, words: Words) -> None:
    group = typer.Typer(help=words("help.clip"), rich_markup_mode=None)
    app.add_typer(group, name="clip")

    @group.callback()
    def only() -> None:
        """A group, though it has one command."""

    @group.command("show", help=words("help.clip.show"))
    def show(clip: Annotated[str, Argument(metavar="CLIP", help=words("help.case.clip"))]) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.clips import show_clip

            return show_clip(asked, clip)

        return do
