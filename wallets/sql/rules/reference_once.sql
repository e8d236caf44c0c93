-- A reference has one effect, for ever.
SELECT reference, format('%s transfers have this reference.', count(*))
FROM wallets_transfer GROUP BY reference HAVING count(*) > 1
