-- A reference has one effect on a travel credit: no entry goes by the name of a booking that it is not the capture of.
SELECT entry.id::text, format('"%s" is a booking, and %s something else.', entry.reference, entry.kind)
FROM redemptions_travelcreditentry entry
     JOIN redemptions_travelcreditauthorisation booking
          ON (booking.travel_credit_id, booking.reference) = (entry.travel_credit_id, entry.reference)
             AND booking.client_id IS NOT DISTINCT FROM entry.client_id
WHERE entry.kind <> 'captured' OR entry.authorisation_id IS DISTINCT FROM booking.id
