-- What had to be approved was approved, by enough people who neither asked for it nor gained from it.
SELECT request.id::text, 'it was credited without the approvals it needed'
FROM programs_pointsrequest request
JOIN approvals_approval approval ON approval.id = request.approval_id
LEFT JOIN approvals_decision decision ON decision.approval_id = approval.id AND decision.verdict = 'approve'
    AND decision.by_id IS DISTINCT FROM approval.requested_by_id AND decision.by_id IS DISTINCT FROM approval.beneficiary_id
WHERE request.status IN ('credited', 'reversed')
GROUP BY request.id, approval.status, approval.required
HAVING approval.status <> 'approved' OR count(decision.id) < approval.required
