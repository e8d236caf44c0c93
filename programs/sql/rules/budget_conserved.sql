-- A programme's budgets, its own and its departments', hold what was funded, less what was credited from them, plus what was taken
-- back into them, less adjustments, plus what came from other budgets, less what went there or back to where points come from.
SELECT programme.id::text,
       format('Its budget holds %s points; funded %s, credited %s, taken back %s, adjusted %s, moved %s.', held.points,
              coalesce(funded.points, 0), coalesce(credited.points, 0), coalesce(reversed.points, 0), coalesce(adjusted.points, 0),
              coalesce(moved.points, 0))
FROM programs_programme programme
     JOIN (SELECT budget.programme_id, sum(account.points) AS points
           FROM programs_budget budget JOIN wallets_account account ON account.id = budget.account_id GROUP BY 1) held
            ON held.programme_id = programme.id
     LEFT JOIN (SELECT programme_id, sum(points) AS points FROM programs_funding WHERE status = 'posted' GROUP BY 1) funded
            ON funded.programme_id = programme.id
     LEFT JOIN (SELECT programme_id, sum(points) AS points FROM programs_pointsrequest
                WHERE status IN ('credited', 'reversed') GROUP BY 1) credited ON credited.programme_id = programme.id
     LEFT JOIN (SELECT budget.programme_id, sum(reversal.taken) AS points
                FROM programs_reversal reversal JOIN wallets_transfer transfer ON transfer.id = reversal.transfer_id
                     JOIN programs_budget budget ON budget.account_id = transfer.credit_id  -- a closed budget gets nothing back
                GROUP BY 1) reversed ON reversed.programme_id = programme.id
     LEFT JOIN (SELECT programme_id, sum(points) AS points FROM programs_adjustment
                WHERE status = 'posted' GROUP BY 1) adjusted ON adjusted.programme_id = programme.id
     LEFT JOIN (SELECT budget.programme_id,
                       sum(CASE budget.account_id WHEN moved.to_account_id THEN moved.points ELSE -moved.points END) AS points
                FROM programs_budgettransfer moved
                     JOIN programs_budget budget ON budget.account_id IN (moved.from_account_id, moved.to_account_id)
                WHERE moved.status = 'posted' GROUP BY 1) moved ON moved.programme_id = programme.id
WHERE held.points <> coalesce(funded.points, 0) - coalesce(credited.points, 0) + coalesce(reversed.points, 0)
                     - coalesce(adjusted.points, 0) + coalesce(moved.points, 0)
