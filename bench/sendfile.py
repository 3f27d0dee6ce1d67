"""The least file server: `python bench/sendfile.py FILE`.

Prints its port; answers every request with that file, or one range of it, by `sendfile`. Stands in for nginx
where that is not installed. No rights, no ledger, no digests. It shares no code with what it is compared to.
"""

from __future__ import annotations

import os
import re
import socket
import sys
import threading

_RANGE = re.compile(rb"[Rr]ange: bytes=(\d+)-(\d+)\r\n")


def main(path: str) -> int:
    """Until it is killed."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listening.getsockname()[1], flush=True)
    while True:
        connection, _ = listening.accept()
        threading.Thread(target=_serve, args=(connection, path), daemon=True).start()


def _serve(connection: socket.socket, path: str) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    fd, waiting = os.open(path, os.O_RDONLY), b""
    size = os.fstat(fd).st_size
    try:
        while True:
            while b"\r\n\r\n" not in waiting:
                more = connection.recv(65536)
                if not more:
                    return
                waiting += more
            head, _, waiting = waiting.partition(b"\r\n\r\n")
            asked = _RANGE.search(head + b"\r\n")
            start, stop = (int(asked[1]), int(asked[2]) + 1) if asked else (0, size)
            status = b"206 Partial Content" if asked else b"200 OK"
            connection.sendall(
                b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, stop - start)
            )
            while start < stop:
                start += os.sendfile(connection.fileno(), fd, start, stop - start)
    except OSError:
        return  # the other side has gone
    finally:
        os.close(fd)
        connection.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
