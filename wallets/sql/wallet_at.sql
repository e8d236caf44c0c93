-- A person's wallet as it stood at a time: the wallet as it is, less what was recorded since. Ids are in the order in which the
-- wallet was locked, so what came since is the end of two indexes, however long the history before it.
WITH since AS MATERIALIZED (
    SELECT t.id, t.kind, -t.points AS points
    FROM wallets_account a JOIN wallets_transfer t ON t.debit_id = a.id
    WHERE a.person_id = %(person_id)s AND t.id >= wallets_first_id(%(after)s)
    UNION ALL
    SELECT t.id, t.kind, t.points
    FROM wallets_account a JOIN wallets_transfer t ON t.credit_id = a.id
    WHERE a.person_id = %(person_id)s AND t.id >= wallets_first_id(%(after)s)
), total AS (
    SELECT coalesce(sum(points), 0) AS points,
           coalesce(sum(points) FILTER (WHERE kind IN ('redemption', 'payout', 'refund')), 0) AS redeemed,
           coalesce(sum(points) FILTER (WHERE kind IN ('expiry', 'forfeiture')), 0) AS expired
    FROM since
), drawn AS (
    SELECT lot_id, sum(points) AS points
    FROM (
        SELECT lot_id, draw.points FROM wallets_lotdraw draw JOIN since ON since.id = draw.transfer_id
        UNION ALL
        SELECT lot_id, -back.points FROM wallets_lotreturn back JOIN since ON since.id = back.transfer_id
    ) AS moved
    GROUP BY lot_id
), lot AS (
    SELECT part.id, part.expires_at, part.remaining + coalesce(drawn.points, 0) AS points
    FROM (
        SELECT lot.id FROM wallets_lot lot JOIN wallets_account a ON a.id = lot.account_id
        WHERE a.person_id = %(person_id)s AND lot.remaining > 0
        UNION
        SELECT lot_id FROM drawn
    ) AS wanted
    JOIN wallets_lot part ON part.id = wanted.id AND part.id < wallets_first_id(%(after)s)
    LEFT JOIN drawn ON drawn.lot_id = part.id
    WHERE part.expires_at IS NOT NULL
), expiring AS (
    SELECT expires_at, sum(points) AS points FROM lot
    WHERE expires_at >= %(after)s
    GROUP BY expires_at HAVING sum(points) > 0
    ORDER BY expires_at LIMIT %(expiring_max)s
), open_hold AS (
    SELECT hold.placed_at, hold.points
    FROM wallets_hold hold JOIN wallets_account a ON a.id = hold.account_id
    WHERE a.person_id = %(person_id)s AND hold.id < wallets_first_id(%(after)s)
      AND (hold.status = 'placed' OR hold.transfer_id >= wallets_first_id(%(after)s)
           OR hold.transfer_id IS NULL AND hold.closed_at >= %(after)s)
), held AS (
    SELECT coalesce(sum(points), 0) AS points FROM open_hold
), overdue AS (
    -- What nobody could use any more though no expiry run had moved it: as wallets_overdue in post.sql, with what was there then.
    SELECT coalesce(greatest(0, max(upto - (SELECT coalesce(sum(open_hold.points), 0) FROM open_hold
                                            WHERE placed_at < due.expires_at))), 0) AS points
    FROM (SELECT expires_at, sum(points) OVER (ORDER BY expires_at, id) AS upto FROM lot
          WHERE points > 0 AND expires_at < %(after)s) AS due
)
SELECT a.id, (a.points - total.points)::bigint AS points, held.points::bigint AS held, overdue.points::bigint AS overdue,
       (a.lifetime_redeemed + total.redeemed)::bigint AS redeemed, (a.lifetime_expired + total.expired)::bigint AS expired,
       ARRAY(SELECT points::bigint FROM expiring ORDER BY expires_at), ARRAY(SELECT expires_at FROM expiring ORDER BY expires_at)
FROM wallets_account a, total, held, overdue WHERE a.person_id = %(person_id)s
