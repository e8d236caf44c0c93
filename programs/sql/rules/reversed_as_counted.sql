-- What a request says was taken back of it is what its reversals took, and one that is reversed has a reversal.
SELECT request.id::text, format('it says %s points were taken back; its reversals took %s', request.reversed_points,
                                coalesce(sum(reversal.taken), 0))
FROM programs_pointsrequest request LEFT JOIN programs_reversal reversal ON reversal.points_request_id = request.id
WHERE request.reversed_points <> 0 OR request.status = 'reversed' OR reversal.id IS NOT NULL
GROUP BY request.id
HAVING request.reversed_points <> coalesce(sum(reversal.taken), 0)
    OR (request.status = 'reversed' AND count(reversal.id) = 0)
