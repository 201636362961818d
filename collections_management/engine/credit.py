"""What a credit hold does to a sale or an invoice; plain facts in, a word out."""

MODES = ("off", "warn", "block")


def gate(mode, *, held, approved=False, person=True):
    """Return what happens to a document of a debtor: ``pass``, ``warn``, ``block`` or ``park``.

    :param str mode: what the company does, one of ``MODES``
    :param bool held: whether the debtor is on credit hold
    :param bool approved: somebody let this document through
    :param bool person: a person of the house acts, who can be told why not. What comes from the
        outside (a shop, the portal, a job) is parked for a person instead of refused.
    """
    if mode not in MODES:
        raise ValueError(mode)
    if mode == "off" or not held or approved:
        return "pass"
    if mode == "warn":
        return "warn"
    return "block" if person else "park"
