-- Moves what is left of lots past their date to the `expired` account, a transfer a lot; returns how many lots it touched.
--
-- What is held does not expire: a hold keeps what had not expired when it was placed (wallets_overdue in post.sql says how much of
-- the due lots that is), and the rest of those that are due goes; what is held stays in any case. What a hold kept back expires once
-- it is released.
CREATE OR REPLACE FUNCTION wallets_expire(expired_account uuid, moment timestamptz, lots_max integer) RETURNS integer
LANGUAGE plpgsql
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    wallets uuid[];
    prefix text;
    moved integer;
BEGIN
    LOOP
        -- 1. Which wallets: those with a due lot that holds do not cover, the longest due first.
        SELECT array_agg(DISTINCT due.account_id) INTO wallets FROM (
            SELECT lot.account_id FROM wallets_lot lot JOIN wallets_account a ON a.id = lot.account_id
            WHERE lot.remaining > 0 AND lot.expires_at <= moment AND a.held < a.points
              AND (a.held = 0 OR wallets_set_aside(a.id, lot.expires_at) < (
                  SELECT sum(upto.remaining) FROM wallets_lot upto
                  WHERE upto.account_id = lot.account_id AND upto.remaining > 0
                    AND (upto.expires_at, upto.id) <= (lot.expires_at, lot.id)))
            ORDER BY lot.expires_at LIMIT lots_max
        ) AS due;
        IF wallets IS NULL THEN
            RETURN 0;
        END IF;

        -- 2. Lock them in key order, the shared account last, as wallets_post does; then look again.
        PERFORM id FROM wallets_account WHERE id = ANY(wallets || expired_account)
        ORDER BY kind <> 'wallet', id FOR NO KEY UPDATE;
        prefix := wallets_id_prefix();

        WITH due AS (
            SELECT lot.id, lot.account_id, lot.expires_at, lot.remaining, a.points, a.held,
                   sum(lot.remaining) OVER (PARTITION BY lot.account_id ORDER BY lot.expires_at, lot.id)
                   - CASE WHEN a.held = 0 THEN 0 ELSE wallets_set_aside(a.id, lot.expires_at) END AS excess
            FROM wallets_lot lot JOIN wallets_account a ON a.id = lot.account_id
            WHERE lot.account_id = ANY(wallets) AND lot.remaining > 0 AND lot.expires_at <= moment
        ), gone AS (
            SELECT *, least(points - held, greatest(0, max(excess) OVER (PARTITION BY account_id ORDER BY expires_at, id)))::bigint
                      AS wallet_lost
            FROM due
        ), parted AS (
            SELECT *, wallet_lost - lag(wallet_lost, 1, 0::bigint) OVER (PARTITION BY account_id ORDER BY expires_at, id) AS lost
            FROM gone
        ), counted AS (
            SELECT *, row_number() OVER everywhere AS place, (sum(lost) OVER everywhere)::bigint AS all_lost
            FROM parted WHERE lost > 0
            WINDOW everywhere AS (ORDER BY account_id, expires_at, id)
        ), transfer AS MATERIALIZED (
            SELECT *, (prefix || lpad(to_hex(place), 5, '0') || right(gen_random_uuid()::text, 10))::uuid AS transfer_id
            FROM counted
        ), emptied AS (
            UPDATE wallets_lot SET remaining = wallets_lot.remaining - transfer.lost
            FROM transfer WHERE wallets_lot.id = transfer.id
        ), drawn AS (
            INSERT INTO wallets_lotdraw (lot_id, transfer_id, points) SELECT id, transfer_id, lost FROM transfer
        ), lowered AS (
            UPDATE wallets_account SET points = points - given.lost, lifetime_expired = lifetime_expired + given.lost
            FROM (SELECT account_id, sum(lost)::bigint AS lost FROM transfer GROUP BY account_id) AS given
            WHERE wallets_account.id = given.account_id
        ), raised AS (
            UPDATE wallets_account SET points = points + (SELECT sum(lost) FROM transfer)::bigint
            WHERE id = expired_account AND EXISTS (SELECT FROM transfer)
        )
        -- The reference of what empties a lot is the lot's; of what leaves held points in it, that and how many it left.
        INSERT INTO wallets_transfer (id, debit_id, credit_id, points, kind, reference, effective_at, recorded_at,
                                      debit_points_after, credit_points_after)
        SELECT transfer_id, account_id, expired_account, lost, 'expiry',
               'exp:' || replace(transfer.id::text, '-', '')
                      || CASE WHEN lost < remaining THEN ':' || remaining - lost ELSE '' END,
               moment, clock_timestamp(), transfer.points - wallet_lost, shared.points + all_lost
        FROM transfer, wallets_account shared WHERE shared.id = expired_account;
        GET DIAGNOSTICS moved = ROW_COUNT;
        IF moved > 0 THEN
            RETURN moved;
        END IF;  -- somebody else expired them while we waited for the locks: look for others
    END LOOP;
END $$;
