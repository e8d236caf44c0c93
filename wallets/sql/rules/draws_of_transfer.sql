-- What a transfer drew from lots is what it moved.
SELECT drawn.transfer_id::text, format('It moved %s points; %s were drawn from lots.', t.points, drawn.points)
FROM (SELECT transfer_id, sum(points) AS points FROM wallets_lotdraw GROUP BY transfer_id) AS drawn
     LEFT JOIN wallets_transfer t ON t.id = drawn.transfer_id
WHERE t.points IS DISTINCT FROM drawn.points
