-- a copy of the database calls nobody, and the account's secret is not in it
UPDATE collections_voice_account
   SET active = false,
       state = 'stopped',
       auth_token = 'neutralized';
UPDATE res_company
   SET collections_voice_test_phone = NULL;
UPDATE collections_voice_call
   SET expires_on = now() AT TIME ZONE 'UTC';
