-- One row per SCIM resource. unique_key is NULL where the name need not be unique; times are milliseconds since 1970.
CREATE TABLE IF NOT EXISTS resource (
  sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant      TEXT    NOT NULL,
  kind        TEXT    NOT NULL CHECK (kind IN ('User', 'Group', 'Device')),
  id          TEXT    NOT NULL,
  name_key    TEXT    NOT NULL,
  unique_key  TEXT,
  external_id TEXT,
  label       TEXT    NOT NULL,
  version     INTEGER NOT NULL,
  created_ms  INTEGER NOT NULL,
  modified_ms INTEGER NOT NULL,
  body        TEXT    NOT NULL,
  UNIQUE (tenant, id),
  UNIQUE (tenant, kind, unique_key)
) STRICT;
CREATE INDEX IF NOT EXISTS resource_order ON resource (tenant, kind, sequence);
-- The names of users and devices are unique, so that the declaration above finds them.
CREATE INDEX IF NOT EXISTS resource_group_name ON resource (tenant, name_key, sequence) WHERE kind = 'Group';
CREATE INDEX IF NOT EXISTS resource_external ON resource (tenant, kind, external_id, sequence)
  WHERE external_id IS NOT NULL;

-- How many resources there are: to count a million rows would cost every page of a list tens of milliseconds.
CREATE TABLE IF NOT EXISTS tally (
  tenant    TEXT    NOT NULL,
  kind      TEXT    NOT NULL,
  resources INTEGER NOT NULL,
  PRIMARY KEY (tenant, kind)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS resource_made AFTER INSERT ON resource BEGIN
  INSERT INTO tally VALUES (NEW.tenant, NEW.kind, 1) ON CONFLICT DO UPDATE SET resources = resources + 1;
END;
CREATE TRIGGER IF NOT EXISTS resource_gone AFTER DELETE ON resource BEGIN
  UPDATE tally SET resources = resources - 1 WHERE tenant = OLD.tenant AND kind = OLD.kind;
END;

-- Further values that no two resources of a kind share, where the profile has such. They are recorded when a resource is
-- written: one that was written before the profile had the rule holds nothing until it is written again.
CREATE TABLE IF NOT EXISTS held (
  tenant    TEXT NOT NULL,
  kind      TEXT NOT NULL,
  attribute TEXT NOT NULL,
  key       TEXT NOT NULL,
  id        TEXT NOT NULL,
  PRIMARY KEY (tenant, kind, attribute, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS held_by ON held (tenant, id);

-- Who is in which group, in the order of joining.
CREATE TABLE IF NOT EXISTS member (
  sequence  INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant    TEXT NOT NULL,
  group_id  TEXT NOT NULL,
  member_id TEXT NOT NULL,
  display   TEXT,
  UNIQUE (tenant, group_id, member_id)
) STRICT;
CREATE INDEX IF NOT EXISTS member_group ON member (tenant, group_id, sequence);
CREATE INDEX IF NOT EXISTS member_holder ON member (tenant, member_id, sequence);
