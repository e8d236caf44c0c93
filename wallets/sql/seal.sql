-- Seals: what shows that no transfer was changed, removed or put in between later. seal_functions.sql makes them.

-- The smallest id that wallets_id_prefix gives from a moment on.
CREATE FUNCTION wallets_first_id(moment timestamptz) RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT (lpad(to_hex(us / 1000), 12, '0') || '7' || lpad(to_hex(us % 1000 * 4096 / 1000), 3, '0') || '8'
            || repeat('0', 15))::uuid
    FROM (SELECT greatest(extract(epoch FROM moment) * 1000000, 0)::bigint) AS since_1970 (us)
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON wallets_seal FOR EACH ROW EXECUTE FUNCTION wallets_refuse();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON wallets_seal EXECUTE FUNCTION wallets_refuse();
