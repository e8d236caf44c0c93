-- What was sealed is as it was sealed, from the first seal on: nothing edited, removed, or put in between.
SELECT number::text, broken.what
FROM (
    SELECT seal, seal.number, seal.previous_hash, seal.hash, seal.count, before.hash AS hash_before,
           seal.number > 1 AND before.number IS NULL AS is_alone,
           CASE WHEN seal.number = 1 THEN '00000000-0000-0000-0000-000000000000' ELSE before.last_transfer_id END AS after_id,
           seal.first_transfer_id, seal.last_transfer_id
    FROM wallets_seal seal LEFT JOIN wallets_seal before ON before.number = seal.number - 1
) AS sealed CROSS JOIN LATERAL (
    SELECT count(*) AS count, sha256(string_agg(wallets_transfer_bytes(t), '' ORDER BY t.id)) AS content
    FROM wallets_transfer t
    WHERE t.id > coalesce(after_id, first_transfer_id) AND t.id <= last_transfer_id
       OR after_id IS NULL AND t.id = first_transfer_id
) AS now CROSS JOIN LATERAL (
    SELECT CASE
        WHEN is_alone THEN format('Seal %s before it is missing.', number - 1)
        WHEN previous_hash <> coalesce(hash_before, decode(repeat('00', 32), 'hex'))
            THEN 'It does not follow from the seal before it: that one was changed, or this one.'
        WHEN now.count < sealed.count
            THEN format('It sealed %s transfers; %s are there: some were removed.', sealed.count, now.count)
        WHEN now.count > sealed.count
            THEN format('It sealed %s transfers; %s are there: some were added below its last.', sealed.count, now.count)
        WHEN hash IS DISTINCT FROM wallets_seal_hash(seal, content)
            THEN format('One of its %s transfers was edited, or the seal itself.', sealed.count)
    END AS what
) AS broken
WHERE broken.what IS NOT NULL
ORDER BY number
