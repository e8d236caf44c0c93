-- A budget holds what it was funded, less what was credited from it, plus what was taken back into it, less adjustments.
SELECT programme.id::text,
       format('Its budget holds %s points; funded %s, credited %s, taken back %s, adjusted %s.', budget.points,
              coalesce(funded.points, 0), coalesce(credited.points, 0), coalesce(reversed.points, 0), coalesce(adjusted.points, 0))
FROM programs_programme programme
     JOIN wallets_account budget ON budget.id = programme.budget_id
     LEFT JOIN (SELECT programme_id, sum(points) AS points FROM programs_funding GROUP BY 1) funded
            ON funded.programme_id = programme.id
     LEFT JOIN (SELECT programme_id, sum(points) AS points FROM programs_pointsrequest
                WHERE status IN ('credited', 'reversed') GROUP BY 1) credited ON credited.programme_id = programme.id
     LEFT JOIN (SELECT transfer.credit_id, sum(reversal.taken) AS points
                FROM programs_reversal reversal JOIN wallets_transfer transfer ON transfer.id = reversal.transfer_id
                GROUP BY 1) reversed ON reversed.credit_id = budget.id  -- a closed budget gets nothing back
     LEFT JOIN (SELECT programme_id, sum(points) AS points FROM programs_adjustment
                WHERE status = 'posted' GROUP BY 1) adjusted ON adjusted.programme_id = programme.id
WHERE budget.points <> coalesce(funded.points, 0) - coalesce(credited.points, 0) + coalesce(reversed.points, 0)
                       - coalesce(adjusted.points, 0)
