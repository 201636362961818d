Reminders and conversations by WhatsApp: the new addon collections_whatsapp.
