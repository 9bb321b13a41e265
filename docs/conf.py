"""How the documentation is built: warnings are errors, every reference must resolve."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from generated_pages import write_pages  # noqa: E402  # the path is set just above

write_pages(HERE / "reference" / "generated")

project = "impacteval"
author = "The impacteval authors"
project_copyright = "The impacteval authors"
html_theme = "furo"
html_title = "impacteval"
html_static_path = ["_static"]
html_copy_source = False

extensions = ["myst_nb", "mathtext", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_math_renderer = "mathtext"
exclude_patterns = ["_build", "reference/coverage", "reference/benchmarks"]
nb_execution_mode = "off"
myst_enable_extensions = ["amsmath", "deflist", "dollarmath"]
myst_heading_anchors = 3
# Docstrings name objects in single backquotes, in prose as well as in lists of types.
default_role = "code"

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_preprocess_types = False
napoleon_use_ivar = True
# Other people's objects are not linked: their pages are elsewhere, and the build needs no network.
nitpick_ignore_regex = [("py:.*", r"(?!impacteval\.).*")]
