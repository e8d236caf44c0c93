-- Points are made by funding alone and end in four places.
SELECT 'ledger', format('%s points were issued; %s are outstanding, %s redeemed, %s expired, %s reversed.',
                        issued, outstanding, redeemed, expired, reversed)
FROM (
    SELECT coalesce(-sum(points) FILTER (WHERE kind = 'funding'), 0) AS issued,
           coalesce(sum(points) FILTER (WHERE kind IN ('budget', 'wallet', 'suspense')), 0) AS outstanding,
           coalesce(sum(points) FILTER (WHERE kind = 'redeemed'), 0) AS redeemed,
           coalesce(sum(points) FILTER (WHERE kind = 'expired'), 0) AS expired,
           coalesce(sum(points) FILTER (WHERE kind = 'reversed'), 0) AS reversed
    FROM wallets_account
) AS total
WHERE issued <> outstanding + redeemed + expired + reversed
