-- Search: FTS5 over texts that stay in their own tables (https://www.sqlite.org/fts5.html#external_content_tables), which are
-- only ever added to; withdrawn events are left out when searching. Links join two incidents, the lower number first.
-- Evidence with `pruned_at` has lost its file; what it was stays.
CREATE VIRTUAL TABLE timeline_search USING fts5 (
  text, content = 'timeline_events', content_rowid = 'number', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO timeline_search (rowid, text) SELECT number, text FROM timeline_events;
CREATE TRIGGER timeline_is_searched AFTER INSERT ON timeline_events
BEGIN INSERT INTO timeline_search (rowid, text) VALUES (new.number, new.text); END;

CREATE VIRTUAL TABLE findings_search USING fts5 (
  playbook, failure_class, title, summary, culprit_function,
  content = 'findings', content_rowid = 'number', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO findings_search (rowid, playbook, failure_class, title, summary, culprit_function)
  SELECT number, playbook, failure_class, title, summary, culprit_function FROM findings;
CREATE TRIGGER findings_are_searched AFTER INSERT ON findings
BEGIN
  INSERT INTO findings_search (rowid, playbook, failure_class, title, summary, culprit_function)
    VALUES (new.number, new.playbook, new.failure_class, new.title, new.summary, new.culprit_function);
END;
CREATE INDEX findings_by_culprit ON findings (culprit_function, diagnosis) WHERE culprit_function IS NOT NULL;

CREATE TABLE incident_links (
  incident INTEGER NOT NULL REFERENCES incidents (number),
  other INTEGER NOT NULL REFERENCES incidents (number),
  linked_at TEXT NOT NULL,
  linked_by TEXT NOT NULL,
  PRIMARY KEY (incident, other),
  CHECK (incident < other)
) STRICT;
CREATE INDEX links_by_other ON incident_links (other);

CREATE INDEX incidents_by_opening ON incidents (opened_at);

ALTER TABLE evidence ADD COLUMN pruned_at TEXT;
