-- What counts against a programme's limit is what its requests add up to, day by day; it is kept while there is a limit.
SELECT programme.id::text,
       format('On %s it counts %s points; its requests add up to %s.', coalesce(counted.day, request.day),
              coalesce(counted.points, 0), coalesce(request.points, 0))
FROM programs_programme programme JOIN (
    SELECT programme_id, day, points FROM programs_countedday WHERE points <> 0
) AS counted FULL JOIN (
    SELECT request.programme_id, CASE request.status WHEN 'credited' THEN (credited_at AT TIME ZONE 'UTC')::date ELSE '9999-12-31' END AS day,
           sum(request.points - reversed_points) AS points
    FROM programs_pointsrequest request JOIN programs_programme limited ON limited.id = request.programme_id
    WHERE request.status IN ('credited', 'pending_approval') AND limited.per_programme_limit IS NOT NULL GROUP BY 1, 2
) AS request USING (programme_id, day) ON programme.id = programme_id
WHERE coalesce(counted.points, 0) <> coalesce(request.points, 0)
