-- A recognition is kept, and says of its request only what the request says: who gave, who received, and that it is one.
CREATE FUNCTION programs_recognition_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RAISE EXCEPTION 'recognitions are kept as they were written' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (
        SELECT FROM programs_pointsrequest request
        WHERE request.id = NEW.points_request_id AND request.source = 'recognition'
          AND request.requested_by_id = NEW.giver_id AND request.person_id = NEW.receiver_id
          AND (NEW.value_id IS NULL OR request.programme_id =
               (SELECT programme_id FROM programs_companyvalue WHERE id = NEW.value_id))
    ) THEN
        RAISE EXCEPTION 'recognition % is not what its points request says', NEW.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER recognition_kept BEFORE INSERT OR UPDATE OR DELETE ON programs_recognition
    FOR EACH ROW EXECUTE FUNCTION programs_recognition_check();
CREATE TRIGGER recognition_kept_truncate BEFORE TRUNCATE ON programs_recognition
    FOR EACH STATEMENT EXECUTE FUNCTION programs_recognition_check();
