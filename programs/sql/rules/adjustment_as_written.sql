-- An adjustment moved exactly its points, between a budget of its programme and its person's wallet, and two people agreed.
SELECT adjustment.id::text, 'its transfer moved something else, or it was not approved'
FROM programs_adjustment adjustment
JOIN approvals_approval approval ON approval.id = adjustment.approval_id
LEFT JOIN wallets_transfer transfer ON transfer.id = adjustment.transfer_id
LEFT JOIN wallets_account wallet
       ON wallet.id = CASE WHEN adjustment.points > 0 THEN transfer.credit_id ELSE transfer.debit_id END
LEFT JOIN programs_budget budget
       ON budget.account_id = CASE WHEN adjustment.points > 0 THEN transfer.debit_id ELSE transfer.credit_id END
WHERE (adjustment.status = 'posted' AND
       (transfer.kind, transfer.points, wallet.person_id, approval.status, transfer.reference, budget.programme_id) IS DISTINCT FROM
       ('adjustment', abs(adjustment.points), adjustment.person_id, 'approved',
        'adj:' || replace(adjustment.id::text, '-', ''), adjustment.programme_id))
   OR (adjustment.status <> 'posted' AND adjustment.transfer_id IS NOT NULL)
