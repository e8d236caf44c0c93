-- The first 17 of the 32 digits of a UUIDv7 (RFC 9562, method 3): milliseconds, version, 12 bits below a millisecond, variant.
-- Taken under the locks, so that an account's transfers are in the order of their ids; the place in the batch comes next.
CREATE OR REPLACE FUNCTION wallets_id_prefix() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT lpad(to_hex(moment / 1000), 12, '0') || '7' || lpad(to_hex(moment % 1000 * 4096 / 1000), 3, '0') || '8'
    FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS now (moment)
$$;

-- Takes points out of a wallet's lots, those that expire first before the others, and writes down what came from which.
CREATE OR REPLACE FUNCTION wallets_draw(wallet uuid, spend uuid, amount bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    drawn bigint;
BEGIN
    WITH open AS (
        SELECT id, remaining, sum(remaining) OVER (ORDER BY expires_at NULLS LAST, id) - remaining AS earlier
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

-- Moves points. One call moves any number; each item is judged in the given order against the balances that those before it
-- left, and refused alone. Locks accounts in one order everywhere (wallets by id, then the shared ones by id: those everybody
-- waits for are held for the shortest time), so two calls never wait for each other in a circle.
--
-- The plan settings hold because every step here reaches few rows by key, whatever the statistics of a young table say.
CREATE OR REPLACE FUNCTION wallets_post(
    account_ids uuid[],         -- every account named below, once, ascending
    debits integer[],           -- of each item: its debit account's place in account_ids
    credits integer[],          -- and its credit account's
    amounts bigint[],
    kinds text[],
    refs text[],
    firsts integer[],           -- the place of the first item with the same reference: its own, but for repeats
    lot_dates timestamptz[],    -- when the lot of a wallet's credit expires; null for never
    reversed_ids uuid[],
    times timestamptz[]
) RETURNS TABLE (posted_id uuid, debit_after bigint, credit_after bigint, credit_held bigint, was_replayed boolean, refusal text)
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
    earned bigint[] := balances;
    redeemed bigint[] := balances;
    expired bigint[] := balances;
    is_wallet boolean[] := array_fill(false, ARRAY[places]);
    is_debited boolean[] := is_wallet;
    is_moved boolean[] := is_wallet;
    -- by item
    ids uuid[] := array_fill(NULL::uuid, ARRAY[items]);
    debit_afters bigint[] := array_fill(NULL::bigint, ARRAY[items]);
    credit_afters bigint[] := debit_afters;
    credit_helds bigint[] := debit_afters;
    winners integer[] := array_fill(NULL::integer, ARRAY[items]);
    refusals text[] := array_fill(NULL::text, ARRAY[items]);
    is_replay boolean[] := array_fill(false, ARRAY[items]);
    is_new boolean[] := is_replay;
    has_lot boolean[] := is_replay;
    account record;
    earlier record;
    prefix text;
    place integer := 0;
    d integer;
    c integer;
    amount bigint;
    winner integer;
    new_count integer := 0;
    written integer;
BEGIN
    -- 1. Lock and read the accounts. They come in two runs, each ascending like account_ids.
    FOR account IN
        SELECT a.id, a.points, a.held, a.floor, a.lifetime_earned, a.lifetime_redeemed, a.lifetime_expired,
               a.kind = 'wallet' AS wallet
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
    END LOOP;
    prefix := wallets_id_prefix();

    -- 2. Find what was posted before. Whoever posts the same thing at the same time waited for step 1.
    FOR earlier IN
        SELECT item.place, t.id, t.debit_points_after, t.credit_points_after,
               (t.debit_id, t.credit_id, t.points, t.kind, t.reverses_id) IS NOT DISTINCT FROM
               (account_ids[debits[item.place]], account_ids[credits[item.place]], amounts[item.place],
                kinds[item.place], reversed_ids[item.place]) AS is_same
        FROM unnest(refs) WITH ORDINALITY AS item (ref, place) JOIN wallets_transfer t ON t.reference = item.ref
    LOOP
        IF earlier.is_same THEN
            is_replay[earlier.place] := true;
            ids[earlier.place] := earlier.id;
            debit_afters[earlier.place] := earlier.debit_points_after;
            credit_afters[earlier.place] := earlier.credit_points_after;
            credit_helds[earlier.place] := held[credits[earlier.place]];
        ELSE
            refusals[earlier.place] := 'reference_conflict';
        END IF;
    END LOOP;

    -- 3. Judge each item, and move its points within the arrays.
    FOR i IN 1..items LOOP
        is_debited[debits[i]] := true;
    END LOOP;
    FOR i IN 1..items LOOP
        CONTINUE WHEN is_replay[i] OR refusals[i] IS NOT NULL;
        d := debits[i];
        c := credits[i];
        amount := amounts[i];
        winner := winners[firsts[i]];
        IF winner IS NOT NULL THEN
            IF (d, c, amount, kinds[i], reversed_ids[i]) IS NOT DISTINCT FROM
               (debits[winner], credits[winner], amounts[winner], kinds[winner], reversed_ids[winner]) THEN
                is_replay[i] := true;
                ids[i] := ids[winner];
                debit_afters[i] := debit_afters[winner];
                credit_afters[i] := credit_afters[winner];
                credit_helds[i] := held[c];
            ELSE
                refusals[i] := 'reference_conflict';
            END IF;
        ELSIF balances[d] IS NULL OR balances[c] IS NULL THEN
            refusals[i] := 'unknown_account';
        ELSIF balances[d] - held[d] - amount < floors[d] THEN
            refusals[i] := 'insufficient_points';
        ELSIF balances[d] - amount < -points_max OR balances[c] + amount > points_max THEN
            refusals[i] := 'points_out_of_range';
        ELSIF is_wallet[c] AND kinds[i] = 'refund' AND redeemed[c] < amount THEN
            refusals[i] := 'over_refund';
        ELSE
            winners[firsts[i]] := i;
            is_new[i] := true;
            new_count := new_count + 1;
            ids[i] := (prefix || lpad(to_hex(i), 5, '0') || right(gen_random_uuid()::text, 10))::uuid;
            balances[d] := balances[d] - amount;
            balances[c] := balances[c] + amount;
            is_moved[d] := true;
            is_moved[c] := true;
            debit_afters[i] := balances[d];
            credit_afters[i] := balances[c];
            credit_helds[i] := held[c];
            IF is_wallet[d] THEN
                PERFORM wallets_draw(account_ids[d], ids[i], amount);
                IF kinds[i] = 'redemption' THEN
                    redeemed[d] := redeemed[d] + amount;
                ELSIF kinds[i] = 'expiry' THEN
                    expired[d] := expired[d] + amount;
                ELSE
                    earned[d] := earned[d] - amount;
                END IF;
            END IF;
            IF is_wallet[c] THEN
                IF kinds[i] = 'refund' THEN
                    redeemed[c] := redeemed[c] - amount;
                ELSE
                    earned[c] := earned[c] + amount;
                END IF;
                IF is_debited[c] THEN  -- an item further down may draw from this lot: it must be there
                    INSERT INTO wallets_lot (id, account_id, transfer_id, points, remaining, earned_at, expires_at)
                    VALUES (ids[i], account_ids[c], ids[i], amount, amount, times[i], lot_dates[i]);
                ELSE
                    has_lot[i] := true;
                END IF;
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
        INSERT INTO wallets_transfer (id, debit_id, credit_id, points, kind, reference, effective_at, recorded_at,
                                      debit_points_after, credit_points_after, reverses_id)
        SELECT new.id, account_ids[new.debit], account_ids[new.credit], new.points, new.kind, new.ref, new.at,
               clock_timestamp(), new.debit_after, new.credit_after, new.reverses
        FROM unnest(ids, debits, credits, amounts, kinds, refs, times, debit_afters, credit_afters, reversed_ids, is_new)
             AS new (id, debit, credit, points, kind, ref, at, debit_after, credit_after, reverses, is_new)
        WHERE new.is_new
        ON CONFLICT (reference) DO NOTHING;
        GET DIAGNOSTICS written = ROW_COUNT;
        IF written < new_count THEN  -- someone used the reference for other accounts meanwhile: judge again, knowing that
            RAISE EXCEPTION 'another transaction posted the same reference' USING ERRCODE = 'serialization_failure';
        END IF;
        INSERT INTO wallets_lot (id, account_id, transfer_id, points, remaining, earned_at, expires_at)
        SELECT new.id, account_ids[new.credit], new.id, new.points, new.points, new.at, new.expires_at
        FROM unnest(ids, credits, amounts, times, lot_dates, has_lot) AS new (id, credit, points, at, expires_at, has_lot)
        WHERE new.has_lot;
    END IF;

    RETURN QUERY SELECT * FROM unnest(ids, debit_afters, credit_afters, credit_helds, is_replay, refusals);
END $$;
