-- The tables are STRICT, so that SQLite refuses a number where a time belongs. Empty text means "not known" where the
-- nouns in bot/model say so; NULL is kept for times, numbers and references.
CREATE TABLE incidents (
  number INTEGER PRIMARY KEY,
  service TEXT NOT NULL,
  dedup_key TEXT NOT NULL,
  title TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('investigating', 'identified', 'mitigated', 'resolved')),
  severity TEXT NOT NULL CHECK (severity IN ('SEV1', 'SEV2', 'SEV3', 'SEV4')),
  opened_at TEXT NOT NULL,
  opened_by TEXT NOT NULL,
  lead TEXT NOT NULL DEFAULT '',
  resolved_at TEXT CHECK ((resolved_at IS NOT NULL) = (status = 'resolved')),
  resolution TEXT NOT NULL DEFAULT '',
  channel TEXT NOT NULL DEFAULT '',
  thread TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX one_open_incident_per_key ON incidents (service, dedup_key) WHERE status != 'resolved';
CREATE INDEX open_incidents ON incidents (number) WHERE status != 'resolved';
CREATE INDEX incidents_by_service ON incidents (service, number);

CREATE TABLE timeline_events (
  number INTEGER PRIMARY KEY,
  incident INTEGER NOT NULL REFERENCES incidents (number),
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  actor TEXT NOT NULL,
  occurred_at TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  permalink TEXT NOT NULL DEFAULT '',
  details TEXT NOT NULL DEFAULT '{}',
  withdrawn_at TEXT,
  withdrawn_by TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX timeline_by_incident ON timeline_events (incident, occurred_at, number);
CREATE TRIGGER timeline_is_never_deleted BEFORE DELETE ON timeline_events
BEGIN SELECT raise(ABORT, 'timeline events are withdrawn, never deleted'); END;
CREATE TRIGGER timeline_is_never_rewritten BEFORE UPDATE OF number, incident, kind, text, actor, recorded_at ON timeline_events
BEGIN SELECT raise(ABORT, 'timeline events are withdrawn, never rewritten'); END;

CREATE TABLE diagnoses (
  number INTEGER PRIMARY KEY,
  incident INTEGER REFERENCES incidents (number),
  service TEXT NOT NULL,
  verdict TEXT NOT NULL,
  started_at TEXT NOT NULL,
  duration_seconds REAL NOT NULL,
  recorded_at TEXT NOT NULL,
  document TEXT NOT NULL
) STRICT;
CREATE INDEX diagnoses_by_incident ON diagnoses (incident, number);
CREATE INDEX diagnoses_by_service ON diagnoses (service, number);

CREATE TABLE findings (
  number INTEGER PRIMARY KEY,
  diagnosis INTEGER NOT NULL REFERENCES diagnoses (number),
  explained_by INTEGER REFERENCES findings (number),
  playbook TEXT NOT NULL,
  failure_class TEXT NOT NULL,
  severity TEXT NOT NULL,
  confidence TEXT NOT NULL,
  title TEXT NOT NULL,
  summary TEXT NOT NULL,
  culprit_function TEXT,
  culprit_file TEXT,
  culprit_line INTEGER,
  fingerprint TEXT NOT NULL,
  measure REAL
) STRICT;
CREATE INDEX findings_by_diagnosis ON findings (diagnosis);
CREATE INDEX findings_by_fingerprint ON findings (fingerprint, diagnosis);

CREATE TABLE jobs (
  number INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed')),
  attempts INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL,
  not_before TEXT NOT NULL,
  leased_until TEXT CHECK ((leased_until IS NOT NULL) = (state = 'running')),
  lease_owner TEXT NOT NULL DEFAULT '',
  last_error TEXT NOT NULL DEFAULT '',
  ended_at TEXT
) STRICT;
CREATE INDEX jobs_to_do ON jobs (not_before, number) WHERE state IN ('queued', 'running');

CREATE TABLE inbox (
  event_key TEXT PRIMARY KEY,
  job INTEGER REFERENCES jobs (number) ON DELETE SET NULL,
  received_at TEXT NOT NULL
) STRICT;
CREATE INDEX inbox_by_job ON inbox (job);

CREATE TABLE evidence (
  number INTEGER PRIMARY KEY,
  incident INTEGER REFERENCES incidents (number),
  job INTEGER REFERENCES jobs (number) ON DELETE SET NULL,
  service TEXT NOT NULL,
  instance TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  path TEXT NOT NULL,
  collected_at TEXT NOT NULL,
  duration_seconds REAL NOT NULL,
  frozen_seconds REAL NOT NULL,
  sample INTEGER NOT NULL,
  truncated INTEGER NOT NULL,
  masked INTEGER NOT NULL
) STRICT;
CREATE INDEX evidence_by_incident ON evidence (incident, number);
CREATE INDEX evidence_by_job ON evidence (job, number);
CREATE INDEX evidence_by_sha256 ON evidence (sha256);

CREATE TABLE outbox (
  key TEXT PRIMARY KEY,
  channel TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('message', 'file', 'respond')),
  payload TEXT NOT NULL,
  parent_key TEXT REFERENCES outbox (key),
  thread_ts TEXT NOT NULL DEFAULT '',
  ts TEXT NOT NULL DEFAULT '',
  position INTEGER NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  sent_version INTEGER NOT NULL DEFAULT 0,
  failed_version INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  uncertain INTEGER NOT NULL DEFAULT 0,
  not_before TEXT NOT NULL,
  last_error TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX outbox_in_order ON outbox (position);
CREATE INDEX outbox_to_send ON outbox (channel, position) WHERE version > sent_version AND version > failed_version;
CREATE INDEX outbox_by_parent ON outbox (parent_key);

CREATE TABLE audit (
  number INTEGER PRIMARY KEY,
  occurred_at TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  allowed INTEGER NOT NULL,
  reason TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  acquired_at TEXT NOT NULL,
  leased_until TEXT NOT NULL
) STRICT;
