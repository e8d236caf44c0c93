-- What a refund put back stays written down, and is the one thing that fills a lot again.

CREATE OR REPLACE FUNCTION wallets_fill() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE wallets_lot SET remaining = remaining + NEW.points WHERE id = NEW.lot_id;
    RETURN NULL;
END $$;
CREATE TRIGGER fills AFTER INSERT ON wallets_lotreturn FOR EACH ROW EXECUTE FUNCTION wallets_fill();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON wallets_lotreturn
    FOR EACH ROW EXECUTE FUNCTION wallets_refuse();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON wallets_lotreturn EXECUTE FUNCTION wallets_refuse();

DROP TRIGGER runs_down ON wallets_lot;
CREATE TRIGGER runs_down BEFORE UPDATE ON wallets_lot FOR EACH ROW
    WHEN ((NEW.remaining > OLD.remaining AND pg_trigger_depth() = 0)
          OR (OLD.id, OLD.account_id, OLD.transfer_id, OLD.points, OLD.earned_at, OLD.expires_at)
             IS DISTINCT FROM (NEW.id, NEW.account_id, NEW.transfer_id, NEW.points, NEW.earned_at, NEW.expires_at))
    EXECUTE FUNCTION wallets_refuse();

-- An account that was closed stays closed.
DROP TRIGGER keeps_its_owner ON wallets_account;
CREATE TRIGGER keeps_its_owner BEFORE UPDATE ON wallets_account FOR EACH ROW
    WHEN ((OLD.id, OLD.kind, OLD.person_id) IS DISTINCT FROM (NEW.id, NEW.kind, NEW.person_id)
          OR OLD.closed_at IS DISTINCT FROM NEW.closed_at AND OLD.closed_at IS NOT NULL)
    EXECUTE FUNCTION wallets_refuse();
