-- a copy of the database asks nobody, and the key is not in it
UPDATE res_company
   SET collections_llm_active = false,
       collections_llm_key = NULL;
