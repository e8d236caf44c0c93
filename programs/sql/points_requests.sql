-- What was asked stays as it was asked, whoever writes: points that somebody approved or a client was answered about are
-- never edited. Only where it stands moves on, along the moves of programs/enums.py, and nothing is removed.
CREATE FUNCTION programs_points_request_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'points requests are kept' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.id, OLD.client_id, OLD.external_id, OLD.fingerprint, OLD.source, OLD.programme_id, OLD.recipient, OLD.points,
        OLD.reason, OLD.metadata, OLD.event_id, OLD.rule_version_id, OLD.once_key, OLD.explanation, OLD.requested_by_id, OLD.created_at)
        IS DISTINCT FROM
       (NEW.id, NEW.client_id, NEW.external_id, NEW.fingerprint, NEW.source, NEW.programme_id, NEW.recipient, NEW.points,
        NEW.reason, NEW.metadata, NEW.event_id, NEW.rule_version_id, NEW.once_key, NEW.explanation, NEW.requested_by_id, NEW.created_at)
    THEN
        RAISE EXCEPTION 'points request % stays as it was asked', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status <> 'parked' AND (OLD.person_id, OLD.approval_id) IS DISTINCT FROM (NEW.person_id, NEW.approval_id) THEN
        RAISE EXCEPTION 'points request % keeps its person and its approval', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.transfer_id IS NOT NULL
        AND (OLD.transfer_id, OLD.credited_at, OLD.expires_at) IS DISTINCT FROM (NEW.transfer_id, NEW.credited_at, NEW.expires_at)
    THEN
        RAISE EXCEPTION 'points request % keeps its transfer', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status <> NEW.status AND (OLD.status, NEW.status) NOT IN (
        ('pending_approval', 'credited'), ('pending_approval', 'rejected'),
        ('parked', 'credited'), ('parked', 'pending_approval'), ('parked', 'expired'), ('parked', 'failed'),
        ('credited', 'reversed')
    ) THEN
        RAISE EXCEPTION 'points request % does not go from % to %', OLD.id, OLD.status, NEW.status USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER points_request_kept BEFORE UPDATE OR DELETE ON programs_pointsrequest
    FOR EACH ROW EXECUTE FUNCTION programs_points_request_check();
CREATE TRIGGER points_request_kept_truncate BEFORE TRUNCATE ON programs_pointsrequest
    FOR EACH STATEMENT EXECUTE FUNCTION programs_points_request_check();

-- What needs approval is credited when it is approved, and what was rejected never.
CREATE FUNCTION programs_points_request_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM approvals_approval WHERE id = NEW.approval_id AND status = 'approved') THEN
        RAISE EXCEPTION 'points request % is not approved', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER points_request_approved BEFORE INSERT OR UPDATE OF status, approval_id ON programs_pointsrequest
    FOR EACH ROW WHEN (NEW.status = 'credited' AND NEW.approval_id IS NOT NULL)
    EXECUTE FUNCTION programs_points_request_approved();

CREATE FUNCTION programs_keep_funding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'fundings are kept as they were written' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER funding_kept BEFORE UPDATE OR DELETE ON programs_funding
    FOR EACH ROW EXECUTE FUNCTION programs_keep_funding();
CREATE TRIGGER funding_kept_truncate BEFORE TRUNCATE ON programs_funding
    FOR EACH STATEMENT EXECUTE FUNCTION programs_keep_funding();
