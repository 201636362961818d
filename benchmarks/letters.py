"""Prints a thousand letters in one document, and the statements of as many debtors.

``python -m benchmarks.letters [letters]`` makes a synthetic ledger, lets as many cases be due for a
letter, prints them through ``collections.letter.batch`` and says what it took: seconds, pages,
memory of this process and of the printing program. It checks what was printed: every debtor once,
in the order of the postal codes, each with the amount the ledger says.
"""

import base64
import contextlib
import datetime
import json
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

from odoo.fields import Command

from tools.house import paths

from . import database, synthetic

NAME = "letters"
BAR_SECONDS = 0.15  # a letter
BAR_MB = 700
MARGIN_DAYS = 90


def main(arguments=None):
    """Build, measure in a process of its own, report; return the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["measure"]:
        with database.environment(arguments[1]) as env:
            print(json.dumps(measure(env, int(arguments[2]))))
        return 0
    letters = int(arguments[0]) if arguments else 1000
    database.forget(synthetic.prepare("base"))
    name = f"{database.PREFIX}{NAME}"
    for command in (
        ["benchmarks.synthetic", NAME, str(letters * 16)],
        ["benchmarks.letters", "measure", name, str(letters)],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=paths.ROOT, check=True, text=True,
            stdout=subprocess.PIPE,
        )  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    for copy in (NAME, "base"):
        database.drop(copy)
    (paths.ROOT / "benchmarks" / "results" / "letters.md").write_text(_write(found))
    print(_write(found))
    return 0 if not found["faults"] and _kept(found) else 1


def _kept(found):
    return found["letters_seconds"] <= BAR_SECONDS * found["letters"] and found["peak_mb"] <= BAR_MB


def _write(found):
    """Return the table."""
    lines = ["# Letters and statements\n"]
    lines.append(
        "| piece | documents | pages | seconds | a document |\n| --- | --- | --- | --- | --- |"
    )
    for piece in ("letters", "statements", "workbook"):
        count, seconds = found[piece], found[f"{piece}_seconds"]
        pages = found.get(f"{piece}_pages", "")
        lines.append(
            f"| {piece} | {count:,} | {pages} | {seconds:.1f} | {seconds / count * 1000:.0f} ms |"
        )
    lines.append(
        f"\nPeak memory {found['peak_mb']:.0f} MB (bar {BAR_MB}; {found['start_mb']:.0f} before), "
        f"of the printing program {found['program_mb']:.0f} MB; "
        f"the letters are a document of {found['pdf_mb']:.1f} MB."
        f" Faults: {', '.join(found['faults']) or 'none'}.\n"
    )
    return "\n".join(lines)


def measure(env, letters):
    """Make that many letters due, print them, then the statements of their debtors."""
    company = env.ref("base.main_company")
    contacts = _make_due(env, company, letters)
    found = {"faults": []}
    env.invalidate_all()
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # peaks count from here
    found["start_mb"] = _get_peaks()[0]
    started = time.perf_counter()
    batch = env["collections.letter.batch"].create({"company_id": company.id})
    batch._arrange(contacts)
    batch._print_all(lambda _count: env.cr.commit() or env.invalidate_all() or True)
    found["letters_seconds"] = time.perf_counter() - started
    found["peak_mb"], found["program_mb"] = _get_peaks()
    pdf = base64.b64decode(batch.pdf)
    found.update(letters=batch.letter_count, letters_pages=batch.page_count, pdf_mb=len(pdf) / 1e6)
    found["faults"] += _check(batch, pdf)
    _measure_statements(env, company, contacts.partner_id, found)
    return found


def _make_due(env, company, letters):
    """Give debtors addresses and let a step that is a letter be due for them."""
    channel = env.ref("collections_management.collections_channel_letter")
    text = env.ref("collections_management.mail_template_letter_neutral")
    env.cr.execute(
        "UPDATE res_partner SET street = 'Jr. ' || id, city = 'Lima',"
        " zip = lpad((id * 7919 % 99999)::text, 5, '0') WHERE is_company AND street IS NULL"
    )
    env.invalidate_all()
    company.write({"collections_stale_bank_days": 0, "street": "Av. Arequipa 100", "city": "Lima"})
    account = {"acc_number": "193-1234567-0-89", "partner_id": company.partner_id.id}
    env["res.partner.bank"].create(account)
    strategy = env["collections.strategy"].create(
        {
            "name": "Letters",
            "step_ids": [
                Command.create(
                    {
                        "name": "Letter",
                        "days": 1,
                        "channel_ids": [Command.set(channel.ids)],
                        "template_ids": [Command.set(text.ids)],
                    }
                )
            ],
        }
    )
    env["collections.segment"].search([]).active = False
    env["collections.segment"].create({"name": "All", "strategy_id": strategy.id})
    env["collections.ledger"]._refresh(company)
    env["collections.segment"]._assign(company)
    cases = env["collections.case"].search([("state", "=", "open")])
    env["collections.planner"]._plan(cases)
    contacts = env["collections.contact"].search([("channel_id", "=", channel.id)], limit=letters)
    contacts.write({"scheduled_on": datetime.datetime.now() - datetime.timedelta(hours=1)})
    env.cr.commit()
    env["collections.delivery"]._deliver(company)
    contacts = contacts.filtered_domain(contacts._get_to_print_domain())
    if len(contacts) < letters:
        raise SystemExit(f"Only {len(contacts)} letters are due.")
    return contacts


def _check(batch, pdf):
    """Return what is wrong with the printed document."""
    from odoo.addons.collections_management.report import pdf_pages

    texts = [" ".join(page.extract_text().split()) for page in pdf_pages.read(pdf).pages]
    letters = batch.contact_ids.filtered(lambda c: c.state == "sending").sorted("letter_position")
    first = [text for text in texts if re.search(r"\b1 / \d+", text)]
    faults = []
    if len(first) != len(letters):
        faults.append(f"{len(first)} first pages of {len(letters)} letters")
    amounts = {
        letter_id: [total["net_text"] for total in letter["totals"]]
        for letter_id, letter in letters._get_letters().items()
    }
    document = "\f".join(texts)
    position = 0
    for contact in letters:
        name = " ".join((contact.partner_id.name or "").split())
        position = document.find(name, position)
        if position < 0:
            faults.append(f"{name} is not where it belongs")
            position = 0
        wanted = [" ".join(text.replace("\N{NO-BREAK SPACE}", " ").split()) for text in
                  amounts[contact.id]]  # fmt: skip
        faults += [f"{name}: no {text}" for text in wanted if text not in document[position:]]
    zips = [contact.partner_id.zip for contact in letters]
    if zips != sorted(zips):
        faults.append("not in the order of the postal codes")
    return faults[:10]


def _measure_statements(env, company, partners, found):
    """Time the PDF and the workbook of all these debtors, and check their sums."""
    outputs, today = env["collections.statement"], datetime.date.today()
    first = today - datetime.timedelta(days=MARGIN_DAYS)
    started = time.perf_counter()
    statements = list(outputs._get_statements(company, partners, first, today).values())
    found["ledger_seconds"] = time.perf_counter() - started
    for statement in statements:
        for account in statement.accounts.values():
            if account.closing != sum(item.residual for item in account.items):
                found["faults"].append(f"statement of {statement.partner.name}")
    started = time.perf_counter()
    outputs._make_pdf(company, statements, first, today)
    found.update(statements=len(statements), statements_seconds=time.perf_counter() - started)
    started = time.perf_counter()
    outputs._make_xlsx(company, statements, first, today)
    found.update(workbook=len(statements), workbook_seconds=time.perf_counter() - started)
    found["peak_mb"] = max(found["peak_mb"], _get_peaks()[0])


def _get_peaks():
    """Return the peak of this process's memory and of the programs it started, in MB."""
    own = 0
    with contextlib.suppress(OSError), open("/proc/self/status") as status:
        own = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024
    return own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
