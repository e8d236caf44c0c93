-- Takes one request from a quota that fills up evenly and holds a minute's worth (GCRA; ITU-T I.371). One statement, so
-- two processes never give the same one away. A quota that is used up is locked and read, not written.
--
-- Returns how many seconds from now the quota would be full again with this request taken: more than 60 means refused.
CREATE FUNCTION api_take(quota_name text, per_minute integer) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    -- cut to whole microseconds, so that a minute's worth of them is never over a minute
    cost constant interval := make_interval(secs => floor(60e6 / per_minute) / 1e6);
    moment constant timestamptz := clock_timestamp();
    filled timestamptz;
BEGIN
    INSERT INTO api_quota AS quota (name, full_at) VALUES (quota_name, moment + cost)
    ON CONFLICT (name) DO UPDATE SET full_at = greatest(quota.full_at, moment) + cost
        WHERE quota.full_at + cost <= moment + interval '1 minute'
    RETURNING quota.full_at INTO filled;
    IF NOT FOUND THEN
        SELECT quota.full_at + cost INTO filled FROM api_quota AS quota WHERE quota.name = quota_name;
    END IF;
    RETURN extract(epoch FROM filled - moment);
END
$$;
