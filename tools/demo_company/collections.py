"""What the demo does with the collections addons, when they are installed."""

ADDON = "collections_management"
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


def after_ledger(env):
    """Extension point: called once, when the ledger is complete.

    The place to open cases, assign collectors and choose strategies. `env` may see
    both companies. It runs in one transaction, which the caller commits.
    """
    if "collections.case" not in env:
        return
