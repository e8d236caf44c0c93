-- What finance is to pay stays as it was written; it is marked as paid once, and never removed.
CREATE FUNCTION wallets_leaver_payout_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'pay-outs are kept' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.status <> 'waiting' OR
       (OLD.id, OLD.person_id, OLD.transfer_id, OLD.points, OLD.amount, OLD.currency, OLD.created_at)
        IS DISTINCT FROM
       (NEW.id, NEW.person_id, NEW.transfer_id, NEW.points, NEW.amount, NEW.currency, NEW.created_at)
    THEN
        RAISE EXCEPTION 'pay-out % stays as it was written and paid', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER leaver_payout_kept BEFORE UPDATE OR DELETE ON wallets_leaverpayout
    FOR EACH ROW EXECUTE FUNCTION wallets_leaver_payout_check();
CREATE TRIGGER leaver_payout_kept_truncate BEFORE TRUNCATE ON wallets_leaverpayout
    FOR EACH STATEMENT EXECUTE FUNCTION wallets_leaver_payout_check();
