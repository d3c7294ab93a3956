"""An email's words for a letter on paper: the same words, without the frame that only makes sense on a screen."""

from collections.abc import Mapping
from typing import Final

from drip.content.render import LAYOUTS, TemplateSet

_BARE: Final = (
    "<mjml><mj-body><mj-section><mj-column><mj-text>{{ content }}</mj-text></mj-column></mj-section></mj-body></mjml>"
)


def on_paper(templates: TemplateSet) -> TemplateSet:
    """The same templates; their emails say only what the author wrote."""
    sources: Mapping[str, str] = templates.sources
    return TemplateSet({path: _BARE if path.startswith(LAYOUTS) else text for path, text in sources.items()})
