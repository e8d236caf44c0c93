-- A transfer that fell short is sealed with what was left out of it; one that did not looks as it did before the column came,
-- so that older seals stand.
CREATE OR REPLACE FUNCTION wallets_transfer_bytes(t wallets_transfer) RETURNS bytea LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT record_send(ROW(t.id, t.debit_id, t.credit_id, t.points, t.kind::text, t.reference::text, t.effective_at,
                           t.recorded_at, t.debit_points_after, t.credit_points_after, t.reverses_id))
           || CASE WHEN t.shortfall = 0 THEN ''::bytea ELSE int8send(t.shortfall) END
$$;
