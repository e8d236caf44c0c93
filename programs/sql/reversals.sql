-- What was taken back stays written down as it was, and so does an adjustment as it was proposed.
CREATE FUNCTION programs_keep_reversal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'reversals are kept as they were written' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER reversal_kept BEFORE UPDATE OR DELETE ON programs_reversal
    FOR EACH ROW EXECUTE FUNCTION programs_keep_reversal();
CREATE TRIGGER reversal_kept_truncate BEFORE TRUNCATE ON programs_reversal
    FOR EACH STATEMENT EXECUTE FUNCTION programs_keep_reversal();

-- What a request gave back never comes again: its sum only grows.
CREATE FUNCTION programs_reversed_points_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'points request % was taken back so far; it is not given again', OLD.id USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER points_request_reversed_points BEFORE UPDATE OF reversed_points ON programs_pointsrequest
    FOR EACH ROW WHEN (NEW.reversed_points < OLD.reversed_points) EXECUTE FUNCTION programs_reversed_points_grow();

CREATE FUNCTION programs_adjustment_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        RAISE EXCEPTION 'an adjustment starts waiting' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'adjustments are kept' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status <> 'waiting' OR
       (OLD.id, OLD.programme_id, OLD.person_id, OLD.points, OLD.reason, OLD.requested_by_id, OLD.requested_at, OLD.approval_id)
        IS DISTINCT FROM
       (NEW.id, NEW.programme_id, NEW.person_id, NEW.points, NEW.reason, NEW.requested_by_id, NEW.requested_at, NEW.approval_id)
    THEN
        RAISE EXCEPTION 'adjustment % stays as it was proposed and decided', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    -- four eyes: approvals/sql/four_eyes.sql holds that nobody decides what they asked for or gain from
    IF NEW.status = 'posted' AND NOT EXISTS (
        SELECT FROM approvals_approval WHERE id = NEW.approval_id AND status = 'approved'
            AND requested_by_id = NEW.requested_by_id AND beneficiary_id = NEW.person_id
    ) THEN
        RAISE EXCEPTION 'adjustment % is not approved', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER adjustment_starts_waiting BEFORE INSERT ON programs_adjustment
    FOR EACH ROW WHEN (NEW.status <> 'waiting') EXECUTE FUNCTION programs_adjustment_check();
CREATE TRIGGER adjustment_kept BEFORE UPDATE OR DELETE ON programs_adjustment
    FOR EACH ROW EXECUTE FUNCTION programs_adjustment_check();
CREATE TRIGGER adjustment_kept_truncate BEFORE TRUNCATE ON programs_adjustment
    FOR EACH STATEMENT EXECUTE FUNCTION programs_adjustment_check();
