"""The report as a value: the record, its receipts and its schema."""
