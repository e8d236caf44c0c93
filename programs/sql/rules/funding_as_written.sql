-- A funding has moved exactly its points from the funding account to its programme's budget, once it was approved where it had to be.
SELECT funding.id::text, 'its transfer moved something else'
FROM programs_funding funding
JOIN programs_programme programme ON programme.id = funding.programme_id
LEFT JOIN approvals_approval approval ON approval.id = funding.approval_id
LEFT JOIN wallets_transfer transfer ON transfer.id = funding.transfer_id
LEFT JOIN wallets_account source ON source.id = transfer.debit_id
WHERE (funding.status = 'posted' AND
       (transfer.kind, transfer.points, transfer.credit_id, source.kind, coalesce(approval.status, 'approved')) IS DISTINCT FROM
       ('funding', funding.points, programme.budget_id, 'funding', 'approved'))
   OR (funding.status <> 'posted' AND funding.transfer_id IS NOT NULL)
