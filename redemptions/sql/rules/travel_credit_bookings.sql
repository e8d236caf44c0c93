-- What is left on a travel credit is what its entries leave of it, and what it holds is what its open bookings hold.
SELECT credit.id::text,
       format('%s left and %s held; of %s, %s was captured, %s refunded, %s withdrawn, and open bookings hold %s.', credit.balance,
              credit.authorised, credit.face_value, coalesce(entry.captured, 0), coalesce(entry.refunded, 0),
              coalesce(entry.withdrawn, 0),
              coalesce(booking.held, 0))
FROM redemptions_travelcredit credit
     LEFT JOIN (SELECT travel_credit_id, sum(amount) FILTER (WHERE kind = 'captured') AS captured,
                       sum(amount) FILTER (WHERE kind = 'refunded') AS refunded,
                       sum(amount) FILTER (WHERE kind = 'withdrawn') AS withdrawn
                FROM redemptions_travelcreditentry GROUP BY travel_credit_id) entry
               ON entry.travel_credit_id = credit.id
     LEFT JOIN (SELECT travel_credit_id, sum(amount) AS held
                FROM redemptions_travelcreditauthorisation WHERE status = 'open' GROUP BY travel_credit_id) booking
               ON booking.travel_credit_id = credit.id
WHERE credit.balance <> credit.face_value - coalesce(entry.captured, 0) + coalesce(entry.refunded, 0)
                         - coalesce(entry.withdrawn, 0)
   OR credit.authorised <> coalesce(booking.held, 0)
