"""Which pictures the manual shows: who looks, at what, and what is clicked before."""

from dataclasses import dataclass

ADDON = "collections_management"
FIRST, SECOND = "Distribuidora Andina SAC", "Andina Equipos SRL"


@dataclass(frozen=True)
class Shot:
    """One picture. The address and the selectors to click name ids of `prepare` in braces."""

    name: str
    login: str
    address: str
    company: str = FIRST
    clicks: tuple = ()


def _action(name):
    return f"/odoo/action-{ADDON}.{name}"


SHOTS = (
    Shot("my-cases", "cobrador", _action("collections_case_action_mine")),
    Shot("case", "cobrador", f"{_action('collections_case_action')}/{{case}}"),
    Shot(
        "statement",
        "contador",
        f"{_action('collections_case_action')}/{{case}}",
        clicks=("button[name='{statement}']",),
    ),
    Shot("set-up", "jefe", _action("collections_onboarding_action"), SECOND),
    Shot(
        "preview",
        "jefe",
        _action("collections_run_action"),
        SECOND,
        ("button[name='action_preview']",),
    ),
    Shot("run", "jefe", f"{_action('collections_run_action')}/{{run}}", SECOND),
    Shot("to-approve", "supervisor", _action("collections_contact_action_to_approve"), SECOND),
    Shot("message", "supervisor", f"{_action('collections_contact_action')}/{{contact}}", SECOND),
    Shot(
        "go-live",
        "jefe",
        _action("collections_go_live_action"),
        SECOND,
        (".modal button[name='action_simulate']",),
    ),
    Shot("strategy", "jefe", f"{_action('collections_strategy_action')}/{{strategy}}"),
    Shot("health", "jefe", _action("collections_health_action")),
    Shot("settings", "admin", _action("res_config_settings_action")),
)
