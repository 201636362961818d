"""The people who work with the demo: one user per role, password equal to the login."""

import json

from . import collections, partners
from .people import LANGUAGE

# role, login, name, what the person can try, odoo groups, both companies
USERS = (
    (
        *("collector", "cobrador", "María Quispe Rojas"),
        "Gestora de cobranza: trabaja su cartera, registra contactos y tareas",
        *(("base.group_user",), True),
    ),
    (
        *("collector", "cobrador2", "Jorge Huamán Torres"),
        "Gestor de cobranza: otra cartera; no ve la de María",
        *(("base.group_user",), False),
    ),
    (
        *("supervisor", "supervisor", "Carmen Salazar Ponce"),
        "Supervisora: reparte la cartera, aprueba envíos",
        *(("base.group_user",), True),
    ),
    (
        *("manager", "jefe", "Raúl Villanueva Medina"),
        "Jefe de créditos y cobranzas: estrategias, reglas, ajustes",
        *(("base.group_user", "account.group_account_readonly"), True),
    ),
    (
        *("auditor", "auditor", "Elena Paredes Tello"),
        "Auditora: lee todo y verifica la bitácora",
        *(("base.group_user", "account.group_account_readonly"), True),
    ),
    (
        *("accountant", "contador", "Luis Cárdenas Ayala"),
        "Contador: facturas, pagos, conciliación",
        *(("base.group_user", "account.group_account_manager", "account.group_account_user"), True),
    ),
)
# What they see first, by role; the others see Odoo's own first page.
HOMES = {
    "collector": "collections_worklist_action",
    "supervisor": "collections_board_action",
    "manager": "collections_case_action",
    "auditor": "collections_log_action",
}
PORTAL = ("portal", "cliente", "Cliente del portal: ve y paga sus facturas")
AGENCY = ("portal", "agencia", "Agencia de cobranza: ve en el portal solo lo que se le entregó")
ADMIN = ("admin", "admin", "Administrador de Odoo (en inglés)")


def create(env, companies, plan):
    """Create the users that are missing."""
    users = env["res.users"].with_context(no_reset_password=True, active_test=False)
    known = set(users.search([]).mapped("login"))
    for role, login, name, _what, groups, both in USERS:
        if login not in known:
            allowed = companies if both else companies[0]
            users.create(_values(env, role, login, name, groups, allowed))
    if PORTAL[1] not in known:
        _portal(env, users, companies, plan)
    if AGENCY[1] not in known:
        users.create(_portal_values(env, companies, AGENCY[1]) | {"name": "Silvia Ramos Díaz"})
    # what lands in the mailbox is what debtors get, not Odoo's periodic figures for its users
    env["digest.digest"].search([]).state = "deactivated"


def write_logins(path):
    """Write who can log in, for the house to print."""
    rows = [
        {"role": role, "login": login, "password": login, "name": name, "what": what}
        for role, login, name, what, *_rest in (
            (ADMIN[0], ADMIN[1], "Administrator", ADMIN[2]),
            *USERS,
            (PORTAL[0], PORTAL[1], "Cliente", PORTAL[2]),
            (AGENCY[0], AGENCY[1], "Silvia Ramos Díaz", AGENCY[2]),
        )
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=2) + "\n")


def _values(env, role, login, name, groups, companies):
    group_ids = [env.ref(group).id for group in groups]
    return {
        "login": login,
        "password": login,
        "name": name,
        "email": f"{login}@distribuidora-andina.example",
        "lang": LANGUAGE,
        "tz": "America/Lima",
        "company_id": companies[0].id,
        "company_ids": [(6, 0, companies.ids)],
        "group_ids": [(6, 0, group_ids + collections.groups(env, role).ids)],
        "action_id": role in HOMES and env.ref(f"collections_management.{HOMES[role]}").id,
    }


def _portal(env, users, companies, plan):
    """Give one debtor's contact access to the portal."""
    debtor = partners.marked(env, plan, "portal")[:1]
    if not debtor:
        return
    contact = debtor.child_ids[:1] or env["res.partner"].create(
        {
            "name": "Milagros Chávez",
            "parent_id": debtor.id,
            "function": "Cuentas por pagar",
            "email": f"milagros.chavez@{(debtor.email or 'x@cliente.example').split('@')[1]}",
            "lang": LANGUAGE,
        }
    )
    users.create(_portal_values(env, companies, PORTAL[1]) | {"partner_id": contact.id})


def _portal_values(env, companies, login):
    """Return the values of somebody of another company who comes through the portal."""
    return {
        "login": login,
        "password": login,
        "lang": LANGUAGE,
        "tz": "America/Lima",
        "company_id": companies[0].id,
        "company_ids": [(6, 0, companies[0].ids)],
        "group_ids": [(6, 0, env.ref("base.group_portal").ids)],
    }
