"""What the demo does with the collections addons, when they are installed."""

from dateutil.relativedelta import relativedelta

from . import desk, policies, reports, stories, whatsapp

ADDON = "collections_management"
COLLECTORS = ("cobrador", "cobrador2")
GROUPS = {
    "collector": f"{ADDON}.{ADDON}_group_collector",
    "supervisor": f"{ADDON}.{ADDON}_group_supervisor",
    "manager": f"{ADDON}.{ADDON}_group_manager",
    "auditor": f"{ADDON}.{ADDON}_group_auditor",
}


def groups(env, role):
    """Return the collections group of a role; empty while the addon is not installed."""
    group = env.ref(GROUPS.get(role, "-.-"), raise_if_not_found=False)
    return group or env["res.groups"]


def after_ledger(env, today):
    """Put the companies to work: collectors, sender, cases read, segmented and given out.

    The first company is live, because the demo's mailbox and phones deliver nothing anywhere, and
    its department has worked for some weeks; the second one stays in safe mode and begins today,
    as a new installation does. Nothing is planned to be sent: that is for the visitor.
    `env` sees both companies. It runs in one transaction, which the caller commits.
    """
    if "collections.case" not in env:
        return
    write_numbers_as_in_peru(env)
    allow_any_hour(env)
    collectors = env["res.users"].search([("login", "in", COLLECTORS)], order="login")
    for position, company in enumerate(env["res.company"].search([], order="id")):
        mine = collectors.filtered(lambda user, company=company: company in user.company_ids)
        company.write(
            {
                "collections_start_mode": "full",
                "collections_safe_mode": bool(position),
                "collections_test_email": "pruebas@andina.example",
                "collections_user_id": mine[:1].id,
            }
        )
        if position:
            begin(env, company, mine)
        else:
            whatsapp.ensure(env, company)
            policies.ensure(env, company, today)
            work(env, company, mine, today)
        aim(env, company, today)


def begin(env, company, collectors):
    """Read the ledger for the first time and give the cases out."""
    env["collections.ledger"].with_company(company)._refresh(company)
    env["collections.segment"].with_company(company)._assign(company)
    share(env, company, collectors)


def work(env, company, collectors, today):
    """Begin some weeks ago, and work since."""
    department = desk.Desk(env, company, today)

    def start():
        begin(env, department.company, collectors)
        reports.begin_comparison(department)

    desk.tell(department, stories.get_stories(), start)
    reports.ensure(department)


def write_numbers_as_in_peru(env):
    """1,234.56: the Spanish of Latin America writes them the other way round."""
    language = env["res.lang"].with_context(active_test=False).search([("code", "=", "es_419")])
    language.write({"decimal_point": ".", "thousands_sep": ","})


def allow_any_hour(env):
    """Let the demo write at the hour of the visit."""
    rules = env["collections.contact.rule"].with_context(lang="es_419")
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    rules.create(
        {
            "name": "Demostración: a cualquier hora",
            "sequence": 0,
            "holidays_ok": True,
            "note": "Archive esta regla para ver los horarios, feriados y límites reales.",
            "window_ids": [(0, 0, dict.fromkeys(days, True) | {"hour_from": 0, "hour_to": 24})],
        }
    )


def share(env, company, collectors):
    """Make a team of the collectors of a company and let a rule share its cases out."""
    if not collectors:
        return
    supervisors = env["res.users"].search(
        [
            ("group_ids", "in", groups(env, "supervisor").ids),
            ("company_ids", "in", company.ids),
        ]
    )
    team = env["collections.team"].create(
        {
            "name": f"Cartera {company.name}",
            "company_id": company.id,
            "supervisor_ids": [(6, 0, supervisors.ids)],
            "member_ids": [(0, 0, {"user_id": user.id, "case_limit": 150}) for user in collectors],
        }
    )
    env["collections.assignment.rule"].create(
        {
            "name": "Toda la cartera",
            "team_id": team.id,
            "company_id": company.id,
            "rebalance": True,
            "note": "La carga se nivela cada noche entre los gestores del equipo.",
        }
    )
    env["collections.assignment.rule"]._assign_collectors(company)


def aim(env, company, today):
    """Set the targets of the month for the collectors of a company."""
    team = env["collections.team"].search([("company_id", "=", company.id)])
    env["collections.target"].create(
        [
            {
                "team_id": team.id,
                "user_id": member.user_id.id,
                "company_id": company.id,
                "date_from": today.replace(day=1),
                "date_to": today + relativedelta(day=31),
                "amount": 50000,
                "contact_count": 200,
            }
            for member in env["collections.team"]
            .search([("company_id", "=", company.id)])
            .member_ids
        ]
    )
