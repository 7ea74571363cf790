"""Bytes → structures. Pure: values in, values out."""
