"""A mail server that takes everything, in a process of its own; it notes which contacts arrived."""

import contextlib
import email
import socket
import subprocess
import sys
import time

from aiosmtpd.controller import Controller

from tools.house import paths


class _Drain:
    """aiosmtpd handler: one call per message."""

    def __init__(self, capture):
        self.capture = capture

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        """Say yes, once it is noted which contact this was."""
        if self.capture:
            message = email.message_from_bytes(envelope.content)
            with open(self.capture, "a") as file:
                file.write(f"{message['X-Collections-Contact']}\n")
        return "250 Taken"


@contextlib.contextmanager
def running(capture=None):
    """Run the sink and yield its port.

    :param capture: file to note the contact of each message in, one a line
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.sink", str(port)]
    if capture:
        capture.touch()
        command.append(str(capture))
    process = subprocess.Popen(command, cwd=paths.ROOT, stdin=subprocess.PIPE)
    try:
        _wait(port)
        yield port
    finally:
        process.stdin.close()  # it ends when nobody holds the other end any more
        process.wait(timeout=20)


def _wait(port, seconds=20):
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def main(port, capture=None):
    """Serve until the standard input ends."""
    controller = Controller(
        _Drain(capture), hostname="127.0.0.1", port=port, server_hostname="sink"
    )
    controller.start()
    sys.stdin.read()
    controller.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
