-- A code is in one person's hands at most: sold to the order whose voucher it is, and to no other.
SELECT code.id::text,
       format('The code is %s for order %s; its vouchers are of %s.', code.status, coalesce(code.order_id::text, 'none'),
              coalesce(string_agg(voucher.order_id::text, ', '), 'none'))
FROM redemptions_vouchercode code LEFT JOIN redemptions_voucher voucher ON voucher.voucher_code_id = code.id
GROUP BY code.id
HAVING CASE code.status
           WHEN 'sold' THEN count(voucher.id) <> 1 OR bool_or(voucher.order_id IS DISTINCT FROM code.order_id)
           WHEN 'void' THEN count(voucher.id) > 1
           ELSE count(voucher.id) > 0
       END
