from . import (
    collections_channel,
    collections_contact,
    collections_delivery,
    collections_letter_batch,
    collections_printer,
    res_company,
    res_config_settings,
    snailmail_letter,
)
