-- What a booking took and gave back stays written down, whoever asks: a bug, a shell, an administrator.

CREATE OR REPLACE FUNCTION redemptions_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% refuses %: its rows are kept as they were written', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

-- Entries never change at all.
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON redemptions_travelcreditentry
    FOR EACH ROW EXECUTE FUNCTION redemptions_refuse();

-- An authorisation closes once and keeps what it was for.
CREATE TRIGGER kept BEFORE DELETE ON redemptions_travelcreditauthorisation
    FOR EACH ROW EXECUTE FUNCTION redemptions_refuse();
CREATE TRIGGER closes_once BEFORE UPDATE ON redemptions_travelcreditauthorisation FOR EACH ROW
    WHEN (OLD.status <> 'open'
          OR (OLD.id, OLD.travel_credit_id, OLD.client_id, OLD.reference, OLD.description, OLD.amount, OLD.authorised_at,
              OLD.expires_at)
             IS DISTINCT FROM (NEW.id, NEW.travel_credit_id, NEW.client_id, NEW.reference, NEW.description, NEW.amount,
              NEW.authorised_at, NEW.expires_at))
    EXECUTE FUNCTION redemptions_refuse();

CREATE TRIGGER never_emptied BEFORE TRUNCATE ON redemptions_travelcreditentry EXECUTE FUNCTION redemptions_refuse();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON redemptions_travelcreditauthorisation
    EXECUTE FUNCTION redemptions_refuse();
