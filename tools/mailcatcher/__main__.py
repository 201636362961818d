"""Run the catcher: `python -m tools.mailcatcher --smtp-port 1025 --http-port 8025 --store FILE`."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from . import smtp, web
from .store import Store


def main(arguments=None):
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m tools.mailcatcher", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp-port", type=int, default=1025)
    parser.add_argument("--http-port", type=int, default=8025)
    parser.add_argument("--store", type=Path, required=True, help="SQLite file of the messages")
    options = parser.parse_args(arguments)
    options.store.parent.mkdir(parents=True, exist_ok=True)
    store = Store(options.store)
    page = web.server(store, options.host, options.http_port)
    mail = smtp.controller(store, options.host, options.smtp_port)
    mail.start()
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_arguments: done.set())
    threading.Thread(target=page.serve_forever, daemon=True).start()
    print(f"Mails: smtp://{options.host}:{options.smtp_port}", flush=True)
    print(f"Page:  http://{options.host}:{page.server_port}/", flush=True)
    done.wait()
    page.shutdown()
    mail.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
