"""The station's Prefect server, as a child process: ``python -I -m flows.server PARENT FD``.

FD is a listening socket of the parent's: nobody else can take the port between two starts, and requests that come
while the server starts again wait instead of failing.
"""

from __future__ import annotations

import socket
import sys
from typing import NoReturn

from devices.rights import FILES, drop_rights
from flows.leash import die_with


def main(arguments: list[str]) -> NoReturn:
    """Serve until SIGTERM, or until the parent ends."""
    die_with(int(arguments[0]))
    # A station that root runs on somebody's archive keeps its data in there.
    drop_rights(keep=FILES)
    listening = socket.socket(fileno=int(arguments[1]))
    import uvicorn
    from prefect.server.api.server import create_app

    config = uvicorn.Config(
        create_app(final=True),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(config).run(sockets=[listening])
    sys.exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
