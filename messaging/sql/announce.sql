-- Tells the endpoints of client systems what happened: an event, and a delivery for each endpoint that listens to its type,
-- is enabled, and belongs to a client that is let in and may use its programme. What nobody listens to leaves no row.
-- One call for any number. Other rooms' statements call it to tell what they do while they do it.
CREATE OR REPLACE FUNCTION messaging_announce(
    events json,                -- [{id, type, programme, timestamp, data}]; no programme: every client may hear of it
    happened_at timestamptz
) RETURNS integer               -- how many deliveries wait for the worker
LANGUAGE plpgsql AS $$
DECLARE
    written integer;
BEGIN
    IF events IS NULL THEN
        RETURN 0;
    END IF;
    WITH asked AS (
        SELECT * FROM json_to_recordset(events) AS event (id uuid, type text, programme text, "timestamp" text, data json)
    ), listener AS MATERIALIZED (
        SELECT endpoint.id, endpoint.types, client.programmes
        FROM messaging_webhookendpoint endpoint JOIN api_apiclient client ON client.oauth_id = endpoint.client_id
        WHERE endpoint.status = 'enabled' AND client.disabled_at IS NULL
            AND (client.expires_at IS NULL OR client.expires_at > happened_at)
    ), heard AS MATERIALIZED (
        SELECT asked.id AS event_id, listener.id AS endpoint_id
        FROM asked JOIN listener ON asked.type = ANY (listener.types)
        WHERE asked.programme IS NULL OR listener.programmes = '{}' OR asked.programme = ANY (listener.programmes)
    ), event AS (
        INSERT INTO messaging_webhookevent (id, type, body, created_at)
        SELECT id, type, format('{"type":%s,"timestamp":%s,"data":%s}', to_json(type), to_json("timestamp"), data), happened_at
        FROM asked WHERE id IN (SELECT event_id FROM heard)
    )
    INSERT INTO messaging_webhookdelivery
        (id, event_id, endpoint_id, status, attempts, next_attempt_at, response_excerpt, last_error)
    -- a UUIDv7 as the event's own: its time, and chance
    SELECT (left(event_id::text, 18) || right(gen_random_uuid()::text, 18))::uuid, event_id, endpoint_id, 'pending', 0,
        happened_at, '', ''
    FROM heard ORDER BY event_id, endpoint_id;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END $$;
