"""user, officer, recorder."""

from typing import Annotated

import typer
from typer import Argument, Option

from muniment.answer import Answer, Asked, Job
from muniment.grammar import duty, rights
from muniment.grammar.words import Words, required, text_of


def add(app: typer.Typer, words: Words) -> None:
    """Add these commands."""
    _add_user(app, words)
    _add_officer(app, words)
    _add_recorder(app, words)


def _add_user(app: typer.Typer, words: Words) -> None:
    group = typer.Typer(help=words("help.user"), rich_markup_mode=None)
    app.add_typer(group, name="user")
    name_argument = Argument(metavar="NAME", help=words("help.user.name"))
    stdin_option = Option("--password-stdin", help=words("help.user.password_stdin"))

    @group.command("add", help=words("help.user.add"))
    def add_user(
        name: Annotated[str, name_argument],
        role: Annotated[str, Option("--role", help=words("help.user.role"))],
        badge: Annotated[str | None, Option("--badge", help=words("help.user.badge"))] = None,
        unit: Annotated[str | None, Option("--unit", help=words("help.user.unit"))] = None,
        password_stdin: Annotated[bool, stdin_option] = False,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.users import NewUser, add_user

            user = NewUser(
                name=required("NAME", name),
                role=role,
                badge=text_of("--badge", badge),
                unit=text_of("--unit", unit),
            )
            return add_user(asked, user, from_stdin=password_stdin)

        return do

    @group.command("list", help=words("help.user.list"))
    def list_() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.users import list_users

            return list_users(asked)

        return do

    @group.command("disable", help=words("help.user.disable"))
    def disable(name: Annotated[str, name_argument]) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.users import disable_user

            return disable_user(asked, name)

        return do

    @group.command("password", help=words("help.user.set_password"))
    def password(
        name: Annotated[str, name_argument], password_stdin: Annotated[bool, stdin_option] = False
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.users import set_password

            return set_password(asked, name, from_stdin=password_stdin)

        return do

    @group.command("factor", help=words("help.user.factor"))
    def factor(
        name: Annotated[str, name_argument],
        remove: Annotated[bool, Option("--remove", help=words("help.user.factor_remove"))] = False,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.users import factor_of, remove_factor

            return remove_factor(asked, name) if remove else factor_of(asked, name)

        return do

    rights.add_to_user(group, words)


def _add_officer(app: typer.Typer, words: Words) -> None:
    group = typer.Typer(help=words("help.officer"), rich_markup_mode=None)
    app.add_typer(group, name="officer")

    @group.command("add", help=words("help.officer.add"))
    def add_officer(
        badge: Annotated[str, Argument(metavar="BADGE", help=words("help.officer.badge"))],
        name: Annotated[str | None, Option("--name", help=words("help.officer.name"))] = None,
        unit: Annotated[str | None, Option("--unit", help=words("help.officer.unit"))] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.registers import add_officer

            return add_officer(
                asked,
                badge=required("BADGE", badge),
                name=text_of("--name", name),
                unit=text_of("--unit", unit),
            )

        return do

    @group.command("list", help=words("help.officer.list"))
    def list_() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.registers import list_officers

            return list_officers(asked)

        return do

    duty.add_to_officer(group, words)


def _add_recorder(app: typer.Typer, words: Words) -> None:
    group = typer.Typer(help=words("help.recorder"), rich_markup_mode=None)
    app.add_typer(group, name="recorder")
    serial_argument = Argument(metavar="SERIAL", help=words("help.recorder.serial"))

    @group.command("list", help=words("help.recorder.list"))
    def list_() -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.recorders import list_recorders

            return list_recorders(asked)

        return do

    @group.command("show", help=words("help.recorder.show"))
    def show(serial: Annotated[str, serial_argument]) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.recorders import show_recorder

            return show_recorder(asked, required("SERIAL", serial))

        return do

    @group.command("register", help=words("help.recorder.register"))
    def register(
        serial: Annotated[str, serial_argument],
        make: Annotated[str | None, Option("--make", help=words("help.recorder.make"))] = None,
        model: Annotated[str | None, Option("--model", help=words("help.recorder.model"))] = None,
        officer: Annotated[
            str | None, Option("--officer", metavar="BADGE", help=words("help.recorder.officer"))
        ] = None,
        unit: Annotated[str | None, Option("--unit", help=words("help.recorder.unit"))] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.recorders import NewRecorder, register_recorder

            recorder = NewRecorder(
                serial=required("SERIAL", serial),
                make=text_of("--make", make),
                model=text_of("--model", model),
                officer=text_of("--officer", officer),
                unit=text_of("--unit", unit),
            )
            return register_recorder(asked, recorder)

        return do

    _add_assign(group, words)
    duty.add_to_recorder(group, words)


def _add_assign(group: typer.Typer, words: Words) -> None:
    serial_argument = Argument(metavar="SERIAL", help=words("help.recorder.serial"))
    officer_option = Option(
        "--officer", metavar="BADGE", help=words("help.recorder.assign_officer")
    )

    @group.command("assign", help=words("help.recorder.assign"))
    def assign(
        serial: Annotated[str, serial_argument],
        *,
        officer: Annotated[str | None, officer_option] = None,
        unit: Annotated[
            str | None, Option("--unit", help=words("help.recorder.assign_unit"))
        ] = None,
        nobody: Annotated[bool, Option("--nobody", help=words("help.recorder.nobody"))] = False,
        from_: Annotated[
            str | None, Option("--from", metavar="T", help=words("help.recorder.from"))
        ] = None,
        reason: Annotated[
            str | None, Option("--reason", metavar="R", help=words("help.recorder.reason"))
        ] = None,
    ) -> Job:
        def do(asked: Asked) -> Answer:
            from muniment.commands.recorders import NewHolder, assign_recorder

            holder = NewHolder(
                serial=required("SERIAL", serial),
                officer=text_of("--officer", officer),
                unit=text_of("--unit", unit),
                nobody=nobody,
                from_=text_of("--from", from_),
                reason=text_of("--reason", reason),
            )
            return assign_recorder(asked, holder)

        return do
