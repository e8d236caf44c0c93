-- A refunded order gave back exactly what it took, to whom it took it from, as two people agreed; no other order did.
SELECT redeemed.id::text,
       format('The order is %s for %s points; its refund moved %s, and %s approved refunds stand written.', redeemed.status,
              redeemed.points, coalesce(back.points, 0), count(refund.id))
FROM redemptions_order redeemed
     LEFT JOIN wallets_hold hold ON hold.id = redeemed.hold_id
     LEFT JOIN wallets_transfer taken ON taken.id = hold.transfer_id
     LEFT JOIN wallets_transfer back ON back.id = redeemed.refund_id
     LEFT JOIN (redemptions_orderrefund refund JOIN approvals_approval approval
                ON approval.id = refund.approval_id AND approval.status = 'approved')
            ON refund.order_id = redeemed.id AND refund.status = 'done'
WHERE redeemed.status = 'refunded' OR redeemed.refund_id IS NOT NULL OR refund.id IS NOT NULL
GROUP BY redeemed.id, back.id, taken.id
HAVING redeemed.status <> 'refunded' OR count(refund.id) <> 1
    OR (back.kind, back.points, back.credit_id, back.reverses_id) IS DISTINCT FROM
       ('refund', redeemed.points, taken.debit_id, taken.id)
