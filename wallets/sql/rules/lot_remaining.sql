-- What was drawn from a lot and did not come back is what is missing from it.
SELECT coalesce(lot.id, drawn.lot_id)::text,
       format('%s of %s points remain; %s were drawn.', lot.remaining, lot.points, coalesce(drawn.points, 0))
FROM (SELECT id, points, remaining FROM wallets_lot WHERE remaining <> points) AS part
     FULL JOIN (
         SELECT lot_id, nullif(sum(points), 0) AS points FROM (
             SELECT lot_id, points FROM wallets_lotdraw UNION ALL SELECT lot_id, -points FROM wallets_lotreturn
         ) AS both_ways GROUP BY lot_id
     ) AS drawn ON drawn.lot_id = part.id
     LEFT JOIN wallets_lot lot ON lot.id = coalesce(part.id, drawn.lot_id)
WHERE part.points - part.remaining IS DISTINCT FROM drawn.points
