"""The desk of the end-to-end tests: things that two persons may decide on at once."""

from datetime import timedelta

from odoo import Command, fields


def prepare(env, barrier):
    """Have one of each thing wait for a decision, on cases of their own.

    :return: who decides, and the ids of what waits by name
    """
    company = env.company
    env["collections.ledger"]._refresh(company)
    group = env.ref("collections_management.collections_management_group_manager")
    maker, *deciders = env["res.users"].create(
        [
            {"name": name, "login": f"e2e_{name}", "group_ids": [Command.link(group.id)]}
            for name in ("asker", "one", "other")
        ]
    )
    cases = iter(
        env["collections.case"].search([("partner_id.name", "=like", "Debtor due%")], order="id")
    )
    waiting = {
        "case": next(cases),
        "promise": make_promise(maker, next(cases)),
        "dispute": make_dispute(maker, next(cases)),
        "agreement": make_agreement(maker, next(cases)),
        "write_off": make_write_off(maker, next(cases)),
        "release": make_release(maker, next(cases)),
        "told": next(cases),
        "webhook": make_webhook(env),
    }
    return {
        "deciders": [user.id for user in deciders],
        "line": get_line(waiting["case"]).id,
        **{name: record.id for name, record in waiting.items()},
    }


def get_line(case):
    return case.receivable_ids.filtered(lambda line: line.amount_residual_currency > 0)[:1]


def make_promise(maker, case):
    """A promise beyond the limit, which waits for approval."""
    case.segment_id = case.env["collections.segment"].create(
        {
            "name": "Short",
            "strategy_id": case.env["collections.strategy"].search([], limit=1).id,
            "promise_limit_days": 1,
        }
    )
    promise = (
        case.env["collections.promise"]
        .with_user(maker)
        .create({"case_id": case.id, "date_due": fields.Date.today() + timedelta(days=9)})
    )
    assert promise.state == "awaiting"
    return promise


def make_dispute(maker, case):
    line = get_line(case)
    return (
        case.env["collections.dispute"]
        .with_user(maker)
        .create(
            {
                "case_id": case.id,
                "line_id": line.id,
                "amount": line.amount_residual_currency,
                "reason_id": case.env["collections.dispute.reason"].search([], limit=1).id,
            }
        )
    )


def make_agreement(maker, case):
    agreement = (
        case.env["collections.agreement"]
        .with_user(maker)
        .create(
            {
                "case_id": case.id,
                "count": 2,
                "date_first": fields.Date.today() + timedelta(days=20),
            }
        )
    )
    agreement.action_propose()
    assert agreement.state == "proposed"
    return agreement


def make_write_off(maker, case):
    env = case.env
    env.company.collections_write_off_account_id = env["account.account"].create(
        {"code": "WO1", "name": "Written off", "account_type": "expense"}
    )
    action = case.with_user(maker).action_write_off()
    write_off = env["collections.write.off"].with_user(maker).browse(action["res_id"])
    write_off.reason_id = env["collections.write.off.reason"].search([], limit=1)
    write_off.action_request()
    assert write_off.state == "requested"
    return write_off


def make_release(maker, case):
    case._put_on_credit_hold("Pays late")
    return case.env["collections.credit.release"].with_user(maker)._ask(case, "Has paid half", {})


def make_webhook(env):
    return env["collections.webhook"].create(
        {
            "name": "Telephone system",
            "url": "https://telephone.example",
            "event_ids": [
                Command.set(env["collections.event"].search([("code", "=", "promise.made")]).ids)
            ],
        }
    )


def tell(env, barrier, model, ids, names):
    """Return fields of records, the events about their cases, and the faults of the log."""
    records = env[model].browse(ids)
    cases = records if model == "collections.case" else records.case_id
    return {
        "fields": records.read(names, load=None)[0],
        "events": cases.log_ids.sorted("sequence").mapped("event"),
        "faults": [str(fault) for fault in env["collections.log"]._verify(cases)],
    }
