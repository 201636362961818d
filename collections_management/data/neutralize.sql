-- nothing leaves a copy of the database: safe mode everywhere, with no address to send to
UPDATE res_company
   SET collections_safe_mode = true,
       collections_test_email = NULL;
-- no other system is told, and its secret is not in the copy
UPDATE collections_webhook
   SET active = false,
       secret = 'neutralized';
DELETE FROM ir_config_parameter
 WHERE key = 'collections_management.webhook_private_targets';
