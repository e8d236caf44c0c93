-- Whether earning's heavy rules surely hold: requests and transfers are read once each, and what they say of each other is added
-- up as hashes of all of it, with another seed (`salt`) in each run. Where the sums differ, the rules are asked and name the rows.
WITH transfer AS (
    SELECT sum(uuid_hash_extended(t.id, uuid_hash_extended(coalesce(paying.budget_id, t.debit_id), uuid_hash_extended(wallet.person_id,
               hashtextextended(t.reference, t.points # %(salt)s)))) >> 3)
               FILTER (WHERE t.reference LIKE 'pr:%%' AND t.kind = 'credit') AS credits,
           count(*) FILTER (WHERE t.reference LIKE 'pr:%%' AND (t.kind <> 'credit' OR wallet.person_id IS NULL)) AS wrong,
           sum(uuid_hash_extended(t.id, %(salt)s) >> 3) FILTER (WHERE t.reference LIKE 'rev:%%') AS reversals,
           sum(uuid_hash_extended(t.id, %(salt)s) >> 3) FILTER (WHERE t.reference LIKE 'adj:%%') AS adjustments,
           sum(uuid_hash_extended(t.id, %(salt)s) >> 3) FILTER (WHERE t.reference LIKE 'bt:%%') AS moves
    FROM wallets_transfer t LEFT JOIN wallets_account wallet ON wallet.id = t.credit_id
         -- what a department's budget paid counts as its programme's
         LEFT JOIN programs_departmentbudget department ON department.account_id = t.debit_id
         LEFT JOIN programs_programme paying ON paying.id = department.programme_id
), request AS (
    SELECT sum(uuid_hash_extended(request.transfer_id, uuid_hash_extended(programme.budget_id, uuid_hash_extended(person_id,
               hashtextextended('pr:' || encode(uuid_send(request.id), 'hex'), request.points # %(salt)s)))) >> 3) AS credits,
           sum(reversed_points * (uuid_hash_extended(request.id, %(salt)s) & 4194303)) FILTER (WHERE reversed_points <> 0)
               AS reversed,
           sum(request.points * (hashint8extended(programme.id, %(salt)s) & 4194303)) AS given,
           count(*) FILTER (WHERE transfer_id IS NULL OR person_id IS NULL
                            OR request.status = 'reversed' AND reversed_points = 0) AS wrong
    FROM programs_pointsrequest request JOIN programs_programme programme ON programme.id = programme_id
    WHERE request.status IN ('credited', 'reversed')
), budget AS (
    SELECT sum((hashint8extended(programme.id, %(salt)s) & 4194303)
               * (coalesce(funded.points, 0) + coalesce(back.points, 0) - coalesce(adjusted.points, 0) + coalesce(moved.points, 0)
                  - held.points)) AS given
    FROM programs_programme programme
         JOIN (SELECT programme_id, sum(points) AS points
               FROM programs_budget JOIN wallets_account account ON account.id = account_id GROUP BY 1) held
           ON held.programme_id = programme.id
         LEFT JOIN (SELECT programme_id, sum(points) AS points FROM programs_funding WHERE status = 'posted' GROUP BY 1) funded
                ON funded.programme_id = programme.id
         LEFT JOIN (SELECT programme_id, sum(taken) AS points
                    FROM programs_reversal JOIN wallets_transfer t ON t.id = transfer_id
                         JOIN programs_budget ON account_id = t.credit_id GROUP BY 1) back
                ON back.programme_id = programme.id
         LEFT JOIN (SELECT programme_id, sum(points) AS points FROM programs_adjustment WHERE status = 'posted' GROUP BY 1)
                   adjusted ON adjusted.programme_id = programme.id
         LEFT JOIN (SELECT programme_id, sum(CASE account_id WHEN to_account_id THEN points ELSE -points END) AS points
                    FROM programs_budgettransfer JOIN programs_budget ON account_id IN (from_account_id, to_account_id)
                    WHERE status = 'posted' GROUP BY 1) moved ON moved.programme_id = programme.id
), reversal AS (
    SELECT sum(taken * (uuid_hash_extended(points_request_id, %(salt)s) & 4194303)) AS reversed,
           sum(uuid_hash_extended(transfer_id, %(salt)s) >> 3) AS reversals
    FROM programs_reversal
), adjustment AS (
    SELECT sum(uuid_hash_extended(transfer_id, %(salt)s) >> 3) AS adjustments FROM programs_adjustment
), move AS (
    SELECT sum(uuid_hash_extended(transfer_id, %(salt)s) >> 3) AS moves FROM programs_budgettransfer
)
SELECT transfer.wrong = 0 AND request.wrong = 0
   AND coalesce(transfer.credits, 0) = coalesce(request.credits, 0)
   AND coalesce(transfer.reversals, 0) = coalesce(reversal.reversals, 0)
   AND coalesce(transfer.adjustments, 0) = coalesce(adjustment.adjustments, 0)
   AND coalesce(transfer.moves, 0) = coalesce(move.moves, 0)
   AND coalesce(request.reversed, 0) = coalesce(reversal.reversed, 0)
   AND coalesce(request.given, 0) = coalesce(budget.given, 0)
FROM transfer, request, budget, reversal, adjustment, move
