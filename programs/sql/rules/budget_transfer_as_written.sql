-- A transfer between budgets moved exactly its points between its two accounts: both budgets, but for what a closing gave back to
-- where points come from; and it was approved where it had to be.
SELECT moved.id::text, 'its transfer moved something else, or it was not approved'
FROM programs_budgettransfer moved
LEFT JOIN approvals_approval approval ON approval.id = moved.approval_id
LEFT JOIN programs_budgetclosing closing ON closing.id = moved.closing_id
LEFT JOIN wallets_transfer transfer ON transfer.id = moved.transfer_id
LEFT JOIN programs_budget source ON source.account_id = moved.from_account_id
LEFT JOIN wallets_account target ON target.id = moved.to_account_id
WHERE (moved.status = 'posted' AND
       ((transfer.kind, transfer.points, transfer.debit_id, transfer.credit_id, transfer.reference) IS DISTINCT FROM
        ('budget', moved.points, moved.from_account_id, moved.to_account_id, 'bt:' || replace(moved.id::text, '-', ''))
        OR coalesce(approval.status, 'approved') <> 'approved' OR source.account_id IS NULL
        OR target.kind <> CASE WHEN closing.id IS NULL THEN 'budget' ELSE target.kind END
        OR closing.status <> 'posted'))
   OR (moved.status <> 'posted' AND moved.transfer_id IS NOT NULL)
