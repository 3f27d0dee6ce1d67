"""`serve`, `station`: until interrupted; then the answer is that it stopped."""

from __future__ import annotations

import contextlib
import errno

from muniment.answer import Answer, Asked
from muniment.errors import PortTakenError
from muniment.opening import writing


def serve(asked: Asked, *, host: str, port: int) -> Answer:
    """Serve API and page.

    Raises:
        PortTakenError: somebody else listens there.
        ArchiveError, AccountsError, OSError: it could not be started.
    """
    from api.serving import address_of, listen
    from api.serving import serve as serve_page
    from ingest.deriving.serving import WantingThread

    with writing(asked) as archive:
        try:
            listening = listen(host, port)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTakenError(f"{host}:{port}: {error.strerror}") from error
            raise
        address = address_of(listening, tls=archive.settings.edge.tls_cert is not None)

        def ready(page: str) -> None:
            asked.say(asked.words("serve.page", address=page))
            asked.note(asked.words("serve.stop"))

        # Its server has stopped in good order, and then raises the signal that ended it once more.
        with contextlib.suppress(KeyboardInterrupt), WantingThread(archive):
            serve_page(archive, host=host, listening=listening, ready=ready)
    return Answer(document={"page": address, "stopped": True})


def station(asked: Asked, *, host: str, port: int, usb: bool = True) -> Answer:
    """The service; `usb`: watch for recorders and dock them.

    Raises:
        PortTakenError: somebody else listens there.
        ArchiveError, OSError: as `muniment.station.run`.
    """
    from muniment.ports.usb import real_usb
    from muniment.progress import on_a_terminal
    from muniment.station import run

    def ready(page: str) -> None:
        asked.say(asked.words("serve.page", address=page))
        asked.note(asked.words("serve.stop"))

    try:
        run(
            asked.root,
            host=host,
            port=port,
            ready=ready,
            usb=real_usb() if usb else None,
            screen=asked.language if on_a_terminal() else None,
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(f"{host}:{port}: {error.strerror}") from error
        raise
    return Answer(document={"stopped": True})
