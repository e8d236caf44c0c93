-- Seals: what shows that no transfer was changed, removed or put in between later. See wallets/operations/seals.py.

-- The smallest id that wallets_id_prefix gives from a moment on.
CREATE FUNCTION wallets_first_id(moment timestamptz) RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (lpad(to_hex(us / 1000), 12, '0') || '7' || lpad(to_hex(us % 1000 * 4096 / 1000), 3, '0') || '8'
            || repeat('0', 15))::uuid
    FROM (SELECT greatest(extract(epoch FROM moment) * 1000000, 0)::bigint) AS since_1970 (us)
$$;

-- A transfer in one form for ever: each column's binary form with its type and length before it (record_send), so that no two
-- transfers look alike, in this order whatever the table's. A column that is added later is not sealed; give it a new form.
CREATE FUNCTION wallets_transfer_bytes(t wallets_transfer) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT record_send(ROW(t.id, t.debit_id, t.credit_id, t.points, t.kind::text, t.reference::text, t.effective_at,
                           t.recorded_at, t.debit_points_after, t.credit_points_after, t.reverses_id))
$$;

-- Everything that a seal says, and the hash of the seal before: chained.
CREATE FUNCTION wallets_seal_hash(seal wallets_seal, content bytea) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sha256(seal.previous_hash || record_send(ROW(seal.number, seal.first_transfer_id, seal.last_transfer_id,
                                                        seal.count, seal.sealed_at)) || content)
$$;

-- Seals the next transfers before the horizon, `transfers_max` at most; returns the seal's number, null where there are none.
-- One at a time: whoever comes while another seals finds nothing to do.
CREATE FUNCTION wallets_seal_next(horizon timestamptz, moment timestamptz, transfers_max integer) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    before wallets_seal;
    seal wallets_seal;
    content bytea;
BEGIN
    IF NOT pg_try_advisory_xact_lock('wallets_seal'::regclass::bigint) THEN
        RETURN NULL;
    END IF;
    SELECT * INTO before FROM wallets_seal ORDER BY number DESC LIMIT 1;
    SELECT count(*), (array_agg(id ORDER BY id))[1], (array_agg(id ORDER BY id DESC))[1],
           sha256(string_agg(bytes, '' ORDER BY id))
    INTO seal.count, seal.first_transfer_id, seal.last_transfer_id, content
    FROM (
        SELECT t.id, wallets_transfer_bytes(t) AS bytes FROM wallets_transfer t
        WHERE t.id > coalesce(before.last_transfer_id, '00000000-0000-0000-0000-000000000000')
          AND t.id < wallets_first_id(horizon)
        ORDER BY t.id LIMIT transfers_max
    ) AS next;
    IF seal.count = 0 THEN
        RETURN NULL;
    END IF;
    seal.number := coalesce(before.number, 0) + 1;
    seal.previous_hash := coalesce(before.hash, decode(repeat('00', 32), 'hex'));
    seal.sealed_at := moment;
    seal.hash := wallets_seal_hash(seal, content);
    INSERT INTO wallets_seal SELECT seal.*;
    RETURN seal.number;
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON wallets_seal FOR EACH ROW EXECUTE FUNCTION wallets_refuse();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON wallets_seal EXECUTE FUNCTION wallets_refuse();
