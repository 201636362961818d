"""`make demo`: the demo company in a running Odoo, with a mailbox and phones that reach nobody."""

import argparse
import json
import os
import subprocess
import time
import urllib.error
import urllib.request

from . import checks, machine, paths, phones, postgres, templates
from .errors import HouseError
from .services import Service
from .shell import say, step

DATABASE = "demo"
MAIL_SERVER = "Demo mailbox"
LOGINS = paths.DEMO / "logins.json"
THINGS_TO_TRY = (
    "As the manager: Collections > Runs, preview tonight's run, read a message, then start it.",
    "Open the mailbox: what your debtors received, in their language and in the step's tone.",
    "Open the phones: be a debtor, pay by the button, or answer “pago el viernes”.",
    "As the accountant: register the payment of an overdue invoice, and see its case let go.",
)
ODOO = Service("odoo", "odoo")
MAILS = Service("mailcatcher", "mailcatcher")
SERVICES = (ODOO, phones.PHONES, MAILS)


def run(arguments):
    """Make and start the demo; stay until Ctrl-C unless detached. Return the exit code."""
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--detach", action="store_true")
    parser.add_argument("--size", type=int, default=os.environ.get("SIZE") or None)
    options = parser.parse_args(arguments)
    if all(service.pid() for service in SERVICES):
        say("The demo already runs (`make stop` ends it).")
        print_summary(json.loads((paths.DEMO / "ports.json").read_text()))
        return 0
    stop()
    ports = choose_ports()
    try:
        machine.ensure()
        ensure_database(options.size)
        start(ports)
        print_summary(ports)
        if options.detach:
            say("Running in the background; `make stop` ends it.")
            return 0
        say(f"Log: {ODOO.log}\nCtrl-C stops everything.")
        return stay()
    except BaseException:
        shut_down()
        raise


def choose_ports(choose=checks.choose_port):
    """Return the ports; one that was asked for and is taken is an error, before any work."""
    return {
        "odoo": choose("ODOO_PORT", 8069),
        "mails": choose("MAIL_PORT", 8025),
        "smtp": choose("SMTP_PORT", 1025),
        "phones": choose("WHATSAPP_PORT", 8030),
    }


def ensure_database(size):
    """Have a complete demo database, going on where an interrupted start stopped.

    The comment on the database says how far it is and for which source of the addons; without
    one it was left half-copied and is made again. The company's own command resumes by itself.
    """
    addons = paths.addons()
    source = templates.source_hash(addons)
    stage, _space, made_for = (templates.comment(DATABASE) or "").partition(" ")
    if (stage, made_for) == ("complete", source) and LOGINS.exists():
        return
    lost = stage == "complete" and not LOGINS.exists()  # a server of one's own outlives .local/
    if lost or stage not in ("installed", "complete"):
        templates.fresh_db(DATABASE, addons)
        phones.STORE.unlink(missing_ok=True)  # what was said is of another database
    elif made_for != source:
        with step("Addons updated in the demo database"):
            templates.install(DATABASE, addons, update=True)
    templates.set_comment(DATABASE, f"installed {source}")
    make_company(size)
    templates.set_comment(DATABASE, f"complete {source}")


def make_company(size):
    """Run the command that makes the demo company, showing what it says."""
    paths.DEMO.mkdir(parents=True, exist_ok=True)
    log = paths.LOGS / "demo_company.log"
    size_option = ["--size", size] if size else []  # its own default, or the size it began with
    command = [paths.VENV_PYTHON, "-m", "tools.demo_company", "--database", DATABASE]
    with step("The demo company"), log.open("w") as kept:
        process = subprocess.Popen(
            [str(part) for part in (*command, *size_option)],
            cwd=paths.ROOT,
            env=postgres.environment() | {"ODOO_RC": str(paths.ODOO_CONF), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        try:
            for line in process.stdout:
                kept.write(line)
                say(f"      {line.rstrip()}")
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait()
        if process.returncode:
            raise HouseError(f"The demo company could not be made (everything in {log}).")


def start(ports):
    """Start the mailbox, the phones and Odoo and wait until all answer."""
    with step("Mailbox"):
        command = [paths.VENV_PYTHON, "-m", "tools.mailcatcher", "--store"]
        command += [paths.DEMO / "mails.sqlite", "--smtp-port", ports["smtp"]]
        process = MAILS.start([*command, "--http-port", ports["mails"]], postgres.environment())
        MAILS.wait_until(lambda: _answers(ports["mails"], "/api/messages?limit=1"), process)
    with step("Phones"):
        options = set_addresses(ports)
        command = phones.get_command(ports, options)
        process = phones.PHONES.start(command, postgres.environment())
        phones.PHONES.wait_until(lambda: _answers(ports["phones"], "/phone"), process)
    with step("Odoo"):
        process = ODOO.start(odoo_command(ports["odoo"]), postgres.environment())
        ODOO.wait_until(lambda: _answers(ports["odoo"], "/web/login"), process)
    (paths.DEMO / "ports.json").write_text(json.dumps(ports))


def odoo_command(port):
    """Return the command line of the demo's Odoo, with its scheduled jobs on."""
    return [
        *(paths.VENV_PYTHON, "-m", "odoo", "-c", paths.ODOO_CONF, "-d", DATABASE),
        *(f"--db-filter=^{DATABASE}$", f"--http-port={port}", "--max-cron-threads=1"),
    ]


def set_addresses(ports):
    """Tell Odoo its own address, the mailbox as its only outgoing mail server, and the phones.

    :return: what the phones are started with
    """
    with postgres.cursor(DATABASE) as cr:
        cr.execute("UPDATE ir_mail_server SET active = (name = %s)", [MAIL_SERVER])
        cr.execute(
            "UPDATE ir_mail_server SET smtp_host = '127.0.0.1', smtp_port = %s WHERE name = %s",
            [ports["smtp"], MAIL_SERVER],
        )
        if not cr.rowcount:
            cr.execute(
                "INSERT INTO ir_mail_server (name, smtp_host, smtp_port, smtp_encryption,"
                " smtp_authentication, sequence, active)"
                " VALUES (%s, '127.0.0.1', %s, 'none', 'login', 1, true)",
                [MAIL_SERVER, ports["smtp"]],
            )
        cr.execute(
            "UPDATE ir_config_parameter SET value = %s WHERE key = 'web.base.url'",
            [f"http://localhost:{ports['odoo']}"],
        )
        return phones.connect(cr, ports)


def stay():
    """Wait until one of the programs ends by itself; Ctrl-C ends all."""
    while all(service.pid() for service in SERVICES):
        time.sleep(1)
    broken = next(service for service in SERVICES if not service.pid())
    raise HouseError(f"{broken.name} ended by itself: see {broken.log}.")


def stop():
    """Stop the demo's programs, not the database server; return whether anything ran."""
    stopped = [service.stop() for service in SERVICES]  # each one, whether others ran or not
    return any(stopped)


def shut_down():
    """Stop everything, and PostgreSQL too unless somebody else uses it."""
    say("\nStopping ...")
    stop()
    if not postgres.is_busy():
        postgres.stop()
    say("Stopped.")


def print_summary(ports):
    """Print addresses, logins and what to try."""
    say("\n" + "=" * 72)
    say(f"  Odoo      http://localhost:{ports['odoo']}/odoo")
    say(f"  Mailbox   http://localhost:{ports['mails']}/      (nothing leaves this machine)")
    say(f"  Phones    http://localhost:{ports['phones']}/phone (your debtors' WhatsApp, simulated)")
    say("")
    for user in json.loads(LOGINS.read_text()):
        say(
            f"  {user['role']:<11} {user['login']:<26} {user['password']:<12} "
            f"{user['name']} - {user['what']}"
        )
    say("\n  What to try")
    for number, text in enumerate(THINGS_TO_TRY, 1):
        say(f"  {number}. {text}")
    say("=" * 72)


def _answers(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
