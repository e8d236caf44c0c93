-- What a transfer brought into a wallet is in the lot that it opened there and in those that it filled again.
SELECT coalesce(t.id, got.transfer_id)::text,
       format('It brought %s points; its lots got %s.', coalesce(t.points, 0), coalesce(got.points, 0))
FROM (
    SELECT t.id, t.points, t.credit_id FROM wallets_transfer t JOIN wallets_account a ON a.id = t.credit_id AND a.kind = 'wallet'
) AS t FULL JOIN (
    SELECT transfer_id, account_id, sum(points) AS points FROM (
        SELECT transfer_id, account_id, points FROM wallets_lot
        UNION ALL
        SELECT back.transfer_id, lot.account_id, back.points FROM wallets_lotreturn back LEFT JOIN wallets_lot lot ON lot.id = lot_id
    ) AS each GROUP BY transfer_id, account_id
) AS got ON got.transfer_id = t.id AND got.account_id = t.credit_id
WHERE t.points IS DISTINCT FROM got.points
