"""Snapshot → fact tables. Pure: values in, values out."""
