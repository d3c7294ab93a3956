"""Words that many sequences share, as those who write one of them read them: whose they are as well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drip.app import App
from drip.content.template_use import included, language_of
from drip.core.draft import Draft
from drip.flows.draft import is_shared


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedWords:
    """A file of words that a draft's own words include. It is changed in the clinic's files, for all at once."""

    path: str
    text: str = field(repr=False)
    """As they would go with this draft."""
    others: Sequence[str]
    """The other live sequences that say them."""
    differing: Sequence[str]
    """Those of them in which they read otherwise: some were published before they changed."""

    @property
    def language(self) -> str:
        """Of the words, where their name says it."""
        return language_of(self.path) or ""


def shared_in(app: App, draft: Draft) -> Mapping[str, Sequence[SharedWords]]:
    """What each of a draft's own templates includes, in the order in which it is read."""
    with app.store.read() as tx:
        live = {name: one.templates.sources for name, one in app.versions.live(tx).items() if name != draft.sequence}
    of_others = {path: text for one in live.values() for path, text in one.items() if is_shared(path)}
    sources = {**of_others, **draft.files}
    own = [path for path in draft.files if path.startswith(f"{draft.sequence}/")]
    paths = {path: included(path, sources) for path in own}
    known = {one: _shared(one, sources[one], live) for found in paths.values() for one in found}
    return {path: [known[one] for one in found] for path, found in paths.items()}


def _shared(path: str, text: str, live: Mapping[str, Mapping[str, str]]) -> SharedWords:
    others = sorted(name for name, sources in live.items() if path in sources)
    return SharedWords(
        path=path,
        text=text.removeprefix("\ufeff"),
        others=others,
        differing=[name for name in others if live[name][path] != text],
    )
