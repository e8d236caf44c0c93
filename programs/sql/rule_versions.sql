-- A rule's version is never edited: a change is a new version. One that decided a points request is never deleted either,
-- so that every credit can show the wording that decided it.
CREATE FUNCTION programs_keep_rule_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'A version of a rule never changes; write a new one.' USING ERRCODE = 'restrict_violation';
    END IF;
    IF EXISTS (SELECT FROM programs_pointsrequest WHERE rule_version_id = OLD.id) THEN
        RAISE EXCEPTION 'This version of a rule decided points; it stays.' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;

CREATE TRIGGER rule_version_kept BEFORE UPDATE OR DELETE ON programs_ruleversion
    FOR EACH ROW EXECUTE FUNCTION programs_keep_rule_version();
