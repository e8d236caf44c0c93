-- A fulfilled order delivered all of it, and no other order delivered anything.
SELECT redeemed.id::text,
       format('The order is %s for %s; %s vouchers and %s travel credits came of it.', redeemed.status, redeemed.quantity,
              coalesce(vouchers.number, 0), coalesce(credits.number, 0))
FROM redemptions_order redeemed
     LEFT JOIN (SELECT order_id, count(*) AS number FROM redemptions_voucher GROUP BY order_id) vouchers
               ON vouchers.order_id = redeemed.id
     LEFT JOIN (SELECT order_id, count(*) AS number FROM redemptions_travelcredit GROUP BY order_id) credits
               ON credits.order_id = redeemed.id
WHERE coalesce(vouchers.number, 0) + coalesce(credits.number, 0)
      <> CASE WHEN redeemed.status IN ('fulfilled', 'refunded') THEN redeemed.quantity ELSE 0 END
