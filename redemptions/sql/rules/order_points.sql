-- The points of an order are in exactly one place: held while it is placed, taken when it is fulfilled, else given back.
SELECT redeemed.id::text,
       format('The order is %s for %s points of %s; its hold is %s for %s points of %s.', redeemed.status, redeemed.points,
              redeemed.person_id, coalesce(hold.status, 'gone'), coalesce(hold.points, 0),
              coalesce(wallet.person_id::text, 'nobody'))
FROM redemptions_order redeemed
     LEFT JOIN wallets_hold hold ON hold.id = redeemed.hold_id
     LEFT JOIN wallets_account wallet ON wallet.id = hold.account_id
WHERE hold.status IS DISTINCT FROM CASE redeemed.status
          WHEN 'placed' THEN 'placed'
          WHEN 'fulfilled' THEN 'captured'
          WHEN 'refunded' THEN 'captured'
          ELSE 'released'
      END
   OR (hold.points, wallet.person_id, hold.reference)
      IS DISTINCT FROM (redeemed.points, redeemed.person_id, 'rd:' || replace(redeemed.id::text, '-', ''))
