"""review."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar.words import Words, required, text_of


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    group = typer.Typer(help=words("help.review"), rich_markup_mode=None)
    app.add_typer(group, name="review")
    _add_looking(group, words)
    _add_asking(group, words)
    _add_reviewing(group, words)


def _add_looking(group: typer.Typer, words: Words) -> None:
    number_argument = Argument(metavar="NUMBER", help=words("help.case.number"))

    @group.command("list", help=words("help.review.list"))
    def list_() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.reviewing import list_reviews

            return list_reviews(asked)

        return do

    @group.command("show", help=words("help.review.show"))
    def show(number: Annotated[str, number_argument]) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.reviewing import show_review

            return show_review(asked, required("NUMBER", number))

        return do


def _add_asking(group: typer.Typer, words: Words) -> None:
    number_argument = Argument(metavar="NUMBER", help=words("help.case.number"))

    @group.command("intend", help=words("help.review.intend"))
    def intend(
        number: Annotated[str, number_argument],
        *,
        measure: Annotated[
            str | None, Option("--measure", help=words("help.review.measure"))
        ] = None,
        amount: Annotated[
            str | None, Option("--amount", metavar="YUAN", help=words("help.review.amount"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.reviewing import intend

            return intend(
                asked,
                required("NUMBER", number),
                measure=text_of("--measure", measure),
                amount=text_of("--amount", amount),
            )

        return do

    @group.command("request", help=words("help.review.request"))
    def request(
        number: Annotated[str, number_argument],
        *,
        officer: Annotated[
            str | None, Option("--officer", metavar="BADGE", help=words("help.review.officer"))
        ] = None,
        question: Annotated[
            str | None, Option("--question", help=words("help.review.question"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.reviewing import request

            return request(
                asked,
                required("NUMBER", number),
                officer=text_of("--officer", officer),
                question=text_of("--question", question),
            )

        return do


def _add_reviewing(group: typer.Typer, words: Words) -> None:
    number_argument = Argument(metavar="NUMBER", help=words("help.case.number"))
    reviewer_option = Option("--reviewer", metavar="BADGE", help=words("help.review.reviewer"))

    @group.command("take", help=words("help.review.take"))
    def take(
        number: Annotated[str, number_argument], *, reviewer: Annotated[str, reviewer_option]
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.reviewing import take

            return take(asked, required("NUMBER", number), required("--reviewer", reviewer))

        return do

    @group.command("answer", help=words("help.review.answer"))
    def answer(
        number: Annotated[str, number_argument],
        file: Annotated[Path, Argument(metavar="FILE", help=words("help.review.file"))],
        *,
        reviewer: Annotated[str, reviewer_option],
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.reviewing import answer

            return answer(asked, required("NUMBER", number), file, required("--reviewer", reviewer))

        return do
