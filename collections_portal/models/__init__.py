from . import (
    account_move_line,
    collections_case,
    collections_contact,
    collections_dunned_mixin,
    collections_event,
    collections_ledger,
    collections_log,
    collections_pay_link,
    collections_pay_link_page,
    payment_transaction,
    res_company,
    res_config_settings,
)
