-- Nobody stands above themselves, however far up, whoever writes. Managers move one list after the other: two lists that
-- only together make a circle take turns here, and the second one sees it. What is asked grows with the managers that a
-- statement names and those above them, not with the people it moves.
CREATE FUNCTION people_managers_check() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    managers uuid[];
    circle uuid;
    names text;
    numbers text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT manager_id) INTO managers FROM written WHERE manager_id IS NOT NULL;
    ELSE
        SELECT array_agg(DISTINCT written.manager_id) INTO managers
        FROM written JOIN before USING (id)
        WHERE written.manager_id IS NOT NULL AND written.manager_id IS DISTINCT FROM before.manager_id;
    END IF;
    IF managers IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('people: managers'));
    -- of all who stand above: those from whom no way leads to somebody without a manager
    WITH RECURSIVE above(id) AS (
        SELECT unnest(managers)
        UNION
        SELECT person.manager_id FROM above JOIN people_person person USING (id) WHERE person.manager_id IS NOT NULL
    ), standing AS MATERIALIZED (
        SELECT person.id, person.manager_id FROM above JOIN people_person person USING (id)
    ), free(id) AS (
        SELECT id FROM standing WHERE manager_id IS NULL
        UNION
        SELECT standing.id FROM free JOIN standing ON standing.manager_id = free.id
    )
    SELECT id INTO circle FROM standing WHERE id NOT IN (SELECT id FROM free) ORDER BY id LIMIT 1;
    IF circle IS NULL THEN
        RETURN NULL;
    END IF;
    WITH RECURSIVE up(step, id, path) AS (
        SELECT 0, circle, ARRAY[circle]
        UNION ALL
        SELECT step + 1, person.manager_id, path || person.manager_id
        FROM up JOIN people_person person USING (id)
        WHERE array_position(path, up.id) = cardinality(path)  -- until somebody stands there twice
    ), closed AS (
        SELECT path[array_position(path, path[cardinality(path)]):] AS path FROM up ORDER BY step DESC LIMIT 1
    )
    SELECT string_agg(person.name, ' → ' ORDER BY place), json_agg(person.employee_number ORDER BY place)::text
    INTO names, numbers
    FROM closed, unnest(closed.path) WITH ORDINALITY AS each(id, place) JOIN people_person person ON person.id = each.id;
    RAISE EXCEPTION '%', names USING ERRCODE = 'check_violation', CONSTRAINT = 'person_managers_in_no_circle', DETAIL = numbers;
END $$;

CREATE TRIGGER person_managers_inserted AFTER INSERT ON people_person
    REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION people_managers_check();
CREATE TRIGGER person_managers_updated AFTER UPDATE ON people_person
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION people_managers_check();
