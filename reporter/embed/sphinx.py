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
from reporter.embed.retelling import edition, fragment_of, report_of, stamp
from reporter.errors import ReporterError
from reporter.formats.fragment import LEVELS
from reporter.formats.sections import sheet_with
from reporter.language import languages

if TYPE_CHECKING:
    from sphinx.application import Sphinx
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
        self.env.metadata[self.env.docname][TOLD_WITH] = stamp()
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
                self._fill(node, request_from(Path(node["path"]), node["options"], defaults), i)
            except ReporterError as error:
                _log.warning("%s", error, location=node, type="reporter", subtype="explanation")
                node.parent.remove(node)

    def _fill(self, node: explanation, request: Request, number: int) -> None:
        place = f"{self.env.docname}-{number}"  # several pages may be built into one
        node["html"] = fragment_of(request, place)
        node["support_smartquotes"] = False  # what was checked stays as it stands
        node += nodes_of(sheet_with(report_of(request), request.sections), request.level)


def _level(node: nodes.Element) -> str:
    """One below the section that it stands in."""
    depth, around = 0, node.parent
    while around is not None:
        depth += isinstance(around, nodes.section)
        around = around.parent
    return str(min(max(depth + 1, LEVELS[1]), LEVELS[-1]))


def _defaults(env: BuildEnvironment) -> dict[str, str]:
    """What conf.py says for all explanations. A site's own language is taken where there are templates for it."""
    config = env.config
    given = {name: str(getattr(config, f"reporter_{name}") or "") for name in OPTIONS}
    given["language"] = given["language"] or spoken(config.language)
    return {name: text for name, text in given.items() if text}


def spoken(language: str) -> str:
    """The language as templates name it, `zh` for `zh_CN`; empty where there are none."""
    known = languages()
    return next((code for code in (language, language.replace("-", "_").split("_")[0]) if code in known), "")


def outdated(_app: Sphinx, env: BuildEnvironment, *_changed: object) -> list[str]:
    """The pages whose explanations another version or other templates told."""
    return [page for page, said in env.metadata.items() if said.get(TOLD_WITH, stamp()) != stamp()]


def visit_html(writer: HTML5Translator, node: explanation) -> None:
    """The fragment, but in an e-book, whose readers know little of CSS."""
    if writer.builder.name != "epub":
        writer.body.append(node["html"])
        raise nodes.SkipNode


def visit(_writer: Any, _node: explanation) -> None:
    """Everywhere else what is beneath the node speaks for itself."""


def setup(app: Sphinx) -> ExtensionMetadata:
    """What Sphinx calls."""
    for name in OPTIONS:
        app.add_config_value(f"reporter_{name}", "", "env", types=(str, int))
    plain = (visit, visit)
    app.add_node(explanation, html=(visit_html, visit), latex=plain, text=plain, man=plain, texinfo=plain)
    app.add_directive("explanation", ExplanationDirective)
    app.add_transform(Telling)
    app.connect("env-get-outdated", outdated)
    return {"version": edition(), "parallel_read_safe": True, "parallel_write_safe": True}
