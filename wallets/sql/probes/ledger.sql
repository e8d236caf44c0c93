-- Whether the heavy rules surely hold, without sorting or grouping: each table is read once and its rows are added up, each
-- weighed by a hash of the key that its rule is about. What one table should say of another cancels out, key by key; what does
-- not leaves a sum that is not 0, but for one chance in four million, with other weights (`salt`) in each run. Then the rules
-- themselves are asked, and name the rows.
--
-- `chain`: if the balances around an account's transfers form one chain from 0 to its points, then each balance before a transfer
-- is also the balance after another, and what is left over is the start and the end. That proves `account_points` too.
WITH transfer AS (
    SELECT sum((uuid_hash_extended(debit_id, debit_points_after # %(salt)s) >> 3)
               - (uuid_hash_extended(debit_id, (debit_points_after + t.points) # %(salt)s) >> 3)
               + (uuid_hash_extended(credit_id, credit_points_after # %(salt)s) >> 3)
               - (uuid_hash_extended(credit_id, (credit_points_after - t.points) # %(salt)s) >> 3)) AS chain,
           sum(t.points * (uuid_hash_extended(debit_id, %(salt)s + 1) & 4194303))
               FILTER (WHERE shared.id IS NULL AND t.kind IN ('redemption', 'payout')) AS redeemed,
           sum(t.points * (uuid_hash_extended(credit_id, %(salt)s + 1) & 4194303))
               FILTER (WHERE credit.kind = 'wallet' AND t.kind = 'refund') AS refunded,
           sum(t.points * (uuid_hash_extended(debit_id, %(salt)s + 2) & 4194303))
               FILTER (WHERE shared.id IS NULL AND t.kind IN ('expiry', 'forfeiture')) AS expired,
           sum(t.points * (uuid_hash_extended(t.id, uuid_hash_extended(credit_id, %(salt)s)) & 4194303))
               FILTER (WHERE credit.kind = 'wallet') AS credited,
           sum(t.points * (uuid_hash_extended(t.id, %(salt)s + 4) & 4194303)) FILTER (WHERE shared.id IS NULL) AS spent,
           sum(uuid_hash_extended(t.id, uuid_hash_extended(debit_id, hashtextextended(reference, t.points # %(salt)s))) >> 3)
               FILTER (WHERE t.kind = 'redemption') AS captured,
           count(*) FILTER (WHERE credit.id IS NULL) AS missing
    FROM wallets_transfer t
         LEFT JOIN wallets_account credit ON credit.id = credit_id
         LEFT JOIN wallets_account shared ON shared.id = debit_id AND shared.kind <> 'wallet'
), account AS (
    SELECT sum((uuid_hash_extended(id, points # %(salt)s) >> 3) - (uuid_hash_extended(id, 0::bigint # %(salt)s) >> 3)) AS chain,
           sum(lifetime_redeemed::numeric * (uuid_hash_extended(id, %(salt)s + 1) & 4194303)) AS redeemed,
           sum(lifetime_expired::numeric * (uuid_hash_extended(id, %(salt)s + 2) & 4194303)) AS expired,
           sum(points::numeric * (uuid_hash_extended(id, %(salt)s + 5) & 4194303)) FILTER (WHERE kind = 'wallet') AS remaining,
           sum(held::numeric * (uuid_hash_extended(id, %(salt)s + 7) & 4194303)) AS held,
           count(*) FILTER (WHERE points - held < floor
               OR lifetime_earned <> CASE kind WHEN 'wallet' THEN points + lifetime_redeemed + lifetime_expired ELSE 0 END
               OR kind <> 'wallet' AND (lifetime_redeemed, lifetime_expired) <> (0, 0)) AS wrong
    FROM wallets_account
), lot AS (
    SELECT sum(points * (uuid_hash_extended(transfer_id, uuid_hash_extended(account_id, %(salt)s)) & 4194303)) AS credited,
           sum(remaining * (uuid_hash_extended(account_id, %(salt)s + 5) & 4194303)) AS remaining,
           sum((points - remaining) * (uuid_hash_extended(id, %(salt)s + 6) & 4194303)) FILTER (WHERE remaining <> points) AS drawn
    FROM wallets_lot
), draw AS (
    SELECT sum(points * (uuid_hash_extended(transfer_id, %(salt)s + 4) & 4194303)) AS spent,
           sum(points * (uuid_hash_extended(lot_id, %(salt)s + 6) & 4194303)) AS drawn
    FROM wallets_lotdraw
), back AS (
    SELECT sum(back.points * (uuid_hash_extended(back.transfer_id, uuid_hash_extended(account_id, %(salt)s)) & 4194303)) AS credited,
           sum(back.points * (uuid_hash_extended(lot_id, %(salt)s + 6) & 4194303)) AS drawn
    FROM wallets_lotreturn back LEFT JOIN wallets_lot lot ON lot.id = lot_id
), hold AS (
    SELECT sum(points * (uuid_hash_extended(account_id, %(salt)s + 7) & 4194303)) FILTER (WHERE status = 'placed') AS held,
           sum(uuid_hash_extended(transfer_id, uuid_hash_extended(account_id, hashtextextended(reference, points # %(salt)s))) >> 3)
               FILTER (WHERE status = 'captured') AS captured
    FROM wallets_hold
)
SELECT missing = 0 AND wrong = 0
   AND coalesce(transfer.chain, 0) = coalesce(account.chain, 0)
   AND coalesce(transfer.redeemed, 0) - coalesce(refunded, 0) = coalesce(account.redeemed, 0)
   AND coalesce(transfer.expired, 0) = coalesce(account.expired, 0)
   AND coalesce(transfer.credited, 0) = coalesce(lot.credited, 0) + coalesce(back.credited, 0)
   AND coalesce(transfer.spent, 0) = coalesce(draw.spent, 0)
   AND coalesce(account.remaining, 0) = coalesce(lot.remaining, 0)
   AND coalesce(lot.drawn, 0) = coalesce(draw.drawn, 0) - coalesce(back.drawn, 0)
   AND coalesce(account.held, 0) = coalesce(hold.held, 0)
   AND coalesce(transfer.captured, 0) = coalesce(hold.captured, 0)
FROM transfer, account, lot, draw, back, hold
