"""The report as a value: the record, its receipts and its schema."""

from impacteval.report.record import Record, record_schema
from impacteval.report.value import Report

__all__ = ["Record", "Report", "record_schema"]
