-- Which job made a diagnosis (it answered the question), and whose evidence it was made from: within the cooldown of a service
-- that is what an earlier job had collected.
ALTER TABLE diagnoses ADD COLUMN job INTEGER REFERENCES jobs (number) ON DELETE SET NULL;
ALTER TABLE diagnoses ADD COLUMN collected_by INTEGER REFERENCES jobs (number) ON DELETE SET NULL;
CREATE INDEX diagnoses_by_job ON diagnoses (job);
CREATE INDEX diagnoses_by_collecting_job ON diagnoses (collected_by);

-- The message that holds an answer, by its key in the outbox; what people say under it is said of the answer's incident.
ALTER TABLE diagnoses ADD COLUMN headline TEXT NOT NULL DEFAULT '';
CREATE INDEX diagnoses_by_headline ON diagnoses (headline, number) WHERE headline != '';
CREATE INDEX outbox_by_timestamp ON outbox (channel, ts) WHERE ts != '';
CREATE INDEX incidents_by_thread ON incidents (channel, thread) WHERE thread != '';

-- Where an incident stands in Slack: the outbox key of the message in whose thread it is when the thread is the bot's own, and
-- the address of the first message of that thread once Slack has told it.
ALTER TABLE incidents ADD COLUMN headline TEXT NOT NULL DEFAULT '';
CREATE INDEX incidents_by_headline ON incidents (headline) WHERE headline != '';
ALTER TABLE incidents ADD COLUMN permalink TEXT NOT NULL DEFAULT '';

CREATE TABLE responders (
  incident INTEGER NOT NULL REFERENCES incidents (number),
  person TEXT NOT NULL,
  joined_at TEXT NOT NULL,
  PRIMARY KEY (incident, person)
) STRICT;
INSERT INTO responders (incident, person, joined_at) SELECT number, lead, opened_at FROM incidents WHERE lead != '';

-- The update that an open incident owes to people. When it is due follows from its timeline and from the configuration, so only
-- what does not is kept: until when people want to be left alone, when they were reminded, and of which severity they were told.
CREATE TABLE duties (
  incident INTEGER PRIMARY KEY REFERENCES incidents (number),
  snoozed_until TEXT,
  reminded_at TEXT,
  announced TEXT NOT NULL DEFAULT ''
) STRICT;

-- What is open now is not new.
INSERT INTO duties (incident, announced) SELECT number, severity FROM incidents WHERE status != 'resolved';
CREATE INDEX heard_of ON timeline_events (incident, number)
  WHERE kind IN ('opened', 'status', 'reopened', 'severity', 'note', 'pinned') AND withdrawn_at IS NULL;

-- What people say of a finding: it was wrong, and why.
CREATE TABLE feedback (
  number INTEGER PRIMARY KEY,
  incident INTEGER REFERENCES incidents (number),
  service TEXT NOT NULL,
  playbook TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  text TEXT NOT NULL,
  actor TEXT NOT NULL,
  given_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_feedback_per_person ON feedback (coalesce(incident, 0), fingerprint, actor);
CREATE INDEX feedback_by_playbook ON feedback (playbook);
CREATE INDEX feedback_by_fingerprint ON feedback (fingerprint, incident);

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

-- What was said of alerts: one row per message, per edition of a message, per entry of a post over HTTP. Rows are only added, so
-- that it does not matter in which order they come, or how often; what an alert's state is, and how often it has come, follows
-- from them. `headline` is the outbox key of the answer, `said_at` when it was said.
CREATE TABLE alerts (
  number INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  service TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  source TEXT NOT NULL,
  title TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('firing', 'acknowledged', 'resolved')),
  said_at TEXT NOT NULL,
  occurred_at TEXT NOT NULL,
  channel TEXT NOT NULL DEFAULT '',
  ts TEXT NOT NULL DEFAULT '',
  headline TEXT NOT NULL DEFAULT '',
  incident INTEGER REFERENCES incidents (number)
) STRICT;
CREATE INDEX alerts_by_message ON alerts (channel, ts) WHERE ts != '';
CREATE INDEX alerts_by_fingerprint ON alerts (fingerprint, service, number);
CREATE INDEX alerts_by_headline ON alerts (headline, number) WHERE headline != '';
CREATE INDEX alerts_by_incident ON alerts (incident, fingerprint) WHERE incident IS NOT NULL;
CREATE INDEX alerts_by_service ON alerts (service, number);

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

-- When something that is done again and again is due next: a look at a service, or pruning (of no service).
CREATE TABLE schedule (
  kind TEXT NOT NULL,
  service TEXT NOT NULL,
  due_at TEXT NOT NULL,
  PRIMARY KEY (kind, service)
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_by_service ON jobs (kind, json_extract(payload, '$.service'), number);

-- Incidents that were mitigated or resolved a while ago are looked at again.
CREATE INDEX status_changes ON timeline_events (recorded_at) WHERE kind = 'status';

-- Messages that people put into a timeline by an emoji or a pin: taking that off withdraws the event.
CREATE TABLE marks (
  key TEXT PRIMARY KEY,
  event INTEGER NOT NULL REFERENCES timeline_events (number)
) STRICT;

-- Where the person who waits for a message hears that Slack refused it.
ALTER TABLE outbox ADD COLUMN response_url TEXT NOT NULL DEFAULT '';

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
