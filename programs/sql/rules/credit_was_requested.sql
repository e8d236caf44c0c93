-- No points leave a budget for a wallet but by a request that says so.
SELECT transfer.id::text, 'points were credited that no request asked for'
FROM wallets_transfer transfer
LEFT JOIN programs_pointsrequest request ON request.transfer_id = transfer.id
WHERE transfer.reference LIKE 'pr:%' AND request.id IS NULL
