-- A redemption is given back to the wallet that paid it, and never more of it than it took.
SELECT given.reverses_id::text, format('It took %s points; %s were given back.', coalesce(t.points, 0), given.points)
FROM (
    SELECT reverses_id, credit_id, sum(points) AS points FROM wallets_transfer
    WHERE reverses_id IS NOT NULL AND kind = 'refund' GROUP BY reverses_id, credit_id
) AS given LEFT JOIN wallets_transfer t ON t.id = given.reverses_id
WHERE given.points > t.points OR given.credit_id IS DISTINCT FROM t.debit_id OR t.kind NOT IN ('redemption', 'payout')
