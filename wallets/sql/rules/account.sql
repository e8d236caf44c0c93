-- Everything that one pass over the transfers and one over the lots can prove of each account; the first column names the rule.
--
-- `balances_after` needs no order, so no sort and no trust in clocks: if the balances around an account's transfers form one
-- chain from 0 to its points, then each balance before a transfer is also the balance after another, and what is left over is
-- the start and the end. Their hashes, added up, must agree.
WITH debited AS (
    SELECT debit_id AS account_id, sum(points) AS points,
           sum(points) FILTER (WHERE kind IN ('redemption', 'payout')) AS redeemed,
           sum(points) FILTER (WHERE kind IN ('expiry', 'forfeiture')) AS expired,
           sum(hashint8(debit_points_after)) - sum(hashint8(debit_points_after + points)) AS chain
    FROM wallets_transfer GROUP BY debit_id
), credited AS (
    SELECT credit_id AS account_id, sum(points) AS points, sum(points) FILTER (WHERE kind = 'refund') AS refunded,
           sum(hashint8(credit_points_after)) - sum(hashint8(credit_points_after - points)) AS chain
    FROM wallets_transfer GROUP BY credit_id
), moved AS (
    SELECT account_id, coalesce(credited.points, 0) - coalesce(debited.points, 0) AS points,
           coalesce(credited.points, 0) AS credited, coalesce(redeemed, 0) - coalesce(refunded, 0) AS redeemed,
           coalesce(expired, 0) AS expired, coalesce(debited.chain, 0) + coalesce(credited.chain, 0) AS chain
    FROM debited FULL JOIN credited USING (account_id)
), lot AS (
    SELECT account_id, sum(points + coalesce(returned, 0)) AS points, sum(remaining) AS remaining
    FROM wallets_lot LEFT JOIN (SELECT lot_id, sum(points) AS returned FROM wallets_lotreturn GROUP BY lot_id) AS back
         ON back.lot_id = wallets_lot.id
    GROUP BY account_id
), hold AS (
    SELECT account_id, sum(points) AS points FROM wallets_hold WHERE status = 'placed' GROUP BY account_id
), found AS (
    SELECT coalesce(a.id, moved.account_id, lot.account_id, hold.account_id) AS id, a.id IS NULL AS is_missing,
           a.points, a.held, a.floor, a.lifetime_earned, a.lifetime_redeemed, a.lifetime_expired,
           coalesce(moved.points, 0) AS moved, coalesce(moved.credited, 0) * wallet.one AS credited,
           coalesce(moved.redeemed, 0) * wallet.one AS redeemed, coalesce(moved.expired, 0) * wallet.one AS expired,
           (coalesce(moved.points, 0) + coalesce(moved.redeemed, 0) + coalesce(moved.expired, 0)) * wallet.one AS earned,
           coalesce(chain, 0) <> hashint8(coalesce(moved.points, 0)::bigint)::bigint - hashint8(0) AS chain_is_broken,
           coalesce(lot.points, 0) AS opened, coalesce(lot.remaining, 0) AS remaining,
           coalesce(hold.points, 0) AS placed, a.points * wallet.one AS wallet_points
    FROM wallets_account a
         FULL JOIN moved ON moved.account_id = a.id
         FULL JOIN lot ON lot.account_id = coalesce(a.id, moved.account_id)
         FULL JOIN hold ON hold.account_id = coalesce(a.id, moved.account_id, lot.account_id)
         CROSS JOIN LATERAL (SELECT (coalesce(a.kind, '') = 'wallet')::integer AS one) AS wallet
), judged AS (
    SELECT *, points <> moved AS is_off, points - held < floor AS is_below_floor, held <> placed AS holds_differ,
           (lifetime_earned, lifetime_redeemed, lifetime_expired) <> (earned, redeemed, expired) AS sums_differ,
           wallet_points <> remaining AS lots_differ, credited <> opened AS lots_began_differ
    FROM found
)
SELECT broken.rule, judged.id::text, broken.detail FROM judged, LATERAL (VALUES
    ('account_exists', is_missing, 'Transfers, lots or holds name an account that is not there.'),
    ('account_points', is_off, format('It has %s points; its transfers add up to %s.', points, moved)),
    ('account_above_floor', is_below_floor, format('%s points, %s of them held, floor %s.', points, held, floor)),
    ('account_held', holds_differ, format('%s points are held; its open holds add up to %s.', held, placed)),
    ('account_lifetime_sums', sums_differ,
     format('Earned, redeemed and expired are %s, %s and %s; its transfers say %s, %s and %s.',
            lifetime_earned, lifetime_redeemed, lifetime_expired, earned, redeemed, expired)),
    ('balances_after', chain_is_broken, 'The balances written with its transfers do not follow from each other.'),
    ('wallet_lots', lots_differ,
     format('It has %s points; what remains of its lots adds up to %s.', points, remaining)),
    ('wallet_lots_opened', lots_began_differ,
     format('%s points came in; its lots got %s.', credited, opened))
) AS broken (rule, is_broken, detail)
-- Few accounts are broken: the sentences are written for those alone.
WHERE (is_missing OR is_off OR is_below_floor OR holds_differ OR sums_differ OR chain_is_broken OR lots_differ
       OR lots_began_differ)
  AND broken.is_broken AND (broken.rule = 'account_exists' OR NOT is_missing)
