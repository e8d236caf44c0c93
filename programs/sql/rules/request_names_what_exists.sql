-- A points request is one of a programme and, where a system asked for it, of a client. No foreign key says so (docs/adr/0007).
SELECT request.id::text, 'its programme or its client is missing'
FROM programs_pointsrequest request
LEFT JOIN programs_programme programme ON programme.id = request.programme_id
LEFT JOIN api_apiclient client ON client.oauth_id = request.client_id
WHERE programme.id IS NULL OR (request.client_id IS NOT NULL AND client.oauth_id IS NULL)
