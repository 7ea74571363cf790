"""Diagnosis → what people read: terminal, Markdown, JSON, HTML, pictures, Slack messages. Pure: values in, values out."""
