"""Run a study's notebook, and hand figures out of it without reading its cells.

``study.py`` (the percent format: plain Python with ``# %%`` between cells) is the source;
``study.ipynb`` is its twin that opens in Jupyter as it is. `run_notebook` executes the source
with the running interpreter and stores the result beside the report; `publish` is how figures
leave it.
"""

from impacteval.notebook.parameters import typed_parameters
from impacteval.notebook.published import Published, publish, read_published
from impacteval.notebook.run import run_notebook
from impacteval.notebook.twin import twin_text

__all__ = [
    "Published",
    "publish",
    "read_published",
    "run_notebook",
    "twin_text",
    "typed_parameters",
]
