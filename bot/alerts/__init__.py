"""Alerts: one small parser per source turns a notification into an `Alert`; `recognise` finds the service it is about."""
