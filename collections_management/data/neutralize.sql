-- A copy for tests reminds nobody and answers no monitoring program
UPDATE res_company SET collections_safe_mode = true;
DELETE FROM ir_config_parameter WHERE key = 'collections_management.health_token';
