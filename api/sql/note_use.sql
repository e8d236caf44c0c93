-- Notes that a client, and the API key where one was shown, is in use: to the minute, and without waiting for whoever
-- notes the same at this moment.
CREATE FUNCTION api_note_use(client text, token_hash text) RETURNS boolean LANGUAGE sql AS $$
    UPDATE api_apiclient SET last_used_at = now() WHERE oauth_id IN (
        SELECT oauth_id FROM api_apiclient WHERE oauth_id = client FOR NO KEY UPDATE SKIP LOCKED
    );
    UPDATE api_apikey SET last_used_at = now() WHERE id IN (
        SELECT id FROM api_apikey WHERE hash = token_hash FOR NO KEY UPDATE SKIP LOCKED
    );
    SELECT true
$$;
