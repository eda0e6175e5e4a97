-- What each role may do with the queue of a fleet. It can be run again.
--
--   usher_worker    puts jobs into the queue, works on them, and keeps the results; it approves nothing
--   usher_reader    sees the results of tenants with some labels
--   usher_approver  sees them as well, and approves plans of theirs
--
-- usher_sight says who sees what:
--
--   INSERT INTO usher_sight VALUES ('dutch_team', 'country', 'NL'), ('head_office', '*', '*');

BEGIN;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['usher_worker', 'usher_reader', 'usher_approver'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', name);
    END IF;
  END LOOP;
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename ~ '^(river|usher)_' LOOP
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO usher_worker', name);
  END LOOP;
  FOR name IN SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema() AND sequencename ~ '^river_' LOOP
    EXECUTE format('GRANT USAGE ON SEQUENCE %I TO usher_worker', name);
  END LOOP;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO usher_worker, usher_reader, usher_approver', current_schema());
END $$;

-- Only the owner of the tables says who sees what. Nobody approves by way of a worker, which notes that an
-- apply has begun, and no more.
REVOKE ALL ON usher_sight FROM usher_worker;
REVOKE INSERT, UPDATE ON usher_approval FROM usher_worker;
GRANT UPDATE (begun) ON usher_approval TO usher_worker;

-- The tenants that the person who signed in sees. It reads who may see what in the name of its owner.
CREATE OR REPLACE FUNCTION usher_sees(tenant text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT EXISTS (
    SELECT FROM usher_sight s JOIN pg_roles r ON r.rolname = s.role
    WHERE pg_has_role(session_user, r.oid, 'MEMBER')
      AND (s.label = '*' OR EXISTS (SELECT FROM usher_label l WHERE l.tenant = $1 AND l.label = s.label AND l.value = s.value)))
$$;

-- A temporary table of the same name must not stand in the place of one of these.
DO $$ BEGIN
  EXECUTE format('ALTER FUNCTION usher_sees(text) SET search_path = pg_catalog, %I, pg_temp', current_schema());
END $$;

GRANT SELECT ON usher_result, usher_cause, usher_file, usher_approval, usher_pause, river_job, river_queue TO usher_reader, usher_approver;
GRANT INSERT ON usher_approval TO usher_approver;

ALTER TABLE usher_result ENABLE ROW LEVEL SECURITY;
ALTER TABLE usher_cause ENABLE ROW LEVEL SECURITY;
ALTER TABLE usher_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE usher_approval ENABLE ROW LEVEL SECURITY;
ALTER TABLE river_job ENABLE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS usher_work ON usher_result;
DROP POLICY IF EXISTS usher_work ON usher_cause;
DROP POLICY IF EXISTS usher_work ON usher_file;
DROP POLICY IF EXISTS usher_work ON usher_approval;
DROP POLICY IF EXISTS usher_work ON river_job;
CREATE POLICY usher_work ON usher_result TO usher_worker USING (true);
CREATE POLICY usher_work ON usher_cause TO usher_worker USING (true);
CREATE POLICY usher_work ON usher_file TO usher_worker USING (true);
CREATE POLICY usher_work ON usher_approval TO usher_worker USING (true);
CREATE POLICY usher_work ON river_job TO usher_worker USING (true);

DROP POLICY IF EXISTS usher_see ON usher_result;
DROP POLICY IF EXISTS usher_see ON usher_cause;
DROP POLICY IF EXISTS usher_see ON usher_file;
DROP POLICY IF EXISTS usher_see ON usher_approval;
DROP POLICY IF EXISTS usher_see ON river_job;
CREATE POLICY usher_see ON usher_result FOR SELECT TO usher_reader, usher_approver USING (usher_sees(tenant));
CREATE POLICY usher_see ON usher_cause FOR SELECT TO usher_reader, usher_approver
  USING (EXISTS (SELECT FROM usher_result r WHERE r.job = usher_cause.job));
CREATE POLICY usher_see ON usher_file FOR SELECT TO usher_reader, usher_approver
  USING (EXISTS (SELECT FROM usher_result r WHERE r.job = usher_file.job));
CREATE POLICY usher_see ON usher_approval FOR SELECT TO usher_reader, usher_approver USING (usher_sees(tenant));
CREATE POLICY usher_see ON river_job FOR SELECT TO usher_reader, usher_approver USING (usher_sees(args ->> 'tenant'));

-- An approval is about a plan that is there, of a tenant that the approver sees, and says who signed in.
DROP POLICY IF EXISTS usher_approve ON usher_approval;
CREATE POLICY usher_approve ON usher_approval FOR INSERT TO usher_approver
  WITH CHECK (begun = '' AND right(approver, length(session_user) + 3) = ' (' || session_user || ')' AND EXISTS (SELECT FROM usher_result r
    WHERE r.job = usher_approval.plan AND r.tenant = usher_approval.tenant AND r.digest = usher_approval.digest AND r.operation = 'plan'));

COMMIT;
