-- Puts messages into inboxes, and a delivery for each channel they name, unless its person switched that off. One call for
-- any number; a message that its reference, kind and person have already is left out with its deliveries, so telling the
-- same thing again does nothing at all. Other rooms' statements call it to tell what they do while they do it.
CREATE OR REPLACE FUNCTION messaging_tell(
    messages json,              -- [{id, person_id, kind, title, body, path, reference, deliveries: {channel: id}}]
    told_at timestamptz
) RETURNS integer               -- how many deliveries wait for the worker
LANGUAGE plpgsql AS $$
DECLARE
    written integer;
BEGIN
    WITH asked AS (
        SELECT * FROM json_to_recordset(messages) AS message
            (id uuid, person_id uuid, kind text, title text, body text, path text, reference text, deliveries json)
    ), told AS (
        INSERT INTO messaging_message (id, person_id, kind, title, body, path, reference, created_at)
        SELECT id, person_id, kind, title, body, path, reference, told_at FROM asked
        ON CONFLICT (reference, kind, person_id) DO NOTHING
        RETURNING id, person_id
    )
    INSERT INTO messaging_delivery
        (id, message_id, channel, status, attempts, next_attempt_at, last_error, provider_reference)
    SELECT delivery.value::uuid, told.id, delivery.key, 'pending', 0, told_at, '', ''
    FROM told JOIN asked ON asked.id = told.id CROSS JOIN json_each_text(asked.deliveries) AS delivery
    WHERE NOT EXISTS (
        SELECT FROM messaging_channelpreference preference
        WHERE preference.person_id = told.person_id AND preference.channel = delivery.key AND NOT preference.is_on
    );
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END $$;
