"""The study folder: load, digest, lock, prepare, read what evaluators receive."""

from impacteval.study.folder import Study, load_study

__all__ = ["Study", "load_study"]
