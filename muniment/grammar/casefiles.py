"""What `case` has beyond the register: file, stages, forms, catalogue, closing; and `subject`."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words, required, text_of


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    group = typer.Typer(help=words("help.subject"), rich_markup_mode=None)
    app.add_typer(group, name="subject")
    _add_subjects(group, words)
    _add_same(group, words)


def add_to_case(group: typer.Typer, words: Words) -> None:
    """Add these commands to `case`."""
    _add_file(group, words)
    _add_stage(group, words)
    _add_revoke(group, words)
    _add_papers(group, words)
    _add_volume(group, words)


def _add_file(group: typer.Typer, words: Words) -> None:
    @group.command("file", help=words("help.case.file"))
    def file(
        number: Annotated[str, Argument(metavar="NUMBER", help=words("help.case.number"))],
        *,
        act: Annotated[str | None, Option("--act", help=words("help.case.act"))] = None,
        matter: Annotated[str | None, Option("--matter", help=words("help.case.matter"))] = None,
        subject: Annotated[
            list[str] | None, Option("--subject", help=words("help.case.about"))
        ] = None,
        officer: Annotated[
            list[str] | None, Option("--officer", metavar="BADGE", help=words("help.case.officer"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.casefile import file_case

            return file_case(
                asked,
                required("NUMBER", number),
                act=text_of("--act", act),
                matter=text_of("--matter", matter),
                about=[required("--subject", one) for one in subject or ()],
                badges=[required("--officer", one) for one in officer or ()],
            )

        return do


def _add_stage(group: typer.Typer, words: Words) -> None:
    number_argument = Argument(metavar="NUMBER", help=words("help.case.number"))
    at_option = Option("--at", metavar="TIME", help=words("help.case.at"))

    @group.command("stage", help=words("help.case.stage"))
    def stage(
        number: Annotated[str, number_argument],
        name: Annotated[str, Argument(metavar="STAGE", help=words("help.case.stages"))],
        *,
        at: Annotated[str, at_option],
        document: Annotated[
            str | None, Option("--document", help=words("help.case.document"))
        ] = None,
        reason: Annotated[str | None, Option("--reason", help=words("help.case.reason"))] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.casefile import TypedStage, enter_stage

            typed = TypedStage(
                stage=required("STAGE", name),
                at=required("--at", at),
                document=text_of("--document", document),
                reason=text_of("--reason", reason),
            )
            return enter_stage(asked, required("NUMBER", number), typed)

        return do

    @group.command("end", help=words("help.case.end"))
    def end(number: Annotated[str, number_argument], at: Annotated[str, at_option]) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.casefile import end_action

            return end_action(asked, required("NUMBER", number), required("--at", at))

        return do


def _add_revoke(group: typer.Typer, words: Words) -> None:
    @group.command("revoke", help=words("help.case.revoke"))
    def revoke(
        number: Annotated[str, Argument(metavar="NUMBER", help=words("help.case.number"))],
        *,
        how: Annotated[str, Option("--how", help=words("help.case.how"))],
        at: Annotated[str, Option("--at", metavar="TIME", help=words("help.case.at"))],
        reason: Annotated[str, Option("--reason", help=words("help.case.reason"))],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.casefile import revoke

            return revoke(
                asked,
                required("NUMBER", number),
                required("--how", how),
                required("--at", at),
                required("--reason", reason),
            )

        return do


def _add_papers(group: typer.Typer, words: Words) -> None:
    @group.command("form", help=words("help.case.form"))
    def form(
        number: Annotated[str, Argument(metavar="NUMBER", help=words("help.case.number"))],
        name: Annotated[str, Argument(metavar="FORM", help=words("help.case.forms"))],
        *,
        set_: Annotated[
            list[str] | None, Option("--set", metavar="FIELD=VALUE", help=words("help.case.set"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.casefile import fill_form

            typed = [required("--set", one) for one in set_ or ()]
            return fill_form(asked, required("NUMBER", number), required("FORM", name), typed)

        return do

    @group.command("time", help=words("help.case.time"))
    def time(
        document: Annotated[str, Argument(metavar="DOCUMENT", help=words("help.case.document"))],
        part: Annotated[str, Argument(metavar="PART", help=words("help.case.part"))],
        *,
        from_: Annotated[
            str | None, Option("--from", metavar="TIME", help=words("help.case.said_from"))
        ] = None,
        to: Annotated[
            str | None, Option("--to", metavar="TIME", help=words("help.case.said_to"))
        ] = None,
        place: Annotated[str | None, Option("--place", help=words("help.case.place"))] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.casefile import time_document

            return time_document(
                asked,
                required("DOCUMENT", document),
                required("PART", part),
                begin=text_of("--from", from_),
                end=text_of("--to", to),
                place=text_of("--place", place),
            )

        return do


def _add_volume(group: typer.Typer, words: Words) -> None:
    number_argument = Argument(metavar="NUMBER", help=words("help.case.number"))

    @group.command("catalogue", help=words("help.case.catalogue"))
    def catalogue(
        number: Annotated[str, number_argument],
        *,
        pdf: Annotated[bool, Option("--pdf", help=words("help.case.pdf"))] = False,
        p7s: Annotated[bool, Option("--p7s", help=words("help.case.p7s"))] = False,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.casefile import catalogue

            return catalogue(asked, required("NUMBER", number), pdf=pdf, p7s=p7s)

        return do

    @group.command("reopen", help=words("help.case.reopen"))
    def reopen(
        number: Annotated[str, number_argument],
        reason: Annotated[str, Option("--reason", help=words("help.case.reason"))],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.casefile import reopen

            return reopen(asked, required("NUMBER", number), required("--reason", reason))

        return do

    @group.command("close", help=words("help.case.close"))
    def close(
        number: Annotated[str, number_argument],
        *,
        reason: Annotated[str | None, Option("--reason", help=words("help.case.reason"))] = None,
        sign_with: Annotated[
            Path | None, Option("--sign-with", metavar="KEY", help=words("help.case.sign_with"))
        ] = None,
        certificate: Annotated[
            Path | None,
            Option("--certificate", metavar="FILE", help=words("help.case.certificate")),
        ] = None,
        signature: Annotated[
            Path | None, Option("--signature", metavar="P7S", help=words("help.case.signature"))
        ] = None,
        file_number: Annotated[
            str | None, Option("--file-number", help=words("help.case.file_number"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.casefile import Signing, close_signed
            from muniment.commands.cases import close_case

            why = text_of("--reason", reason)
            if (sign_with, certificate, signature, file_number) == (None,) * 4:
                return close_case(asked, required("NUMBER", number), why)
            signing = Signing(
                key=sign_with,
                certificate=certificate,
                signature=signature,
                file_number=text_of("--file-number", file_number),
                reason=why,
            )
            return close_signed(asked, required("NUMBER", number), signing)

        return do


def _add_subjects(group: typer.Typer, words: Words) -> None:
    @group.command("add", help=words("help.subject.add"))
    def add_(
        name: Annotated[str, Argument(metavar="NAME", help=words("help.subject.name"))],
        *,
        kind: Annotated[str, Option("--kind", help=words("help.subject.kind"))],
        number: Annotated[str | None, Option("--number", help=words("help.subject.number"))] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.subjects import add

            return add(
                asked,
                kind=required("--kind", kind),
                name=required("NAME", name),
                number=text_of("--number", number),
            )

        return do

    @group.command("show", help=words("help.subject.show"))
    def show(
        subject: Annotated[str, Argument(metavar="SUBJECT", help=words("help.subject.subject"))],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.subjects import show

            return show(asked, required("SUBJECT", subject))

        return do

    @group.command("find", help=words("help.subject.find"))
    def find(
        text: Annotated[str, Argument(metavar="WORDS", help=words("help.subject.words"))],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.subjects import find

            return find(asked, required("WORDS", text))

        return do


def _add_same(group: typer.Typer, words: Words) -> None:
    one_argument = Argument(metavar="SUBJECT", help=words("help.subject.subject"))
    reason_option = Option("--reason", help=words("help.case.reason"))

    @group.command("merge", help=words("help.subject.merge"))
    def merge(
        subject: Annotated[str, one_argument],
        into: Annotated[str, Argument(metavar="INTO", help=words("help.subject.into"))],
        reason: Annotated[str, reason_option],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.subjects import merge

            one, other = required("SUBJECT", subject), required("INTO", into)
            return merge(asked, one, other, required("--reason", reason))

        return do

    @group.command("split", help=words("help.subject.split"))
    def split(
        subject: Annotated[str, one_argument],
        out_of: Annotated[str, Argument(metavar="OUT-OF", help=words("help.subject.out_of"))],
        *,
        reason: Annotated[str, reason_option],
        case: Annotated[
            list[str] | None,
            Option("--case", metavar="NUMBER", help=words("help.subject.cases")),
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.subjects import split

            return split(
                asked,
                required("SUBJECT", subject),
                required("OUT-OF", out_of),
                [required("--case", number) for number in case or ()],
                required("--reason", reason),
            )

        return do
