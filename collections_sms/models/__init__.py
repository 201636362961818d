from . import (
    collections_channel,
    collections_channel_reply,
    collections_contact,
    collections_conversation_message,
    collections_delivery,
    collections_log_content,
    collections_step,
    res_company,
    res_config_settings,
    sms_sms,
    sms_template,
    sms_tracker,
)
