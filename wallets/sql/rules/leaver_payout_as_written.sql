-- A pay-out has moved exactly its points out of its person's wallet, and no points were paid out that no row says to pay.
SELECT transfer.id::text, 'points were paid out, and what finance is to pay says something else or nothing'
FROM wallets_transfer transfer
JOIN wallets_account wallet ON wallet.id = transfer.debit_id
LEFT JOIN wallets_leaverpayout payout ON payout.transfer_id = transfer.id
WHERE transfer.reference LIKE 'leaver:%' AND transfer.kind = 'payout'
  AND (payout.points, payout.person_id) IS DISTINCT FROM (transfer.points, wallet.person_id)
UNION ALL
SELECT payout.id::text, 'what finance is to pay was not taken by a pay-out'
FROM wallets_leaverpayout payout JOIN wallets_transfer transfer ON transfer.id = payout.transfer_id
WHERE transfer.kind <> 'payout'
