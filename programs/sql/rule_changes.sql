-- A change of a rule starts waiting, is about the same version for ever, and is turned on only by an approval: whatever
-- code or shell writes the row. Who may approve is held by approvals/sql/four_eyes.sql.
CREATE FUNCTION programs_check_rule_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'waiting' THEN
            RAISE EXCEPTION 'a change of a rule starts waiting' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.status <> 'waiting' OR (OLD.id, OLD.rule_id, OLD.version_id, OLD.replaces_id, OLD.approval_id, OLD.requested_by_id)
        IS DISTINCT FROM (NEW.id, NEW.rule_id, NEW.version_id, NEW.replaces_id, NEW.approval_id, NEW.requested_by_id) THEN
        RAISE EXCEPTION 'change % of a rule is asked or decided; ask again', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.status = 'turned_on' AND NOT EXISTS (SELECT FROM approvals_approval WHERE id = NEW.approval_id AND status = 'approved') THEN
        RAISE EXCEPTION 'nobody approved change % of a rule', NEW.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER rule_change_checked BEFORE INSERT OR UPDATE ON programs_rulechange
    FOR EACH ROW EXECUTE FUNCTION programs_check_rule_change();
