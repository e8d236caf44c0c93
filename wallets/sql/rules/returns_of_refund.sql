-- No lot gets more back of a transfer than that one drew from it.
SELECT coalesce(returned.spend_id, returned.lot_id)::text,
       format('%s points of it came back to lot %s, which had paid %s.', returned.points, returned.lot_id, coalesce(draw.points, 0))
FROM (
    SELECT t.reverses_id AS spend_id, back.lot_id, sum(back.points) AS points
    FROM wallets_lotreturn back LEFT JOIN wallets_transfer t ON t.id = back.transfer_id GROUP BY t.reverses_id, back.lot_id
) AS returned LEFT JOIN wallets_lotdraw draw ON draw.lot_id = returned.lot_id AND draw.transfer_id = returned.spend_id
WHERE returned.points > coalesce(draw.points, 0)
