"""How Sphinx builds the pages of docs/ and benchmarks/ as a site: `make docs` writes it to docs/_build/html.

The source folder is the project's root, so that links between docs/ and benchmarks/ lead to the same on the site and in the
repository. A link to any other file, such as a list of models, becomes a download.
"""

from sphinx.addnodes import pending_xref

import featfer

project = "featfer"
author = "the authors of featfer"
version = release = featfer.__version__

extensions = ["myst_nb", "numpydoc", "sphinx.ext.autodoc", "sphinx_click", "sphinx_copybutton"]
root_doc = "docs/index"
include_patterns = ["docs/**.md", "docs/notebooks/*.ipynb", "benchmarks/*/*.md", "CHANGELOG.md"]
exclude_patterns = [".*", "build", "cli", "demo", "dist", "docs/_build", "featfer", "models", "tests", "*.egg-info",
                    "benchmarks/*/template.md"]

# Pages
myst_heading_anchors = 4                  # anchors for headings, as code hosts make them: links to them are checked
nb_execution_mode = "off"                 # tests/docs run what stands in code blocks
highlight_language = "shell"              # of blocks without a language: commands, and what they print
smartquotes = False                       # --option stays what is typed
copybutton_exclude = ".linenos, .gp, .c1"  # a copied command comes without the comment behind it

# The reference, from docstrings
numpydoc_show_class_members = False       # autodoc lists them
autodoc_default_options = {"members": True, "inherited-members": False, "member-order": "bysource"}
autodoc_typehints = "none"                # the docstrings name the types, with shapes and units
toc_object_entries_show_parents = "hide"
default_role = "py:obj"                   # names in `backquotes`: linked where they are in the reference

# The theme loads nothing from elsewhere, and the site works from the disk
html_theme = "furo"
html_title = f"featfer {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_additional_pages = {"index": "start.html"}  # the site's address opens docs/index.html
templates_path = ["_templates"]
html_copy_source = False
html_show_copyright = False
html_show_search_summary = False          # it would be read over HTTP
html_theme_options = {"navigation_with_keys": True, "top_of_page_buttons": []}


def show_examples(app, context, lines):
    """Show the examples in a command's help, which sphinx-click makes lines of a poem, as code."""
    shown, was_code = [], False
    for line in lines:
        is_code = line.startswith("| ")
        if is_code and not was_code:
            shown += [".. code-block:: shell", ""]
        shown.append(f"   {line[2:]}" if is_code else line.replace("*", r"\*"))
        was_code = is_code
    lines[:] = shown


def leave_out(app, context, lines):
    """Leave out sphinx-click's list of arguments: the usage names them, and the help says what they are."""
    lines.clear()


def skip_routing(app, kind, name, member, is_skipped, options):
    """Leave out set_fit_request and the like, which scikit-learn gives its estimators; None leaves the choice to autodoc."""
    return True if name.startswith("set_") and name.endswith("_request") else None


def unlink_folders(app, document):
    """Make text of links to folders, which are there in the repository alone."""
    here = (app.srcdir / app.env.docname).parent
    for link in list(document.findall(pending_xref)):
        if link["reftype"] == "myst" and (here / link["reftarget"]).is_dir():
            link.replace_self(link.children)


def setup(app):
    """Connect what changes the pages while they are built."""
    app.connect("sphinx-click-process-description", show_examples)
    app.connect("sphinx-click-process-arguments", leave_out)
    app.connect("autodoc-skip-member", skip_routing)
    app.connect("doctree-read", unlink_folders)
