from odoo.tools import SQL


def migrate(cr, version):  # noqa: ARG001  (the signature Odoo calls)
    """Let companies that were collecting before go on as they did.

    Since 19.0.1.1.0 a company's start is remembered, and on that day old debts may enter the ladder
    gently. Who had left safe mode before has started already: the day is that of its first contact
    that really left, else of its first run, and its debts stay where their age puts them. Without
    this, switching safe mode on and off would start such a company a second time.
    """
    cr.execute(
        SQL(
            """
            UPDATE res_company company
               SET collections_live_on = started.day,
                   collections_set_up_on = coalesce(collections_set_up_on, started.day),
                   collections_start_mode = 'full'
              FROM (
                    SELECT id,
                           coalesce(
                               (SELECT min(sent_on)::date FROM collections_contact contact
                                 WHERE contact.company_id = company.id
                                   AND contact.safe_mode IS NOT TRUE),
                               (SELECT min(date) FROM collections_run run
                                 WHERE run.company_id = company.id),
                               CURRENT_DATE) AS day
                      FROM res_company company
                   ) started
             WHERE started.id = company.id AND company.collections_live_on IS NULL
               AND company.collections_safe_mode IS NOT TRUE
            """
        )
    )
