-- What an upload says it credited is what its rows' own requests moved: as many, as many points, each as its row asked.
SELECT upload.id::text, 'it counts other rows or points than it credited'
FROM programs_upload upload
LEFT JOIN programs_uploadrow line ON line.upload_id = upload.id AND line.status = 'credited'
LEFT JOIN programs_pointsrequest request ON request.id = line.points_request_id AND request.source = 'upload'
    AND request.programme_id = upload.programme_id AND request.external_id = line.request_key
    AND request.points = line.points AND request.transfer_id IS NOT NULL
GROUP BY upload.id
HAVING (upload.credited_rows, upload.credited_rows, upload.credited_points)
    IS DISTINCT FROM (count(line.id)::int, count(request.id)::int, coalesce(sum(request.points), 0)::bigint)
