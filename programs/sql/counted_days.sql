-- What counts against a programme's limit is kept day by day while it has one (programs/models/counted_day.py).

-- Counts a programme's days anew from its requests, from a day on; what waits for approval always.
CREATE FUNCTION programs_count_days(counted bigint, since date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM programs_countedday WHERE programme_id = counted AND day >= since;
    INSERT INTO programs_countedday (programme_id, day, points)
    SELECT counted, request.day, sum(request.points) FROM (
        SELECT CASE status WHEN 'credited' THEN (credited_at AT TIME ZONE 'UTC')::date ELSE '9999-12-31' END AS day,
               points - reversed_points AS points
        FROM programs_pointsrequest WHERE programme_id = counted AND status IN ('credited', 'pending_approval')
    ) AS request WHERE request.day >= since GROUP BY request.day;
END $$;

-- Whoever sets a limit, the counting begins with it and ends with it.
CREATE FUNCTION programs_begin_to_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.per_programme_limit IS NULL THEN
        NEW.counted_since := NULL;
        DELETE FROM programs_countedday WHERE programme_id = NEW.id;
    ELSIF TG_OP = 'INSERT' OR OLD.per_programme_limit IS NULL THEN
        NEW.counted_since := clock_timestamp();
        IF TG_OP = 'UPDATE' THEN
            PERFORM programs_count_days(NEW.id, '-infinity');
        END IF;
    ELSE
        NEW.counted_since := OLD.counted_since;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER programme_begins_to_count BEFORE INSERT OR UPDATE OF per_programme_limit ON programs_programme
    FOR EACH ROW EXECUTE FUNCTION programs_begin_to_count();

-- Locks limited programmes to the end of the transaction, in key order, and says of each what it gives at most, in how many days,
-- and how much of it is used. Who credits from one of them takes turns with the others from here on.
--
-- Somebody who looked the programme up just before it got its limit may still credit without counting: for a minute all that is
-- there is counted anew.
CREATE FUNCTION programs_limits(ids bigint[], today date)
RETURNS TABLE (programme_id bigint, points bigint, days integer, used bigint) LANGUAGE plpgsql AS $$
DECLARE
    limited record;
BEGIN
    FOR limited IN
        SELECT p.id, p.per_programme_limit, p.per_programme_limit_days, p.counted_since FROM programs_programme p
        WHERE p.id = ANY(ids) AND p.per_programme_limit IS NOT NULL ORDER BY p.id FOR NO KEY UPDATE
    LOOP
        IF limited.counted_since > clock_timestamp() - interval '1 minute' THEN
            PERFORM programs_count_days(limited.id, '-infinity');
        END IF;
        RETURN QUERY SELECT limited.id, limited.per_programme_limit, limited.per_programme_limit_days, coalesce(sum(d.points), 0)::bigint
            FROM programs_countedday d WHERE d.programme_id = limited.id AND d.day > today - limited.per_programme_limit_days;
    END LOOP;
END $$;
