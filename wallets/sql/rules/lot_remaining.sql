-- What was drawn from a lot is what is missing from it.
SELECT coalesce(lot.id, drawn.lot_id)::text,
       format('%s of %s points remain; %s were drawn.', lot.remaining, lot.points, coalesce(drawn.points, 0))
FROM (SELECT id, points, remaining FROM wallets_lot WHERE remaining <> points) AS part
     FULL JOIN (SELECT lot_id, sum(points) AS points FROM wallets_lotdraw GROUP BY lot_id) AS drawn ON drawn.lot_id = part.id
     LEFT JOIN wallets_lot lot ON lot.id = coalesce(part.id, drawn.lot_id)
WHERE part.points - part.remaining IS DISTINCT FROM drawn.points
