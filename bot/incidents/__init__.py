"""Memory: incidents, timelines, diagnoses, evidence and the durable inbox, jobs and outbox, in SQLite behind one `Store`."""
