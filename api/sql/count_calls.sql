-- Adds calls to the counts of their hours; the keys come sorted, so that two processes lock rows in one order.
CREATE OR REPLACE FUNCTION api_count_calls(clients text[], hours timestamptz[], codes text[], counts integer[])
RETURNS void LANGUAGE sql AS $$
    INSERT INTO api_apicallcount (client_id, hour, code, calls)
    SELECT * FROM unnest(clients, hours, codes, counts)
    ON CONFLICT (client_id, hour, code) DO UPDATE SET calls = api_apicallcount.calls + excluded.calls;
$$;
