-- A refund stays as it was asked and as it was decided; only what was approved is made.
CREATE FUNCTION redemptions_order_refund_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        RAISE EXCEPTION 'a refund starts waiting' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'refunds are kept' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status <> 'waiting' OR
       (OLD.id, OLD.order_id, OLD.reason, OLD.is_taken_back, OLD.requested_by_id, OLD.requested_at, OLD.approval_id)
        IS DISTINCT FROM
       (NEW.id, NEW.order_id, NEW.reason, NEW.is_taken_back, NEW.requested_by_id, NEW.requested_at, NEW.approval_id)
    THEN
        RAISE EXCEPTION 'refund % stays as it was asked and decided', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'done' AND NOT EXISTS (
        SELECT FROM approvals_approval WHERE id = NEW.approval_id AND status = 'approved'
            AND requested_by_id = NEW.requested_by_id
    ) THEN
        RAISE EXCEPTION 'refund % is not approved', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER order_refund_starts_waiting BEFORE INSERT ON redemptions_orderrefund
    FOR EACH ROW WHEN (NEW.status <> 'waiting') EXECUTE FUNCTION redemptions_order_refund_check();
CREATE TRIGGER order_refund_kept BEFORE UPDATE OR DELETE ON redemptions_orderrefund
    FOR EACH ROW EXECUTE FUNCTION redemptions_order_refund_check();
CREATE TRIGGER order_refund_kept_truncate BEFORE TRUNCATE ON redemptions_orderrefund
    FOR EACH STATEMENT EXECUTE FUNCTION redemptions_order_refund_check();
