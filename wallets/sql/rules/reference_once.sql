-- A reference has one effect, for ever. While the unique key stands the rows cannot say otherwise, and none of them is read.
SELECT reference, format('%s transfers have this reference.', count(*))
FROM wallets_transfer
WHERE NOT EXISTS (
    SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = 'wallets_transfer'::regclass AND i.indisunique AND i.indisvalid AND i.indpred IS NULL
      AND i.indnkeyatts = 1 AND a.attname = 'reference'
)
GROUP BY reference HAVING count(*) > 1
