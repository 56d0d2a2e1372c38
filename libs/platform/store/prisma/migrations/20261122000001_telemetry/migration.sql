-- Measured values. Outside Prisma: written by COPY, partitioned by day from the first row on.
CREATE SCHEMA telemetry;

-- One row for one value of one resource (instance). Absent levels of the path are -1, so that an index row compares equal.
-- number: whatever can be drawn (integers beyond 2^53 rounded; time in Unix seconds; Boolean 0 or 1). text: strings, object links and the
-- exact digits of integers beyond 2^53. bytes: opaque values, and strings that PostgreSQL's text cannot hold.
CREATE TABLE telemetry.value (
  organisation_id uuid NOT NULL,
  device_id uuid NOT NULL,
  object_id integer NOT NULL,
  instance_id integer NOT NULL,
  resource_id integer NOT NULL,
  resource_instance_id integer NOT NULL,
  "time" timestamptz(3) NOT NULL,
  received_at timestamptz(3) NOT NULL,
  type smallint NOT NULL,
  source smallint NOT NULL,
  number double precision,
  text text,
  bytes bytea
) PARTITION BY RANGE ("time");

CREATE INDEX value_by_resource ON telemetry.value (device_id, object_id, instance_id, resource_id, resource_instance_id, "time");

-- Times no day was made for: a meter that thinks it is 1970, or next year.
CREATE TABLE telemetry.value_other_days PARTITION OF telemetry.value DEFAULT;

CREATE TABLE telemetry.latest (
  organisation_id uuid NOT NULL,
  device_id uuid NOT NULL,
  object_id integer NOT NULL,
  instance_id integer NOT NULL,
  resource_id integer NOT NULL,
  resource_instance_id integer NOT NULL,
  "time" timestamptz(3) NOT NULL,
  received_at timestamptz(3) NOT NULL,
  type smallint NOT NULL,
  source smallint NOT NULL,
  number double precision,
  text text,
  bytes bytea,
  PRIMARY KEY (device_id, object_id, instance_id, resource_id, resource_instance_id)
) WITH (fillfactor = 80);

-- Makes the partition of a day (UTC) unless it is there, and moves into it what had to go among the other days. True if it was made.
CREATE FUNCTION telemetry.ensure_day(day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  partition_name text := 'value_' || to_char(day, 'YYYYMMDD');
  from_time timestamptz := day::timestamp AT TIME ZONE 'UTC';
  until_time timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
BEGIN
  IF to_regclass('telemetry.' || partition_name) IS NOT NULL THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('telemetry.ensure_day'));
  IF to_regclass('telemetry.' || partition_name) IS NOT NULL THEN
    RETURN false;
  END IF;
  LOCK TABLE telemetry.value_other_days IN ACCESS EXCLUSIVE MODE;
  EXECUTE format('CREATE TABLE telemetry.%I (LIKE telemetry.value INCLUDING DEFAULTS)', partition_name);
  EXECUTE format(
    'WITH moved AS (DELETE FROM telemetry.value_other_days WHERE "time" >= %L AND "time" < %L RETURNING *) INSERT INTO telemetry.%I SELECT * FROM moved',
    from_time, until_time, partition_name);
  EXECUTE format('ALTER TABLE telemetry.value ATTACH PARTITION telemetry.%I FOR VALUES FROM (%L) TO (%L)', partition_name, from_time, until_time);
  RETURN true;
END
$$;

SELECT telemetry.ensure_day((now() AT TIME ZONE 'UTC')::date + n) FROM generate_series(-1, 3) AS n;

-- The one organisation of an installation that has not been divided.
INSERT INTO organisation (id, name) VALUES ('00000000-0000-4000-8000-000000000001', 'My utility');

-- The list's order and the prefix search of endpoint names, whatever the collation of the database.
DROP INDEX device_endpoint_order;
CREATE INDEX device_endpoint_order ON device (organisation_id, (endpoint COLLATE "C"));
-- What is still to be done for a device: short, and asked for at every contact.
CREATE INDEX operation_open ON operation (device_id, created_at) WHERE state IN ('queued', 'sent');
