-- A booking says it captured exactly what was taken for it, off its own credit and by its own client.
SELECT booking.id::text,
       format('The booking is %s for %s; %s was captured.', booking.status, booking.captured, coalesce(entry.amount, 0))
FROM redemptions_travelcreditauthorisation booking
     LEFT JOIN redemptions_travelcreditentry entry
               ON entry.authorisation_id = booking.id AND entry.kind = 'captured'
                  AND entry.travel_credit_id = booking.travel_credit_id
                  AND entry.client_id IS NOT DISTINCT FROM booking.client_id
WHERE booking.captured <> coalesce(entry.amount, 0)
