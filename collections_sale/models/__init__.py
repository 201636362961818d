from . import (
    collections_credit_release,
    res_company,
    res_config_settings,
    sale_order,
)
