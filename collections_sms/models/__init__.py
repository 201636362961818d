from . import (
    collections_channel,
    collections_contact,
    collections_delivery,
    collections_step,
    res_company,
    res_config_settings,
    sms_template,
    sms_tracker,
)
