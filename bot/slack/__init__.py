"""Slack: Bolt listeners that hand everything over as jobs, and the poster that makes outbox rows true."""
