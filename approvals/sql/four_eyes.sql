-- Four eyes, held by the database: whatever code, shell or superuser writes the row, nobody decides alone.
-- approvals/operations/approvals.py makes the same checks first and answers in sentences.

CREATE OR REPLACE FUNCTION approvals_decision_check() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    asked approvals_approval%ROWTYPE;
BEGIN
    -- two approvers at the same moment must see each other
    SELECT * INTO asked FROM approvals_approval WHERE id = NEW.approval_id FOR NO KEY UPDATE;
    IF asked.status <> 'waiting' THEN
        RAISE EXCEPTION 'approval % is decided', asked.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- neither does a delegate decide what the one who is away may not, nor for whoever asked
    IF NEW.by_id IN (asked.requested_by_id, asked.beneficiary_id)
        OR NEW.on_behalf_of_id IN (asked.requested_by_id, asked.beneficiary_id) THEN
        RAISE EXCEPTION 'whoever asked for approval % or gains from it may not decide it', asked.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF EXISTS (
        SELECT FROM approvals_decision said WHERE said.approval_id = asked.id
            AND (said.by_id IN (NEW.by_id, NEW.on_behalf_of_id) OR said.on_behalf_of_id IN (NEW.by_id, NEW.on_behalf_of_id))
    ) THEN
        RAISE EXCEPTION 'one person is heard once about approval %, also through a delegate', asked.id
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'decision_once_per_approver';
    END IF;
    IF NOT EXISTS (
        SELECT FROM approvals_deciders(NEW.decided_at) decider
        WHERE decider.approval_id = asked.id AND decider.person_id = NEW.by_id
            AND decider.on_behalf_of_id IS NOT DISTINCT FROM NEW.on_behalf_of_id
    ) THEN
        RAISE EXCEPTION 'only active members of group %, and whoever else was asked, decide approval %', asked.group_id, asked.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER decision_four_eyes BEFORE INSERT ON approvals_decision
    FOR EACH ROW EXECUTE FUNCTION approvals_decision_check();

CREATE OR REPLACE FUNCTION approvals_decision_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a decision is never changed or removed' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE OR REPLACE TRIGGER decision_frozen BEFORE UPDATE OR DELETE ON approvals_decision
    FOR EACH ROW EXECUTE FUNCTION approvals_decision_frozen();
CREATE OR REPLACE TRIGGER decision_frozen_truncate BEFORE TRUNCATE ON approvals_decision
    FOR EACH STATEMENT EXECUTE FUNCTION approvals_decision_frozen();

-- What was asked stays as it was asked, and only decisions close it.
CREATE OR REPLACE FUNCTION approvals_approval_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'an approval is never removed' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.status <> 'waiting' OR (OLD.id, OLD.kind, OLD.summary, OLD.programme, OLD.points, OLD.content_hash, OLD.group_id, OLD.required, OLD.requested_by_id, OLD.beneficiary_id,
        OLD.approver_id, OLD.remind_after_days, OLD.escalate_at, OLD.escalate_to_id, OLD.requested_at)
        IS DISTINCT FROM (NEW.id, NEW.kind, NEW.summary, NEW.programme, NEW.points, NEW.content_hash, NEW.group_id, NEW.required, NEW.requested_by_id, NEW.beneficiary_id,
        NEW.approver_id, NEW.remind_after_days, NEW.escalate_at, NEW.escalate_to_id, NEW.requested_at) THEN
        RAISE EXCEPTION 'approval % is asked or decided; ask again', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.escalated_at IS NOT NULL AND (OLD.escalated_at, OLD.escalated_to_id) IS DISTINCT FROM (NEW.escalated_at, NEW.escalated_to_id) THEN
        RAISE EXCEPTION 'approval % was escalated already', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.status = 'approved' AND (
        (SELECT count(*) FROM approvals_decision WHERE approval_id = NEW.id AND verdict = 'approve') < NEW.required
        OR EXISTS (SELECT FROM approvals_decision WHERE approval_id = NEW.id AND verdict = 'reject')
    ) THEN
        RAISE EXCEPTION 'approval % lacks approvers', NEW.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.status = 'rejected' AND NOT EXISTS (SELECT FROM approvals_decision WHERE approval_id = NEW.id AND verdict = 'reject') THEN
        RAISE EXCEPTION 'nobody rejected approval %', NEW.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER approval_four_eyes BEFORE UPDATE OR DELETE ON approvals_approval
    FOR EACH ROW EXECUTE FUNCTION approvals_approval_check();
CREATE OR REPLACE TRIGGER approval_four_eyes_truncate BEFORE TRUNCATE ON approvals_approval
    FOR EACH STATEMENT EXECUTE FUNCTION approvals_approval_check();

-- Asked is always `waiting`: nobody inserts a yes.
CREATE OR REPLACE FUNCTION approvals_approval_asked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an approval starts waiting' USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE OR REPLACE TRIGGER approval_starts_waiting BEFORE INSERT ON approvals_approval
    FOR EACH ROW WHEN (NEW.status <> 'waiting') EXECUTE FUNCTION approvals_approval_asked();
