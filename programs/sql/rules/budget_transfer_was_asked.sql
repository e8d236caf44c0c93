-- No points move between budgets but by a budget transfer that says so.
SELECT transfer.id::text, 'points moved between budgets and nobody asked for it'
FROM wallets_transfer transfer LEFT JOIN programs_budgettransfer moved ON moved.transfer_id = transfer.id
WHERE transfer.reference LIKE 'bt:%' AND moved.id IS NULL
