-- A captured hold has exactly its transfer.
SELECT hold.id::text, format('%s points were captured; its transfer moved %s.', hold.points, coalesce(t.points, 0))
FROM wallets_hold hold LEFT JOIN wallets_transfer t ON t.id = hold.transfer_id
WHERE hold.status = 'captured'
  AND (t.debit_id, t.points, t.kind, t.reference)
      IS DISTINCT FROM (hold.account_id, hold.points, 'redemption', hold.reference)
