from . import (
    collections_conversation,
    collections_llm_call,
    res_company,
    res_config_settings,
)
