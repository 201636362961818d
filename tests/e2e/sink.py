"""A real SMTP server that keeps what it takes, and fails in every way a real one does."""

import asyncio
import logging
import socket
from email import message_from_bytes

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, syntax

logging.getLogger("mail.log").setLevel(logging.ERROR)  # it tells every line of every message


class FrailSMTP(SMTP):
    """A server whose connection can break at a chosen point of the conversation."""

    async def smtp_MAIL(self, arg):  # noqa: N802
        if self.event_handler.mode == "gone":
            self.transport.abort()
            return
        await super().smtp_MAIL(arg)

    @syntax("DATA")
    async def smtp_DATA(self, arg):  # noqa: N802
        if self.event_handler.takes_turn("dies in data"):
            await self.push("354 go on")
            await asyncio.sleep(0.01)
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


class Sink:
    """Takes messages and remembers which contact each was, in the order of their arrival.

    ``plan`` maps the number of a message (from 1 on) to what happens at it: ``"dies in data"`` (the
    connection breaks before the text left), ``"dies after data"`` (it was taken but nobody is told)
    or a function called before the answer. ``mode`` "gone" breaks every connection.
    """

    def __init__(self, delay=0.0):
        self.contacts = []
        self.delay = delay
        self.mode = "ok"
        self.plan = {}
        self.count = 0
        self.port = _free_port()
        self._controller = None

    def takes_turn(self, what):
        """Tell whether this misfortune is planned for the message at hand, and use it up."""
        number = self.count + 1
        if self.plan.get(number) != what:
            return False
        del self.plan[number]
        self.count = number
        return True

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        await asyncio.sleep(self.delay)
        message = message_from_bytes(envelope.content)
        self.contacts.append(int(message["X-Collections-Contact"]))
        if self.takes_turn("dies after data"):
            server.transport.abort()
            return "250 never heard"
        self.count += 1
        event = self.plan.pop(self.count, None)
        if event:
            await asyncio.get_running_loop().run_in_executor(None, event)
        return "250 taken"

    def start(self):
        """Listen, on the same port as before."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.factory = lambda: FrailSMTP(self, hostname="sink")
        self._controller.start()

    def stop(self):
        """Stop listening: connections are refused."""
        if self._controller:
            self._controller.stop()
            self._controller = None


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
