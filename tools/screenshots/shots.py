"""Which pictures the manual shows: who looks, at what, and what is clicked before."""

from dataclasses import dataclass

ADDON = "collections_management"
FIRST, SECOND = "Distribuidora Andina SAC", "Andina Equipos SRL"


@dataclass(frozen=True)
class Shot:
    """One picture. The address and the selectors to click name ids of `prepare` in braces.

    ``more``: on a phone the button to click is behind the three dots of its page.
    """

    name: str
    login: str
    address: str
    company: str = FIRST
    clicks: tuple = ()
    more: bool = False


def _action(name):
    return f"/odoo/action-{ADDON}.{name}"


def _report(code):
    return f"/odoo/action-collections_reports.collections_report_{code}_action"


def _record(name, record):
    return f"{_action(name)}/{{{record}}}"


SHOTS = (
    Shot("my-cases", "cobrador", _action("collections_case_action_mine")),
    Shot("case", "cobrador", _record("collections_case_action", "case")),
    Shot(
        "statement",
        "contador",
        _record("collections_case_action", "case"),
        clicks=("button[name='{statement}']",),
        more=True,
    ),
    Shot("my-day", "cobrador", _action("collections_worklist_action")),
    Shot("conversation", "cobrador", _record("collections_conversation_action", "conversation")),
    Shot("pay", "cliente", "{pay}"),
    Shot("promises", "cobrador", _action("collections_promise_action_standing")),
    Shot("agreement", "supervisor", _record("collections_agreement_action_standing", "agreement")),
    Shot("signing", "cliente", "{signing}"),
    Shot("dispute", "supervisor", _record("collections_dispute_action", "dispute")),
    Shot("board", "supervisor", _action("collections_board_action")),
    Shot("legal", "supervisor", _record("collections_escalation_action", "legal")),
    Shot("agency", "agencia", "/my/collections/cases/{agency}"),
    Shot("fees", "contador", _action("collections_fee_action")),
    Shot("write-off", "contador", _record("collections_write_off_action", "write_off")),
    Shot("set-up", "jefe", _action("collections_onboarding_action"), SECOND),
    Shot(
        "preview",
        "jefe",
        _action("collections_run_action"),
        SECOND,
        ("button[name='action_preview']",),
    ),
    Shot("run", "jefe", _record("collections_run_action", "run"), SECOND),
    Shot("to-approve", "supervisor", _action("collections_contact_action_to_approve"), SECOND),
    Shot("message", "supervisor", _record("collections_contact_action", "contact"), SECOND),
    Shot(
        "go-live",
        "jefe",
        _action("collections_go_live_action"),
        SECOND,
        (".modal button[name='action_simulate']",),
    ),
    Shot("strategy", "jefe", _record("collections_strategy_action", "strategy")),
    Shot("rule", "jefe", _record("collections_contact_rule_action", "rule")),
    Shot(
        "whatsapp",
        "admin",
        "/odoo/action-collections_whatsapp.collections_whatsapp_account_action/{account}",
    ),
    Shot("aging", "contador", _report("aging")),
    Shot("overview", "jefe", _report("overview")),
    Shot("key-figures", "jefe", _report("kpi")),
    Shot("monthly", "jefe", _report("monthly")),
    Shot("recovery", "jefe", _report("recovery")),
    Shot("my-page", "cobrador", _report("mine")),
    Shot("health", "jefe", _action("collections_health_action")),
    Shot("settings", "admin", _action("res_config_settings_action")),
)
