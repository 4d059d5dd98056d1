"""A Sphinx extension: the directive `explanation` puts a stored explanation into a page. MyST has it too.

    extensions = ["reporter.embed.sphinx"]

    .. explanation:: explanations/41.json
       :audience: decision-maker
       :sections: headline, lead, table, trust

HTML pages get the fragment, all other builders paragraphs, lists and tables of their own kind.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from reporter.embed.nodes import nodes_of
from reporter.embed.request import OPTIONS, Request, request_from
from reporter.embed.retelling import edition, fragment_of, sheet_for, stamp
from reporter.errors import ReporterError
from reporter.formats.fragment import LEVELS
from reporter.language import languages
from reporter.templating import templates_in, using

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata
    from sphinx.writers.html5 import HTML5Translator

TOLD_WITH = "reporter-explanations"  # among a page's metadata: the stamp its explanations were told with
_log = logging.getLogger(__name__)


class explanation(nodes.General, nodes.Element):  # noqa: N801 - docutils calls nodes and their visitors alike
    """A report: its HTML as an attribute, everything else beneath it."""


class ExplanationDirective(SphinxDirective):
    """`.. explanation:: path`, relative to the page; with a slash in front, to the folder of the sources."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[dict[str, Any]] = dict.fromkeys(OPTIONS, directives.unchanged)

    def run(self) -> list[nodes.Node]:
        relative, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(relative)
        self.env.metadata[self.env.docname][TOLD_WITH] = _stamp(self.env)
        node = explanation("", path=path, options=dict(self.options))
        self.set_source_info(node)
        return [node]


class Telling(SphinxTransform):
    """Tells the explanations of a page, once it is known how deep in it they stand."""

    default_priority = 500

    def apply(self, **_given: Any) -> None:
        for i, node in enumerate(list(self.document.findall(explanation))):
            try:
                defaults = {"level": _level(node), **_defaults(self.env)}
                request = request_from(Path(node["path"]), node["options"], defaults, _templates(self.env))
                self._fill(node, request, i)
            except ReporterError as error:
                _log.warning("%s", error, location=node, type="reporter", subtype="explanation")
                node.parent.remove(node)

    def _fill(self, node: explanation, request: Request, number: int) -> None:
        place = f"{self.env.docname}-{number}"  # several pages may be built into one
        node["html"] = fragment_of(request, place)
        node["support_smartquotes"] = False  # what was checked stays as it stands
        node += nodes_of(sheet_for(request), request.level)


def _level(node: nodes.Element) -> str:
    """One below the section that it stands in."""
    depth, around = 0, node.parent
    while around is not None:
        depth += isinstance(around, nodes.section)
        around = around.parent
    return str(min(max(depth + 1, LEVELS[1]), LEVELS[-1]))


def _defaults(env: BuildEnvironment) -> dict[str, object]:
    """What conf.py says for all explanations. A site's own language is taken where there are templates for it."""
    config = env.config
    given = {name: getattr(config, f"reporter_{name}") for name in OPTIONS}
    with using(templates_in(_templates(env))):
        given["language"] = given["language"] or spoken(config.language)
    return {name: value for name, value in given.items() if value}


def _templates(env: BuildEnvironment) -> Path | None:
    folder = env.config.reporter_templates
    return Path(folder) if folder else None


def _stamp(env: BuildEnvironment) -> str:
    """The stamp as it is now; of templates that cannot be read, which a warning says elsewhere, none."""
    try:
        return stamp(_templates(env))
    except ReporterError:
        return ""


def spoken(language: str) -> str:
    """The language as templates name it, `zh` for `zh_CN`; empty where there are none."""
    known = languages()
    return next((code for code in (language, language.replace("-", "_").split("_")[0]) if code in known), "")


def located(app: Sphinx, config: Config) -> None:
    """The folder of the site's own templates, which begins where conf.py is."""
    if config.reporter_templates:
        config.reporter_templates = str(Path(app.confdir) / config.reporter_templates)


def outdated(_app: Sphinx, env: BuildEnvironment, *_changed: object) -> list[str]:
    """The pages whose explanations another version or other templates told."""
    now = _stamp(env)
    return [page for page, said in env.metadata.items() if said.get(TOLD_WITH, now) != now]


def visit_html(writer: HTML5Translator, node: explanation) -> None:
    """The fragment, but in an e-book, whose readers know little of CSS."""
    if writer.builder.name != "epub":
        writer.body.append(node["html"])
        raise nodes.SkipNode


def visit(_writer: Any, _node: explanation) -> None:
    """Everywhere else what is beneath the node speaks for itself."""


def setup(app: Sphinx) -> ExtensionMetadata:
    """What Sphinx calls."""
    for name in (*OPTIONS, "templates"):
        app.add_config_value(f"reporter_{name}", "", "env", types=(str, int, list, tuple))
    plain = (visit, visit)
    app.add_node(explanation, html=(visit_html, visit), latex=plain, text=plain, man=plain, texinfo=plain)
    app.add_directive("explanation", ExplanationDirective)
    app.add_transform(Telling)
    app.connect("config-inited", located)
    app.connect("env-get-outdated", outdated)
    return {"version": edition(), "parallel_read_safe": True, "parallel_write_safe": True}
