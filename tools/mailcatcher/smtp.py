"""The SMTP side: accepts everything, keeps it."""

from aiosmtpd.controller import Controller

SIZE_LIMIT = 50 * 1024 * 1024


class Keeper:
    """aiosmtpd handler: one call per message."""

    def __init__(self, store):
        self.store = store

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        """Keep the message before saying yes: what was accepted is never lost."""
        number = self.store.add(envelope.mail_from, envelope.rcpt_tos, envelope.original_content)
        return f"250 Kept as {number}"


def controller(store, host, port):
    """Return a controller, to be started."""
    return Controller(
        Keeper(store),
        hostname=host,
        port=port,
        server_hostname="mailcatcher",  # else each connection looks the machine's name up
        data_size_limit=SIZE_LIMIT,
        enable_SMTPUTF8=True,
        decode_data=False,
    )
