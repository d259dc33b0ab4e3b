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
CREATE INDEX IF NOT EXISTS resource_name ON resource (tenant, kind, name_key, sequence);
CREATE INDEX IF NOT EXISTS resource_external ON resource (tenant, kind, external_id, sequence);

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
