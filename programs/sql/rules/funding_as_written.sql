-- A funding has moved exactly its points from the funding account to its programme's budget.
SELECT funding.id::text, 'its transfer moved something else'
FROM programs_funding funding
JOIN programs_programme programme ON programme.id = funding.programme_id
JOIN wallets_transfer transfer ON transfer.id = funding.transfer_id
JOIN wallets_account source ON source.id = transfer.debit_id
WHERE (transfer.kind, transfer.points, transfer.credit_id, source.kind) IS DISTINCT FROM
      ('funding', funding.points, programme.budget_id, 'funding')
