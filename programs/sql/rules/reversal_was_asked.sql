-- No points are taken back but by a reversal that says so.
SELECT transfer.id::text, 'points were taken back that nobody asked for'
FROM wallets_transfer transfer LEFT JOIN programs_reversal reversal ON reversal.transfer_id = transfer.id
WHERE transfer.reference LIKE 'rev:%' AND reversal.id IS NULL
