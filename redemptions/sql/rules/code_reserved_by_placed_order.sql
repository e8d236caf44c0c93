-- A code is set aside only while its order is on its way, and is of that order's product and value.
SELECT code.id::text, format('The code is %s for an order that is %s.', code.status, placed.status)
FROM redemptions_vouchercode code JOIN redemptions_order placed ON placed.id = code.order_id
WHERE (code.status = 'reserved' AND placed.status <> 'placed')
   OR (code.status = 'sold' AND placed.status NOT IN ('fulfilled', 'refunded'))
   OR (code.product_id, code.face_value) IS DISTINCT FROM (placed.product_id, placed.face_value)
