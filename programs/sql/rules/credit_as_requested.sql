-- A credited request has moved exactly its points, from its programme's budget to its person's wallet, under its own name.
SELECT request.id::text, 'its transfer moved something else, or nothing'
FROM programs_pointsrequest request
JOIN programs_programme programme ON programme.id = request.programme_id
LEFT JOIN wallets_transfer transfer ON transfer.id = request.transfer_id
LEFT JOIN wallets_account wallet ON wallet.id = transfer.credit_id
WHERE request.status IN ('credited', 'reversed')
AND (transfer.kind, transfer.points, transfer.debit_id, wallet.person_id, transfer.reference) IS DISTINCT FROM
    ('credit', request.points, programme.budget_id, request.person_id, 'pr:' || replace(request.id::text, '-', ''))
