-- A reversal has moved exactly what it says it took, out of its person's wallet, against the credit that it takes back.
SELECT reversal.id::text, 'its transfer moved something else, or nothing'
FROM programs_reversal reversal
JOIN programs_pointsrequest request ON request.id = reversal.points_request_id
LEFT JOIN wallets_transfer transfer ON transfer.id = reversal.transfer_id
LEFT JOIN wallets_account wallet ON wallet.id = transfer.debit_id
WHERE reversal.taken + reversal.shortfall <> reversal.points
   OR (reversal.taken > 0 AND
       (transfer.kind, transfer.points, transfer.reverses_id, wallet.person_id, transfer.reference) IS DISTINCT FROM
       ('reversal', reversal.taken, request.transfer_id, request.person_id, 'rev:' || replace(reversal.id::text, '-', '')))
   OR (reversal.taken = 0 AND reversal.transfer_id IS NOT NULL)
