"""Reports for people: HTML, PDF, Markdown and JSON, in English and French, from the record alone."""
