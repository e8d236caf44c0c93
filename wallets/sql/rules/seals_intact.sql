-- What was sealed is as it was sealed, from the first seal on: nothing edited, removed, or put in between.
SELECT sealed.number::text, CASE
    WHEN alone THEN format('Seal %s before it is missing.', number - 1)
    WHEN follows IS NOT TRUE THEN 'It does not follow from the seal before it: that one was changed, or this one.'
    WHEN now.count < sealed.count
        THEN format('It sealed %s transfers; %s are there: some were removed.', sealed.count, now.count)
    WHEN now.count > sealed.count
        THEN format('It sealed %s transfers; %s are there: some were added below its last.', sealed.count, now.count)
    ELSE format('One of its %s transfers was edited, or the seal itself.', sealed.count)
END
FROM (
    -- OFFSET 0: the hashes are looked at first, and in parallel; the rest is for the broken ones.
    SELECT seal.number, seal.count, seal.last_transfer_id, before.number IS NULL AND seal.number > 1 AS alone,
           seal.previous_hash = coalesce(before.hash, decode(repeat('00', 32), 'hex')) AS follows,
           coalesce(before.last_transfer_id, '00000000-0000-0000-0000-000000000000') AS after_id
    FROM wallets_seal seal LEFT JOIN wallets_seal before ON before.number = seal.number - 1
    WHERE (before.number IS NULL AND seal.number > 1)
       OR seal.previous_hash IS DISTINCT FROM coalesce(before.hash, decode(repeat('00', 32), 'hex'))
       OR seal.hash IS DISTINCT FROM wallets_seal_hash(seal, wallets_seal_content(
              coalesce(before.last_transfer_id, '00000000-0000-0000-0000-000000000000'), seal.last_transfer_id))
    OFFSET 0
) AS sealed CROSS JOIN LATERAL (
    SELECT count(*) FROM wallets_transfer WHERE id > after_id AND id <= last_transfer_id
) AS now
ORDER BY number
