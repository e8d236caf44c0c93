-- The points of an order are in exactly one place: held while it is placed, taken when it is fulfilled, else given back.
SELECT redeemed.id::text,
       format('The order is %s for %s points of %s; its hold is %s for %s points of %s.', redeemed.status, redeemed.points,
              redeemed.person_id, hold.status, hold.points, wallet.person_id)
FROM redemptions_order redeemed
     JOIN wallets_hold hold ON hold.id = redeemed.hold_id
     JOIN wallets_account wallet ON wallet.id = hold.account_id
WHERE hold.status IS DISTINCT FROM CASE redeemed.status
          WHEN 'placed' THEN 'placed'
          WHEN 'fulfilled' THEN 'captured'
          WHEN 'refunded' THEN 'captured'
          ELSE 'released'
      END
   OR (hold.points, wallet.person_id, hold.reference)
      IS DISTINCT FROM (redeemed.points, redeemed.person_id, 'rd:' || replace(redeemed.id::text, '-', ''))
