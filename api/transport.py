"""What is between the protocol and the event loop's transport: fewer system calls and fewer copies for an answer.

What always holds: bytes leave in the order in which they were given, whichever way each goes. The socket stays the
event loop's: it is only ever used while nothing waits in the loop's own buffer, and never after `let_go`.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from typing import Final

_NO_LINGERING: Final = struct.pack("ii", 1, 0)
_SHORT: Final = 4096  # no head is longer, and few bodies are as short


class Gathering(asyncio.Transport):
    """A transport that sends an answer's head with the body's first bytes, if these come at once.

    One system call fewer, and nobody is woken for a head alone. What is held leaves with the next write, with `close`,
    or in the event loop's next round, whichever is first.
    """

    def __init__(self, inner: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._inner, self._loop, self._held = inner, loop, b""
        self._socket: socket.socket | None = None
        self._is_tls = inner.get_extra_info("sslcontext") is not None
        self.is_closing = inner.is_closing  # type: ignore[method-assign]  # asked several times a request
        self.pause_reading = inner.pause_reading  # type: ignore[method-assign]  # as above
        self.resume_reading = inner.resume_reading  # type: ignore[method-assign]  # as above
        self.get_extra_info = inner.get_extra_info  # type: ignore[method-assign]  # as above

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send, or hold what is short."""
        if self._held:
            held, self._held = self._held, b""
            self._inner.writelines([held, data])
        elif len(data) <= _SHORT:
            self._held = bytes(data)
            self._loop.call_soon(self._release)
        else:
            self._inner.write(data)

    def send_file(self, head: bytes, fd: int, start: int, length: int) -> None:
        """Send text of ours, then bytes of a file that are in memory, without a copy where the socket has room.

        Raises:
            EOFError: the file has fewer bytes. A part was sent; end the connection.
            OSError: it cannot be read. As above.
        """
        sent = 0
        # On a TLS connection the socket is only for what is encrypted.
        if (
            not self._is_tls
            and not self._held
            and not self._inner.get_write_buffer_size()
            and not self.is_closing()
        ):
            sent = self._send_now(head, fd, start, length)
        if sent < len(head):
            self.write(head[sent:])
            sent = len(head)
        done = sent - len(head)
        if done < length:
            rest = os.pread(fd, length - done, start + done)
            if len(rest) < length - done:
                raise EOFError("the file became shorter while it was sent")
            self.write(rest)

    def close(self) -> None:
        """Send what is held, then end."""
        self._release()
        self._inner.close()

    def abort(self) -> None:
        """End at once. What is held is dropped, and what the kernel holds is not sent either (RFC 9293, 3.10.4)."""
        self._held = b""
        if not self.is_closing():
            self._own_socket().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
        self._inner.abort()

    def let_go(self) -> None:
        """Forget the socket; the event loop closes it."""
        if self._socket is not None:
            self._socket.detach()
            self._socket = None

    def _send_now(self, head: bytes, fd: int, start: int, length: int) -> int:
        """How many bytes the socket took. What is wrong with it, the event loop finds out when it writes the rest."""
        own = self._own_socket()
        try:
            sent = own.send(head, socket.MSG_MORE | socket.MSG_DONTWAIT)
        except OSError:
            return 0
        if sent < len(head):
            return sent
        try:
            return sent + os.sendfile(own.fileno(), fd, start, length)
        except OSError:
            return sent

    def _own_socket(self) -> socket.socket:
        if self._socket is None:
            # The same descriptor under a second name, not a second descriptor: these are scarce.
            self._socket = socket.socket(fileno=self.get_extra_info("socket").fileno())
        return self._socket

    def _release(self) -> None:
        held, self._held = self._held, b""
        if held and not self._inner.is_closing():
            self._inner.write(held)
