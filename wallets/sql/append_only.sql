-- What was written down stays written down, whoever asks: a bug, a shell, an administrator.

CREATE OR REPLACE FUNCTION wallets_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% refuses %: its rows are kept as they were written', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

-- Transfers and draws never change at all.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON wallets_transfer
    FOR EACH ROW EXECUTE FUNCTION wallets_refuse();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON wallets_lotdraw
    FOR EACH ROW EXECUTE FUNCTION wallets_refuse();

-- A hold closes once; a lot only runs down; an account keeps its kind and its owner. None of them goes away.
CREATE TRIGGER kept BEFORE DELETE ON wallets_hold FOR EACH ROW EXECUTE FUNCTION wallets_refuse();
CREATE TRIGGER kept BEFORE DELETE ON wallets_lot FOR EACH ROW EXECUTE FUNCTION wallets_refuse();
CREATE TRIGGER kept BEFORE DELETE ON wallets_account FOR EACH ROW EXECUTE FUNCTION wallets_refuse();

CREATE TRIGGER closes_once BEFORE UPDATE ON wallets_hold FOR EACH ROW
    WHEN (OLD.status <> 'placed'
          OR (OLD.id, OLD.account_id, OLD.points, OLD.reference, OLD.placed_at, OLD.expires_at)
             IS DISTINCT FROM (NEW.id, NEW.account_id, NEW.points, NEW.reference, NEW.placed_at, NEW.expires_at))
    EXECUTE FUNCTION wallets_refuse();
CREATE TRIGGER runs_down BEFORE UPDATE ON wallets_lot FOR EACH ROW
    WHEN (NEW.remaining > OLD.remaining
          OR (OLD.id, OLD.account_id, OLD.transfer_id, OLD.points, OLD.earned_at, OLD.expires_at)
             IS DISTINCT FROM (NEW.id, NEW.account_id, NEW.transfer_id, NEW.points, NEW.earned_at, NEW.expires_at))
    EXECUTE FUNCTION wallets_refuse();
CREATE TRIGGER keeps_its_owner BEFORE UPDATE ON wallets_account FOR EACH ROW
    WHEN ((OLD.id, OLD.kind, OLD.person_id) IS DISTINCT FROM (NEW.id, NEW.kind, NEW.person_id))
    EXECUTE FUNCTION wallets_refuse();

CREATE TRIGGER never_emptied BEFORE TRUNCATE ON wallets_transfer EXECUTE FUNCTION wallets_refuse();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON wallets_lotdraw EXECUTE FUNCTION wallets_refuse();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON wallets_hold EXECUTE FUNCTION wallets_refuse();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON wallets_lot EXECUTE FUNCTION wallets_refuse();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON wallets_account EXECUTE FUNCTION wallets_refuse();

-- Accounts are written all the time and their balances are in no index: room on the page keeps those writes off the indexes.
ALTER TABLE wallets_account SET (fillfactor = 70);
