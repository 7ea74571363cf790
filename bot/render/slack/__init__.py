"""Diagnosis and incidents → Slack messages within Slack's limits, everything from outside escaped."""
