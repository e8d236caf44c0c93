-- A credit is taken back out of the wallet that got it, and never more of it than there was.
SELECT taken.reverses_id::text, format('It gave %s points; %s were taken back.', coalesce(t.points, 0), taken.points)
FROM (
    SELECT reverses_id, debit_id, sum(points) AS points FROM wallets_transfer
    WHERE reverses_id IS NOT NULL AND kind = 'reversal' GROUP BY reverses_id, debit_id
) AS taken LEFT JOIN wallets_transfer t ON t.id = taken.reverses_id
WHERE taken.points > t.points OR taken.debit_id IS DISTINCT FROM t.credit_id
