-- Fundings, transfers between budgets and closings stay as they were asked for and decided, whoever writes.

-- What a row's approval says: asked for by the same person, and given. Four eyes: approvals/sql/four_eyes.sql.
CREATE FUNCTION programs_was_approved(approval uuid, asked_by uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM approvals_approval WHERE id = approval AND status = 'approved' AND requested_by_id = asked_by)
$$;

DROP TRIGGER funding_kept ON programs_funding;
DROP TRIGGER funding_kept_truncate ON programs_funding;
DROP FUNCTION programs_keep_funding;

CREATE FUNCTION programs_keep_funding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR OLD.status <> 'waiting' OR
       (OLD.id, OLD.programme_id, OLD.points, OLD.reference, OLD.client_id, OLD.external_id, OLD.funded_by_id, OLD.approval_id)
        IS DISTINCT FROM
       (NEW.id, NEW.programme_id, NEW.points, NEW.reference, NEW.client_id, NEW.external_id, NEW.funded_by_id, NEW.approval_id)
    THEN
        RAISE EXCEPTION 'fundings are kept as they were written' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'posted' AND NOT programs_was_approved(NEW.approval_id, NEW.funded_by_id) THEN
        RAISE EXCEPTION 'funding % is not approved', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER funding_kept BEFORE UPDATE OR DELETE ON programs_funding
    FOR EACH ROW EXECUTE FUNCTION programs_keep_funding();
CREATE TRIGGER funding_kept_truncate BEFORE TRUNCATE ON programs_funding
    FOR EACH STATEMENT EXECUTE FUNCTION programs_keep_funding();

CREATE FUNCTION programs_keep_budget_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR OLD.status <> 'waiting' OR
       (OLD.id, OLD.from_account_id, OLD.to_account_id, OLD.points, OLD.reason, OLD.requested_by_id, OLD.requested_at, OLD.approval_id,
        OLD.closing_id)
        IS DISTINCT FROM
       (NEW.id, NEW.from_account_id, NEW.to_account_id, NEW.points, NEW.reason, NEW.requested_by_id, NEW.requested_at, NEW.approval_id,
        NEW.closing_id)
    THEN
        RAISE EXCEPTION 'transfers between budgets are kept as they were written' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'posted' AND NOT programs_was_approved(NEW.approval_id, NEW.requested_by_id) THEN
        RAISE EXCEPTION 'budget transfer % is not approved', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER budget_transfer_kept BEFORE UPDATE OR DELETE ON programs_budgettransfer
    FOR EACH ROW EXECUTE FUNCTION programs_keep_budget_transfer();
CREATE TRIGGER budget_transfer_kept_truncate BEFORE TRUNCATE ON programs_budgettransfer
    FOR EACH STATEMENT EXECUTE FUNCTION programs_keep_budget_transfer();

CREATE FUNCTION programs_keep_budget_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        RAISE EXCEPTION 'a closing starts waiting' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP <> 'UPDATE' OR OLD.status <> 'waiting' OR
       (OLD.id, OLD.programme_id, OLD.year, OLD.carry_over_max, OLD.requested_by_id, OLD.requested_at, OLD.approval_id)
        IS DISTINCT FROM
       (NEW.id, NEW.programme_id, NEW.year, NEW.carry_over_max, NEW.requested_by_id, NEW.requested_at, NEW.approval_id)
    THEN
        RAISE EXCEPTION 'closings are kept as they were written' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status = 'posted' AND NOT programs_was_approved(NEW.approval_id, NEW.requested_by_id) THEN
        RAISE EXCEPTION 'closing % is not approved', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER budget_closing_starts_waiting BEFORE INSERT ON programs_budgetclosing
    FOR EACH ROW WHEN (NEW.status <> 'waiting') EXECUTE FUNCTION programs_keep_budget_closing();
CREATE TRIGGER budget_closing_kept BEFORE UPDATE OR DELETE ON programs_budgetclosing
    FOR EACH ROW EXECUTE FUNCTION programs_keep_budget_closing();
CREATE TRIGGER budget_closing_kept_truncate BEFORE TRUNCATE ON programs_budgetclosing
    FOR EACH STATEMENT EXECUTE FUNCTION programs_keep_budget_closing();

-- A department's budget names its department and its account for ever; it is closed once, and its account with it.
CREATE FUNCTION programs_keep_department_budget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR OLD.closed_at IS NOT NULL OR
       (OLD.id, OLD.programme_id, OLD.department_id, OLD.account_id, OLD.opened_at)
        IS DISTINCT FROM (NEW.id, NEW.programme_id, NEW.department_id, NEW.account_id, NEW.opened_at)
    THEN
        RAISE EXCEPTION 'budgets of departments are kept' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER department_budget_kept BEFORE UPDATE OR DELETE ON programs_departmentbudget
    FOR EACH ROW EXECUTE FUNCTION programs_keep_department_budget();

-- Each budget of a programme, its own and those of departments, with the programme it belongs to.
CREATE VIEW programs_budget AS
    SELECT budget_id AS account_id, id AS programme_id, NULL::bigint AS department_budget_id FROM programs_programme
    UNION ALL
    SELECT account_id, programme_id, id FROM programs_departmentbudget;
