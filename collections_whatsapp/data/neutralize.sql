UPDATE collections_whatsapp_account
   SET token = NULL,
       app_secret = NULL,
       verify_token = NULL,
       active = FALSE;
