-- The first 17 of the 32 digits of a UUIDv7 (RFC 9562, method 3): milliseconds, version, 12 bits below a millisecond, variant.
-- Taken under the locks, so that an account's transfers are in the order of their ids; the place in the batch comes next.
CREATE OR REPLACE FUNCTION wallets_id_prefix() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT lpad(to_hex(moment / 1000), 12, '0') || '7' || lpad(to_hex(moment % 1000 * 4096 / 1000), 3, '0') || '8'
    FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS now (moment)
$$;

-- What is set aside for holds that were placed before a time: what expires then was theirs.
CREATE OR REPLACE FUNCTION wallets_set_aside(wallet uuid, before timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT coalesce(sum(points), 0) FROM wallets_hold
            WHERE account_id = wallet AND status = 'placed' AND placed_at < before);
END $$;

-- The points of a wallet that nobody may use any more, though the expiry run has not moved them yet.
--
-- A hold keeps what had not expired when it was placed, so each due lot may be kept by the holds older than its date. Those that
-- expire first have the fewest holds that may keep them: the oldest hold keeps the earliest lot, and of the lots up to any one of
-- them at least what exceeds the holds before its date is over.
CREATE OR REPLACE FUNCTION wallets_overdue(wallet uuid, moment timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN coalesce((
        SELECT greatest(0, max(upto - wallets_set_aside(wallet, expires_at))) FROM (
            SELECT expires_at, sum(remaining) OVER (ORDER BY expires_at, id) AS upto
            FROM wallets_lot WHERE account_id = wallet AND remaining > 0 AND expires_at <= moment
        ) AS due), 0);
END $$;

-- Takes points out of a wallet's lots, those that expire first before the others, and writes down what came from which. What is
-- past its date comes last: the caller made sure that it is not needed.
CREATE OR REPLACE FUNCTION wallets_draw(wallet uuid, spend uuid, amount bigint, moment timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    drawn bigint;
BEGIN
    WITH open AS (
        SELECT id, remaining,
               sum(remaining) OVER (ORDER BY coalesce(expires_at <= moment, false), expires_at NULLS LAST, id) - remaining AS earlier
        FROM wallets_lot WHERE account_id = wallet AND remaining > 0
    ), taken AS (
        SELECT id, least(remaining, amount - earlier)::bigint AS points FROM open WHERE earlier < amount
    ), lowered AS (
        UPDATE wallets_lot SET remaining = remaining - taken.points FROM taken WHERE wallets_lot.id = taken.id
    ), written AS (
        INSERT INTO wallets_lotdraw (lot_id, transfer_id, points) SELECT id, spend, points FROM taken RETURNING points
    )
    SELECT sum(points) INTO drawn FROM written;
    IF drawn IS DISTINCT FROM amount THEN
        RAISE EXCEPTION 'the lots of account % do not add up to its points: run check_ledger', wallet
            USING ERRCODE = 'data_corrupted';
    END IF;
END $$;

-- Puts points back into the lots that a transfer drew them from, what was drawn last first, and returns how many could not go
-- back: those of lots past their date. The order never changes, so how many came back before says where to go on.
CREATE OR REPLACE FUNCTION wallets_give_back(spend uuid, refund uuid, before bigint, amount bigint, moment timestamptz)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    returned bigint;
BEGIN
    WITH drawn AS (
        SELECT lot.id, lot.expires_at, draw.points,
               sum(draw.points) OVER (ORDER BY lot.expires_at DESC NULLS FIRST, lot.id DESC) AS upto
        FROM wallets_lotdraw draw JOIN wallets_lot lot ON lot.id = draw.lot_id WHERE draw.transfer_id = spend
    ), back AS (
        SELECT id, expires_at, (least(upto, before + amount) - greatest(upto - points, before))::bigint AS points
        FROM drawn WHERE upto > before AND upto - points < before + amount
    ), written AS (
        INSERT INTO wallets_lotreturn (lot_id, transfer_id, points)
        SELECT id, refund, points FROM back
        -- A lot that began to expire never fills again, whatever the clocks of two machines say.
        WHERE coalesce(expires_at > moment, true) AND NOT EXISTS (
            SELECT FROM wallets_lotdraw draw JOIN wallets_transfer t ON t.id = draw.transfer_id
            WHERE draw.lot_id = back.id AND t.kind = 'expiry')
        RETURNING points
    )
    SELECT coalesce(sum(points), 0) INTO returned FROM written;
    RETURN amount - returned;
END $$;

-- Moves points. One call moves any number; each item is judged in the given order against the balances that those before it
-- left, and refused alone. Locks accounts in one order everywhere (wallets by id, then the shared ones by id: those everybody
-- waits for are held for the shortest time), so two calls never wait for each other in a circle.
--
-- The plan settings hold because every step here reaches few rows by key, whatever the statistics of a young table say.
CREATE OR REPLACE FUNCTION wallets_post(
    account_ids uuid[],         -- every account named below, once, ascending
    debits integer[],           -- of each item: its debit account's place in account_ids
    credits integer[],          -- and its credit account's
    amounts bigint[],           -- null for all that is left of what the item takes back
    kinds text[],
    refs text[],
    firsts integer[],           -- the place of the first item with the same reference: its own, but for repeats
    lot_dates timestamptz[],    -- when the lot of a wallet's credit expires; null for never
    reversed_ids uuid[],        -- the transfer that a reversal or a refund takes back
    times timestamptz[],
    at_mosts boolean[] DEFAULT NULL,            -- whether to move as many as there are, down to none
    moment timestamptz DEFAULT clock_timestamp()  -- lots past their date by then are not spent
) RETURNS TABLE (posted_id uuid, debit_after bigint, credit_after bigint, credit_held bigint, was_replayed boolean, refusal text,
                 moved bigint, short_of bigint)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
AS $$
DECLARE
    points_max CONSTANT bigint := 9007199254740991;
    items CONSTANT integer := cardinality(amounts);
    places CONSTANT integer := cardinality(account_ids);
    -- by place
    balances bigint[] := array_fill(NULL::bigint, ARRAY[places]);
    held bigint[] := balances;
    floors bigint[] := balances;
    overdue bigint[] := balances;
    earned bigint[] := balances;
    redeemed bigint[] := balances;
    expired bigint[] := balances;
    is_wallet boolean[] := array_fill(false, ARRAY[places]);
    is_closed boolean[] := is_wallet;
    is_debited boolean[] := is_wallet;
    is_moved boolean[] := is_wallet;
    -- by item
    ids uuid[] := array_fill(NULL::uuid, ARRAY[items]);
    debit_afters bigint[] := array_fill(NULL::bigint, ARRAY[items]);
    credit_afters bigint[] := debit_afters;
    credit_helds bigint[] := debit_afters;
    points bigint[] := debit_afters;
    shortfalls bigint[] := debit_afters;
    lefts bigint[] := debit_afters;     -- by the first item that takes back the same transfer: what is left of it
    sources integer[] := array_fill(NULL::integer, ARRAY[items]);  -- and that item, where there is such a transfer
    winners integer[] := sources;
    refusals text[] := array_fill(NULL::text, ARRAY[items]);
    is_replay boolean[] := array_fill(false, ARRAY[items]);
    is_new boolean[] := is_replay;
    has_lot boolean[] := is_replay;
    account record;
    earlier record;
    source record;
    prefix text;
    place integer := 0;
    d integer;
    c integer;
    amount bigint;
    asked bigint;
    left_of bigint;
    spendable bigint;
    rest bigint;
    winner integer;
    new_count integer := 0;
    written integer;
BEGIN
    -- 1. Lock and read the accounts. They come in two runs, each ascending like account_ids.
    FOR account IN
        SELECT a.id, a.points, a.held, a.floor, a.lifetime_earned, a.lifetime_redeemed, a.lifetime_expired,
               a.kind = 'wallet' AS wallet, a.closed_at IS NOT NULL AS closed
        FROM wallets_account a WHERE a.id = ANY(account_ids)
        ORDER BY a.kind <> 'wallet', a.id FOR NO KEY UPDATE
    LOOP
        IF place > 0 AND account.id <= account_ids[place] THEN
            place := 0;
        END IF;
        place := place + 1;
        WHILE account_ids[place] <> account.id LOOP
            place := place + 1;
        END LOOP;
        balances[place] := account.points;
        held[place] := account.held;
        floors[place] := account.floor;
        earned[place] := account.lifetime_earned;
        redeemed[place] := account.lifetime_redeemed;
        expired[place] := account.lifetime_expired;
        is_wallet[place] := account.wallet;
        is_closed[place] := account.closed;
    END LOOP;
    prefix := wallets_id_prefix();

    -- 2. Find what was posted before, and what is left of the transfers to take back. Whoever posts the same thing at the same
    -- time waited for step 1.
    FOR earlier IN
        SELECT item.place, t.id, t.debit_points_after, t.credit_points_after, t.points, t.shortfall,
               (t.debit_id, t.credit_id, t.points + t.shortfall, t.kind, t.reverses_id) IS NOT DISTINCT FROM
               (account_ids[debits[item.place]], account_ids[credits[item.place]],
                coalesce(amounts[item.place], t.points + t.shortfall), kinds[item.place], reversed_ids[item.place]) AS is_same
        -- OFFSET: each one by its key, also where the plan was made while the table was small.
        FROM unnest(refs) WITH ORDINALITY AS item (ref, place),
             LATERAL (SELECT * FROM wallets_transfer WHERE reference = item.ref OFFSET 0) AS t
    LOOP
        IF earlier.is_same THEN
            is_replay[earlier.place] := true;
            ids[earlier.place] := earlier.id;
            debit_afters[earlier.place] := earlier.debit_points_after;
            credit_afters[earlier.place] := earlier.credit_points_after;
            credit_helds[earlier.place] := held[credits[earlier.place]];
            points[earlier.place] := earlier.points;
            shortfalls[earlier.place] := earlier.shortfall;
        ELSE
            refusals[earlier.place] := 'reference_conflict';
        END IF;
    END LOOP;
    IF kinds && '{reversal,refund}' THEN
        -- A reversal takes from the wallet what came, a refund gives the wallet what went, out of the account where it went.
        FOR source IN
            SELECT item.place, min(item.place) OVER (PARTITION BY t.id) AS first,
                   t.points - (SELECT coalesce(sum(back.points), 0) FROM wallets_transfer back
                               WHERE back.reverses_id = t.id AND back.kind = item.kind) AS left_of
            FROM unnest(reversed_ids, kinds, debits, credits) WITH ORDINALITY AS item (id, kind, debit, credit, place)
                 JOIN wallets_transfer t ON t.id = item.id
            WHERE item.kind = 'reversal' AND t.kind IN ('credit', 'adjustment') AND t.credit_id = account_ids[item.debit]
               OR item.kind = 'refund' AND t.kind IN ('redemption', 'payout')
                  AND (t.debit_id, t.credit_id) = (account_ids[item.credit], account_ids[item.debit])
        LOOP
            sources[source.place] := source.first;
            lefts[source.first] := source.left_of;
        END LOOP;
    END IF;

    -- 3. Judge each item, and move its points within the arrays.
    FOR i IN 1..items LOOP
        is_debited[debits[i]] := true;
    END LOOP;
    FOR i IN 1..items LOOP
        CONTINUE WHEN is_replay[i] OR refusals[i] IS NOT NULL;
        d := debits[i];
        c := credits[i];
        winner := winners[firsts[i]];
        IF winner IS NOT NULL THEN
            IF (d, c, amounts[i], kinds[i], reversed_ids[i]) IS NOT DISTINCT FROM
               (debits[winner], credits[winner], amounts[winner], kinds[winner], reversed_ids[winner]) THEN
                is_replay[i] := true;
                ids[i] := ids[winner];
                debit_afters[i] := debit_afters[winner];
                credit_afters[i] := credit_afters[winner];
                credit_helds[i] := held[c];
                points[i] := points[winner];
                shortfalls[i] := shortfalls[winner];
            ELSE
                refusals[i] := 'reference_conflict';
            END IF;
            CONTINUE;
        END IF;

        IF balances[d] IS NULL OR balances[c] IS NULL THEN
            refusals[i] := 'unknown_account';
            CONTINUE;
        ELSIF is_closed[d] OR is_closed[c] THEN
            refusals[i] := 'account_closed';
            CONTINUE;
        END IF;
        left_of := NULL;
        IF kinds[i] IN ('reversal', 'refund') THEN
            left_of := lefts[sources[i]];
            IF left_of IS NULL THEN
                refusals[i] := 'unknown_transfer';
                CONTINUE;
            END IF;
        END IF;
        IF is_wallet[d] AND overdue[d] IS NULL THEN
            overdue[d] := wallets_overdue(account_ids[d], moment);
        END IF;
        spendable := balances[d] - held[d] - coalesce(overdue[d], 0) - floors[d];  -- null where there is no floor
        asked := coalesce(amounts[i], left_of);
        amount := asked;
        IF at_mosts[i] THEN
            amount := greatest(0, least(asked, left_of, spendable));
            points[i] := 0;
            shortfalls[i] := asked - amount;
            CONTINUE WHEN amount = 0;
        END IF;
        IF amount > left_of OR left_of < 1 THEN
            refusals[i] := 'over_' || kinds[i];
        ELSIF amount > spendable THEN
            refusals[i] := 'insufficient_points';
        ELSIF balances[d] - amount < -points_max OR balances[c] + amount > points_max THEN
            refusals[i] := 'points_out_of_range';
        ELSE
            winners[firsts[i]] := i;
            is_new[i] := true;
            new_count := new_count + 1;
            ids[i] := (prefix || lpad(to_hex(i), 5, '0') || right(gen_random_uuid()::text, 10))::uuid;
            balances[d] := balances[d] - amount;
            balances[c] := balances[c] + amount;
            is_moved[d] := true;
            is_moved[c] := true;
            points[i] := amount;
            shortfalls[i] := asked - amount;
            debit_afters[i] := balances[d];
            credit_afters[i] := balances[c];
            credit_helds[i] := held[c];
            IF is_wallet[d] THEN
                PERFORM wallets_draw(account_ids[d], ids[i], amount, moment);
                IF kinds[i] IN ('redemption', 'payout') THEN
                    redeemed[d] := redeemed[d] + amount;
                ELSIF kinds[i] IN ('expiry', 'forfeiture') THEN
                    expired[d] := expired[d] + amount;
                ELSE
                    earned[d] := earned[d] - amount;
                END IF;
            END IF;
            IF is_wallet[c] THEN
                rest := amount;  -- what comes as a lot of its own
                IF kinds[i] = 'refund' THEN
                    redeemed[c] := redeemed[c] - amount;
                    rest := wallets_give_back(reversed_ids[i], ids[i],
                        (SELECT t.points FROM wallets_transfer t WHERE t.id = reversed_ids[i]) - left_of, amount, moment);
                ELSE
                    earned[c] := earned[c] + amount;
                END IF;
                IF is_debited[c] OR rest < amount THEN
                    -- An item further down may draw from this lot: it must be there.
                    INSERT INTO wallets_lot (id, account_id, transfer_id, points, remaining, earned_at, expires_at)
                    SELECT ids[i], account_ids[c], ids[i], rest, rest, times[i], lot_dates[i] WHERE rest > 0;
                ELSE
                    has_lot[i] := true;
                END IF;
            END IF;
            IF left_of IS NOT NULL THEN
                lefts[sources[i]] := left_of - amount;
            END IF;
        END IF;
    END LOOP;

    -- 4. Write. A transfer's lot has the transfer's id: one key for what is born together.
    IF new_count > 0 THEN
        UPDATE wallets_account a
        SET points = new.points, lifetime_earned = new.earned, lifetime_redeemed = new.redeemed, lifetime_expired = new.expired
        FROM unnest(account_ids, balances, earned, redeemed, expired, is_moved)
             AS new (id, points, earned, redeemed, expired, is_moved)
        WHERE a.id = new.id AND new.is_moved;
        INSERT INTO wallets_transfer (id, debit_id, credit_id, points, shortfall, kind, reference, effective_at, recorded_at,
                                      debit_points_after, credit_points_after, reverses_id)
        SELECT new.id, account_ids[new.debit], account_ids[new.credit], new.points, new.shortfall, new.kind, new.ref, new.at,
               clock_timestamp(), new.debit_after, new.credit_after, new.reverses
        FROM unnest(ids, debits, credits, points, shortfalls, kinds, refs, times, debit_afters, credit_afters, reversed_ids,
                    is_new)
             AS new (id, debit, credit, points, shortfall, kind, ref, at, debit_after, credit_after, reverses, is_new)
        WHERE new.is_new
        ON CONFLICT (reference) DO NOTHING;
        GET DIAGNOSTICS written = ROW_COUNT;
        IF written < new_count THEN  -- someone used the reference for other accounts meanwhile: judge again, knowing that
            RAISE EXCEPTION 'another transaction posted the same reference' USING ERRCODE = 'serialization_failure';
        END IF;
        INSERT INTO wallets_lot (id, account_id, transfer_id, points, remaining, earned_at, expires_at)
        SELECT new.id, account_ids[new.credit], new.id, new.points, new.points, new.at, new.expires_at
        FROM unnest(ids, credits, points, times, lot_dates, has_lot) AS new (id, credit, points, at, expires_at, has_lot)
        WHERE new.has_lot;
    END IF;

    RETURN QUERY SELECT * FROM unnest(ids, debit_afters, credit_afters, credit_helds, is_replay, refusals, points, shortfalls);
END $$;
