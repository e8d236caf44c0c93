-- A closed year's figures are what the rows of that time say, it began with what the year before carried over, and two people agreed.
WITH closed AS (
    SELECT closing.*, coalesce(lag(closing.carried_over) OVER earlier, 0) AS came_over,
           coalesce(lag(closing.ledger_id) OVER earlier, '00000000-0000-0000-0000-000000000000') AS since
    FROM programs_budgetclosing closing WHERE closing.status = 'posted'
    WINDOW earlier AS (PARTITION BY closing.programme_id ORDER BY closing.ledger_id)
), said AS (
    SELECT closed.id, (closed.opening, closed.funded, closed.credited, closed.returned) AS figures, closed.came_over,
           (SELECT coalesce(sum(points), 0)::bigint FROM programs_funding
            WHERE programme_id = closed.programme_id AND transfer_id > closed.since AND transfer_id <= closed.ledger_id) AS funded,
           (SELECT coalesce(sum(points), 0)::bigint FROM programs_pointsrequest
            WHERE programme_id = closed.programme_id AND transfer_id > closed.since AND transfer_id <= closed.ledger_id) AS credited,
           (SELECT coalesce(sum(moved.points), 0)::bigint FROM programs_budgettransfer moved
                   JOIN wallets_account target ON target.id = moved.to_account_id
            WHERE moved.closing_id = closed.id AND target.kind = 'funding') AS returned,
           (SELECT count(*) FROM approvals_approval WHERE id = closed.approval_id AND status = 'approved') AS approved
    FROM closed
)
SELECT id::text, format('it says %s for what it opened with, funded, credited and returned; the rows say (%s,%s,%s,%s)',
                        figures, came_over, funded, credited, returned)
FROM said WHERE figures <> (came_over, funded, credited, returned) OR approved <> 1
