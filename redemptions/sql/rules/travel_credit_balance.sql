-- A travel credit holds between nothing and what was paid for, and promises no more than it holds.
SELECT credit.id::text,
       format('%s left, %s of it held, of %s %s; the order was for %s %s.', credit.balance, credit.authorised,
              credit.face_value, credit.currency, redeemed.face_value, redeemed.currency)
FROM redemptions_travelcredit credit JOIN redemptions_order redeemed ON redeemed.id = credit.order_id
WHERE credit.balance NOT BETWEEN 0 AND credit.face_value
   OR credit.authorised NOT BETWEEN 0 AND credit.balance
   OR (credit.face_value, credit.currency) IS DISTINCT FROM (redeemed.face_value, redeemed.currency)
