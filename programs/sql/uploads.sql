-- What was checked is what is credited: the content of an upload's rows never changes. The worker changes only their state,
-- so that this trigger never runs while rows are credited.
CREATE FUNCTION programs_keep_upload_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'row % of upload % stays as it was checked', OLD.number, OLD.upload_id USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER upload_row_kept BEFORE UPDATE OF
    upload_id, number, recipient, person_id, written_points, points, reason, external_id, credit_on, request_key
    ON programs_uploadrow FOR EACH ROW EXECUTE FUNCTION programs_keep_upload_row();

-- Four eyes on an upload as a whole. approvals/sql/four_eyes.sql holds that nobody decides what they asked for, and that
-- an approval is only ever closed by decisions; this holds that the upload goes no other way, and that nobody approves
-- points for themselves.
CREATE FUNCTION programs_upload_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.approval_id IS NOT NULL AND
       (OLD.approval_id, OLD.programme_id, OLD.rows_hash, OLD.credit_at, OLD.confirmed_by_id)
        IS DISTINCT FROM
       (NEW.approval_id, NEW.programme_id, NEW.rows_hash, NEW.credit_at, NEW.confirmed_by_id)
    THEN
        RAISE EXCEPTION 'upload % stays as its approval was asked for', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.approval_id IS NULL OR NEW.status IN ('waiting', 'rejected', 'cancelled') THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT FROM approvals_approval WHERE id = NEW.approval_id AND status = 'approved'
            AND requested_by_id IS NOT DISTINCT FROM NEW.confirmed_by_id
    ) THEN
        RAISE EXCEPTION 'upload % is not approved', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status = 'waiting' AND EXISTS (
        SELECT FROM approvals_decision decision
        JOIN programs_uploadrow line ON line.person_id = decision.by_id AND line.upload_id = NEW.id
        WHERE decision.approval_id = NEW.approval_id AND line.status IN ('ready', 'needs_approval', 'will_park')
    ) THEN
        RAISE EXCEPTION 'whoever approved upload % gets points from it', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER upload_four_eyes BEFORE UPDATE ON programs_upload FOR EACH ROW
    WHEN ((OLD.status, OLD.approval_id, OLD.programme_id, OLD.rows_hash, OLD.credit_at, OLD.confirmed_by_id)
        IS DISTINCT FROM (NEW.status, NEW.approval_id, NEW.programme_id, NEW.rows_hash, NEW.credit_at, NEW.confirmed_by_id))
    EXECUTE FUNCTION programs_upload_check();
