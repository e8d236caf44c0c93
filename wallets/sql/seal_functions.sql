-- What makes seals and proves them. See wallets/operations/seals.py.

-- The hash of the transfers after one id up to another, column by column in the order of ids: their binary forms, of which each
-- is either as long as every other or, for texts, ends with a NUL, which none contains. So no two histories look alike. Columns
-- and not rows: a third of the time. SHA-512 within: on a processor of 64 bits it takes half the time of SHA-256.
--
-- What few transfers have is hashed with their ids. A column that is added later is hashed likewise where it is not its default:
-- then older seals stand.
CREATE OR REPLACE FUNCTION wallets_seal_content(after_id uuid, last_id uuid) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE COST 1000000  -- worth a processor of its own
AS $$
    SELECT sha256(
        sha512(string_agg(uuid_send(id), '')) || sha512(string_agg(uuid_send(debit_id), ''))
        || sha512(string_agg(uuid_send(credit_id), '')) || sha512(string_agg(int8send(points), ''))
        || sha512(string_agg(textsend(kind), '\x00')) || sha512(string_agg(textsend(reference), '\x00'))
        || sha512(string_agg(timestamptz_send(effective_at), '')) || sha512(string_agg(timestamptz_send(recorded_at), ''))
        || sha512(string_agg(int8send(debit_points_after), '')) || sha512(string_agg(int8send(credit_points_after), ''))
        || sha512(coalesce(string_agg(uuid_send(id) || uuid_send(reverses_id), '') FILTER (WHERE reverses_id IS NOT NULL), ''))
        || sha512(coalesce(string_agg(uuid_send(id) || int8send(shortfall), '') FILTER (WHERE shortfall <> 0), '')))
    FROM (SELECT * FROM wallets_transfer WHERE id > after_id AND id <= last_id ORDER BY id) AS t
$$;

-- Everything that a seal says, and the hash of the seal before: chained.
CREATE OR REPLACE FUNCTION wallets_seal_hash(seal wallets_seal, content bytea) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT sha256(seal.previous_hash || int8send(seal.number) || uuid_send(seal.first_transfer_id)
                  || uuid_send(seal.last_transfer_id) || int4send(seal.count) || timestamptz_send(seal.sealed_at) || content)
$$;

-- Seals the next transfers before the horizon, `transfers_max` at most; returns the seal's number, null where there are none.
-- One at a time: whoever comes while another seals finds nothing to do.
CREATE OR REPLACE FUNCTION wallets_seal_next(horizon timestamptz, moment timestamptz, transfers_max integer) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    before wallets_seal;
    seal wallets_seal;
BEGIN
    IF NOT pg_try_advisory_xact_lock('wallets_seal'::regclass::bigint) THEN
        RETURN NULL;
    END IF;
    SELECT * INTO before FROM wallets_seal ORDER BY number DESC LIMIT 1;
    before.last_transfer_id := coalesce(before.last_transfer_id, '00000000-0000-0000-0000-000000000000');
    SELECT count(*), (array_agg(id ORDER BY id))[1], (array_agg(id ORDER BY id DESC))[1]
    INTO seal.count, seal.first_transfer_id, seal.last_transfer_id
    FROM (
        SELECT id FROM wallets_transfer WHERE id > before.last_transfer_id AND id < wallets_first_id(horizon)
        ORDER BY id LIMIT transfers_max
    ) AS next;
    IF seal.count = 0 THEN
        RETURN NULL;
    END IF;
    seal.number := coalesce(before.number, 0) + 1;
    seal.previous_hash := coalesce(before.hash, decode(repeat('00', 32), 'hex'));
    seal.sealed_at := moment;
    seal.hash := wallets_seal_hash(seal, wallets_seal_content(before.last_transfer_id, seal.last_transfer_id));
    INSERT INTO wallets_seal SELECT seal.*;
    RETURN seal.number;
END $$;
