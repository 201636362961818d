"""Makes the evidence dossier of a debt of 300 documents and 2,000 log entries.

``python -m benchmarks.dossier [--documents 300] [--entries 2000] [--keep]`` writes off all that one
debtor owes, none of whose invoices was ever printed, and makes its dossier by the scheduled job, as
Odoo runs it: as often as the job says that there is more to do. Told are the calls, the longest of
them, what Odoo and wkhtmltopdf needed, pages and files. The bars: no call longer than 100 seconds
(Odoo ends a worker after 120), 500 MB.
"""

import argparse
import contextlib
import json
import resource
import sys
import time
from pathlib import Path

from odoo import fields

from . import database, synthetic

NAME = "dossier"
BAR_SECONDS, BAR_MB = 100, 500
WORDS = (
    "<p>Dear customer, we remind you of what is overdue since %s. " + "Please pay. " * 60 + "</p>"
)
DEBTOR_SQL = """
    SELECT line.partner_id FROM account_move_line line
     WHERE line.account_id = ANY(%s) AND line.parent_state = 'posted' LIMIT 1
"""
GATHER_SQL = """
    WITH chosen AS (
        SELECT DISTINCT line.move_id FROM account_move_line line
          JOIN account_move move ON move.id = line.move_id AND move.move_type = 'out_invoice'
          JOIN res_company company ON company.id = line.company_id
           AND company.currency_id = line.currency_id
         WHERE line.account_id = ANY(%(accounts)s) AND line.parent_state = 'posted'
           AND line.amount_residual_currency > 0 AND line.date_maturity < %(today)s
           AND line.partner_id <> %(debtor)s
         LIMIT %(documents)s
    ), moved AS (
        UPDATE account_move SET partner_id = %(debtor)s, commercial_partner_id = %(debtor)s
         WHERE id IN (SELECT move_id FROM chosen)
    )
    UPDATE account_move_line SET partner_id = %(debtor)s
     WHERE move_id IN (SELECT move_id FROM chosen)
"""


def main():
    """Build, measure, print; the exit code tells whether the bars were kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--entries", type=int, default=2000)
    parser.add_argument("--keep", action="store_true", help="leave the database")
    parser.add_argument("--again", action="store_true", help="measure in the database that is left")
    options = parser.parse_args()
    name = f"{database.PREFIX}{NAME}"
    if not options.again:
        synthetic.prepare(NAME)
        synthetic.build(name, 10 * options.documents)
        with database.environment(name) as env:
            _write_off(env, options.documents, options.entries)
        database.forget(name)
    found = measure(name)
    print(json.dumps(found, indent=4))
    if not (options.keep or options.again):
        database.forget(name)
        database.drop(NAME)
    kept = found["longest"] < BAR_SECONDS and found["peak_mb"] < BAR_MB
    return 0 if kept and found["state"] == "ready" else 1


def _write_off(env, documents, entries):
    """Give one debtor so many overdue invoices and a long log, and write the debt off."""
    company = env["res.company"].search([("collections_active", "=", True)], limit=1)
    ledger = env["collections.ledger"]
    accounts = ledger._get_account_ids()
    env.cr.execute(DEBTOR_SQL, [accounts])
    debtor = env["res.partner"].browse(env.cr.fetchone()[0])
    env.cr.execute(
        GATHER_SQL,
        {"accounts": accounts, "today": ledger._today(company), "debtor": debtor.id,
         "documents": documents},
    )  # fmt: skip
    env.invalidate_all()
    ledger._refresh(company)
    case = env["collections.case"].search([("partner_id", "=", debtor.id)])
    _tell(env, case, entries)
    account = env["account.account"].search([("account_type", "=", "expense")], limit=1)
    company.collections_write_off_account_id = account
    company.collections_write_off_limit = 10**9
    draft = env["collections.write.off"].browse(case.action_write_off()["res_id"])
    draft.reason_id = env.ref("collections_management.collections_write_off_reason_insolvent")
    draft.action_request()


def _tell(env, case, entries):
    """Write a log: one entry in five is a message with its words, one in twenty an answer."""
    channel = env.ref("collections_management.collections_channel_email")
    contacts = env["collections.contact"].create(
        [
            {
                "case_id": case.id,
                "company_id": case.company_id.id,
                "channel_id": channel.id,
                "state": "delivered",
                "sent_on": fields.Datetime.now(),
                "planned_on": fields.Date.today(),
                "address": "debtor@debtor.example",
            }
            for _number in range(entries // 10)
        ]
    )
    rows = []
    for number in range(entries):
        contact = contacts[number // 10 % len(contacts)]
        row = {"case_id": case.id, "event": "refreshed", "data": {"overdue": f"{number}.00"}}
        if number % 5 == 0:
            event = "replied" if number % 20 == 0 else ("sent", "delivered")[number // 5 % 2]
            content = {
                "subject": f"Message {number}",
                "body": WORDS % number,
                "address": "debtor@debtor.example",
            }
            row |= {"event": event, "contact_id": contact.id, "content": content}
        rows.append(row)
    env["collections.log"]._append(rows)


def measure(name):
    """Return what the scheduled job needed."""
    with database.environment(name) as env:
        write_off = env["collections.write.off"].search([("state", "=", "posted")], limit=1)
        write_off._queue_dossier()
        found = {
            "documents": len(write_off.line_ids.line_id.move_id),
            "entries": write_off.case_id.log_sequence,
        }
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # peaks count from here
    calls = []
    children = _count_children()
    while not calls or found["state"] == "queued":
        with database.environment(name) as env:
            job = env.ref("collections_management.collections_write_off_cron_dossier")
            processor, begun = time.process_time(), time.monotonic()
            job.method_direct_trigger()
            calls.append((time.monotonic() - begun, time.process_time() - processor))
            env.invalidate_all()
            write_off = env["collections.write.off"].browse(write_off.id)
            found |= {
                "state": write_off.dossier_state,
                "pages": write_off.dossier_pages,
                "fault": write_off.dossier_fault,
                "files": [
                    f"{file.name}: {file.file_size / 1e6:.1f} MB" for file in write_off.dossier_ids
                ],
            }
    status = Path("/proc/self/status").read_text()
    [peak] = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return found | {
        "calls": len(calls),
        "longest": round(max(seconds for seconds, _processor in calls), 1),
        "seconds": round(sum(seconds for seconds, _processor in calls), 1),
        "processor": round(sum(processor for _seconds, processor in calls), 1),
        "processor_printing": round(_count_children() - children, 1),
        "peak_mb": int(peak) // 1024,
        "program_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
    }


def _count_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())
