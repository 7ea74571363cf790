-- Which job made a diagnosis: the evidence of that job is what it was made from.
ALTER TABLE diagnoses ADD COLUMN job INTEGER REFERENCES jobs (number) ON DELETE SET NULL;
CREATE INDEX diagnoses_by_job ON diagnoses (job);

CREATE TABLE responders (
  incident INTEGER NOT NULL REFERENCES incidents (number),
  person TEXT NOT NULL,
  joined_at TEXT NOT NULL,
  PRIMARY KEY (incident, person)
) STRICT;

-- The update that an open incident owes to people. `reminded_at` is set once they were reminded of it.
CREATE TABLE updates_due (
  incident INTEGER PRIMARY KEY REFERENCES incidents (number),
  due_at TEXT NOT NULL,
  reminded_at TEXT
) STRICT;
CREATE INDEX updates_to_remind_of ON updates_due (due_at) WHERE reminded_at IS NULL;

-- What people say of a finding: it was wrong, and why.
CREATE TABLE feedback (
  number INTEGER PRIMARY KEY,
  incident INTEGER REFERENCES incidents (number),
  service TEXT NOT NULL,
  playbook TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  text TEXT NOT NULL,
  actor TEXT NOT NULL,
  given_at TEXT NOT NULL,
  UNIQUE (incident, fingerprint, actor)
) STRICT;
CREATE INDEX feedback_by_playbook ON feedback (playbook);

-- Services whose alerts nobody wants to hear of for a while.
CREATE TABLE mutes (
  number INTEGER PRIMARY KEY,
  service TEXT NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  muted_at TEXT NOT NULL,
  until TEXT NOT NULL,
  ended_at TEXT,
  ended_by TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX mutes_by_service ON mutes (service, until);

-- Alerts that were answered: one row per alert and place. `headline` is the outbox key of the answer.
CREATE TABLE alerts (
  number INTEGER PRIMARY KEY,
  service TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  source TEXT NOT NULL,
  title TEXT NOT NULL,
  channel TEXT NOT NULL,
  ts TEXT NOT NULL,
  headline TEXT NOT NULL,
  incident INTEGER REFERENCES incidents (number),
  state TEXT NOT NULL CHECK (state IN ('firing', 'resolved')),
  occurrences INTEGER NOT NULL DEFAULT 1,
  first_seen TEXT NOT NULL,
  last_seen TEXT NOT NULL
) STRICT;
CREATE INDEX alerts_by_fingerprint ON alerts (service, fingerprint, last_seen);
CREATE INDEX alerts_by_message ON alerts (channel, ts);
CREATE INDEX alerts_by_incident ON alerts (incident);

-- Light samples: what the metrics of an instance said, a few values every few minutes.
CREATE TABLE samples (
  service TEXT NOT NULL,
  taken_at TEXT NOT NULL,
  instance TEXT NOT NULL,
  name TEXT NOT NULL,
  value REAL NOT NULL,
  PRIMARY KEY (service, taken_at, instance, name)
) STRICT, WITHOUT ROWID;

-- What a service looked like when nothing was wrong with it: the evidence of a job.
CREATE TABLE baselines (
  number INTEGER PRIMARY KEY,
  service TEXT NOT NULL,
  job INTEGER NOT NULL REFERENCES jobs (number),
  taken_at TEXT NOT NULL
) STRICT;
CREATE INDEX baselines_by_service ON baselines (service, number);

-- Messages that people put into a timeline by an emoji or a pin: taking that off withdraws the event.
CREATE TABLE marks (
  key TEXT PRIMARY KEY,
  event INTEGER NOT NULL REFERENCES timeline_events (number)
) STRICT;

-- Search within one service: its name is a word of the index, so that a common word is only looked at where the service has it.
-- In hexadecimal, because that is one word whatever stands in the name; last, because the index spends bytes on later columns.
DROP TRIGGER timeline_is_searched;
DROP TABLE timeline_search;
CREATE VIEW timeline_texts AS
  SELECT timeline_events.number, timeline_events.text, hex(incidents.service) AS service
  FROM timeline_events JOIN incidents ON incidents.number = timeline_events.incident;
CREATE VIRTUAL TABLE timeline_search USING fts5 (
  text, service, content = 'timeline_texts', content_rowid = 'number', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO timeline_search (rowid, text, service) SELECT number, text, service FROM timeline_texts;
CREATE TRIGGER timeline_is_searched AFTER INSERT ON timeline_events
BEGIN
  INSERT INTO timeline_search (rowid, text, service)
    SELECT number, text, service FROM timeline_texts WHERE number = new.number;
END;

DROP TRIGGER findings_are_searched;
DROP TABLE findings_search;
CREATE VIEW finding_texts AS
  SELECT findings.number, playbook, failure_class, title, summary, culprit_function, hex(diagnoses.service) AS service
  FROM findings JOIN diagnoses ON diagnoses.number = findings.diagnosis;
CREATE VIRTUAL TABLE findings_search USING fts5 (
  playbook, failure_class, title, summary, culprit_function, service,
  content = 'finding_texts', content_rowid = 'number', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO findings_search (rowid, playbook, failure_class, title, summary, culprit_function, service)
  SELECT number, playbook, failure_class, title, summary, culprit_function, service FROM finding_texts;
CREATE TRIGGER findings_are_searched AFTER INSERT ON findings
BEGIN
  INSERT INTO findings_search (rowid, playbook, failure_class, title, summary, culprit_function, service)
    SELECT number, playbook, failure_class, title, summary, culprit_function, service
    FROM finding_texts WHERE number = new.number;
END;
