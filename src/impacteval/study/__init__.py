"""The study folder: files that evaluators receive, read as they are declared."""
