"""How ``make docs`` builds the site: Sphinx with MyST's Markdown, nothing fetched when it is read.

The page *Settings* is completed from the settings models while it is read (``settings_page``), so
that it cannot say anything else than the program.
"""

import sys
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from docs.settings_page import MARK, settings_page

project = "stylecore"
html_title = "stylecore"
html_theme = "furo"
html_show_sphinx = False
html_show_copyright = False
html_show_sourcelink = False
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["site.css"]
extensions = ["myst_parser"]
myst_heading_anchors = 3
# Numbers, plain "quotes" and options like --size are meant as they stand.
smartquotes = False
nitpicky = True


def setup(app: Sphinx) -> None:
    """Has the page of settings completed when Sphinx reads it."""
    app.connect("source-read", _complete)


def _complete(app: Sphinx, page: str, source: list[str]) -> None:
    if page == "settings":
        source[0] = source[0].replace(MARK, settings_page(Path(app.srcdir)))
