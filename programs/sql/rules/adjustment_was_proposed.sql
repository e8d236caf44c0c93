-- No points are given or taken by hand but by an adjustment that two people agreed on.
SELECT transfer.id::text, 'points were adjusted that nobody proposed'
FROM wallets_transfer transfer LEFT JOIN programs_adjustment adjustment ON adjustment.transfer_id = transfer.id
WHERE transfer.reference LIKE 'adj:%' AND adjustment.id IS NULL
