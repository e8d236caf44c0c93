-- A credited request has moved exactly its points, from a budget of its programme to its person's wallet, under its own name.
SELECT request.id::text, 'its transfer moved something else, or nothing'
FROM programs_pointsrequest request
LEFT JOIN wallets_transfer transfer ON transfer.id = request.transfer_id
LEFT JOIN programs_budget budget ON budget.account_id = transfer.debit_id
LEFT JOIN wallets_account wallet ON wallet.id = transfer.credit_id
WHERE request.status IN ('credited', 'reversed')
AND (transfer.kind, transfer.points, budget.programme_id, wallet.person_id, transfer.reference) IS DISTINCT FROM
    ('credit', request.points, request.programme_id, request.person_id, 'pr:' || replace(request.id::text, '-', ''))
