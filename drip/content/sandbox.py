"""Jinja2, cut down until it can only fill gaps: sandboxed, strict, and checked against the list before it compiles."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from jinja2 import StrictUndefined, Template, TemplateRuntimeError, TemplateSyntaxError, Undefined, nodes
from jinja2.filters import do_title
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from drip.content.marking import marked
from drip.content.template_dates import spoken_date, spoken_time, spoken_weekday
from drip.content.template_grammar import not_allowed
from drip.content.template_problem import Place, RenderError, TemplateError, problem
from drip.content.template_values import FROM_OUTSIDE, as_text, cleaned


@dataclass(frozen=True, slots=True)
class Gap:
    """One `object.name` that a template asks for."""

    owner: str
    name: str
    key: str
    is_from_outside: bool
    missing: Undefined


@dataclass(frozen=True, slots=True)
class Filling:
    """A source that has passed every check, compiled."""

    template: Template
    gaps: frozenset[tuple[str, str]]

    def fill(self, context: Mapping[str, object]) -> str:
        """The words for one patient. RenderError says which gap could not be filled, never with what."""
        try:
            return self.template.render(context)
        except TemplateRuntimeError as error:
            raise RenderError(error.message or "a gap could not be filled") from None
        except (TypeError, ValueError, ArithmeticError):
            # Their own messages may quote the value.
            raise RenderError("a value could not be compared or shown") from None


def compile_source(path: str, source: str, *, language: str, html: bool = False, shows_gaps: bool = False) -> Filling:
    """A template ready to be filled. TemplateError if anything in it is not on the list.

    `shows_gaps`: what was filled in is marked, for staff; never for patients.
    """
    environment = _ENVIRONMENTS[html, shows_gaps]
    try:
        tree = environment.parse(source)
    except TemplateSyntaxError as error:
        raise TemplateError([problem(Place(path=path), "template-syntax", error.message or "")]) from None
    wrong = [problem(Place(path=path), "template-not-allowed", message) for message in not_allowed(tree)]
    if wrong:
        raise TemplateError(wrong)
    flat = _Flat(language)
    flat.visit(tree)
    try:
        return Filling(environment.from_string(tree), frozenset(flat.gaps))
    except (SyntaxError, RecursionError):
        message = "too many ifs inside each other"
        raise TemplateError([problem(Place(path=path), "template-not-allowed", message)]) from None


def gaps_of(fillings: Iterable[Filling]) -> tuple[Gap, ...]:
    """Every gap of these templates, once."""
    names = sorted({gap for filling in fillings for gap in filling.gaps})
    return tuple(
        Gap(owner, name, _key(owner, name), owner in FROM_OUTSIDE, StrictUndefined(hint=f"{owner}.{name} is not known"))
        for owner, name in names
    )


def context_for(gaps: Iterable[Gap], values: Mapping[str, Mapping[str, object]]) -> dict[str, object]:
    """What is asked for and nothing else; values from outside are cleaned once, however often they are shown."""
    context: dict[str, object] = {}
    for gap in gaps:
        facts = values.get(gap.owner)
        value = gap.missing if facts is None else facts.get(gap.name, gap.missing)
        context[gap.key] = cleaned(value) if gap.is_from_outside else value
    return context


class _Flat(NodeTransformer):
    """Makes `patient.first_name` one plain name: at render time no attribute of any object is ever looked up."""

    def __init__(self, language: str) -> None:
        self.gaps: set[tuple[str, str]] = set()
        self._language = language

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Name:  # noqa: N802
        owner = node.node.name if isinstance(node.node, nodes.Name) else ""
        self.gaps.add((owner, node.attr))
        return nodes.Name(_key(owner, node.attr), "load", lineno=node.lineno)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Expr:  # noqa: N802
        """Comparing with none is false, as in a sequence's conditions; `== none` asks whether it is there."""
        self.generic_visit(node)
        sides = [node.expr, *(operand.expr for operand in node.ops)]
        if any(isinstance(side, nodes.Const) and side.value is None for side in sides):
            return node
        outcome: nodes.Expr = node
        for side in sides:
            if not isinstance(side, nodes.Const | nodes.List | nodes.Tuple):
                is_there = nodes.Compare(side, [nodes.Operand("ne", nodes.Const(None))], lineno=node.lineno)
                outcome = nodes.And(is_there, outcome, lineno=node.lineno)
        return outcome

    def visit_Filter(self, node: nodes.Filter) -> nodes.Filter:  # noqa: N802
        self.generic_visit(node)
        if node.name in _SPOKEN:
            node.args = [nodes.Const(self._language, lineno=node.lineno)]
        return node


def _key(owner: str, name: str) -> str:
    return f"{owner}__{name}"


def _default(value: object, other: object) -> object:
    return other if isinstance(value, Undefined) or value is None or value == "" else value


def _lower(value: object) -> str:
    return str(as_text(value)).lower()


def _upper(value: object) -> str:
    return str(as_text(value)).upper()


def _title(value: object) -> str:
    return do_title(str(as_text(value)))


_SPOKEN: Final[dict[str, Callable[..., object]]] = {
    "date": spoken_date,
    "time": spoken_time,
    "weekday": spoken_weekday,
}


def _marked(value: object) -> object:
    return marked(as_text(value))


def _environment(*, html: bool, shows_gaps: bool) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        autoescape=html,
        undefined=StrictUndefined,
        finalize=_marked if shows_gaps else as_text,
        keep_trailing_newline=True,
    )
    environment.globals.clear()
    environment.tests.clear()
    environment.filters = {**_SPOKEN, "default": _default, "lower": _lower, "upper": _upper, "title": _title}
    return environment


_ENVIRONMENTS: Final = {
    (html, shows_gaps): _environment(html=html, shows_gaps=shows_gaps)
    for html in (True, False)
    for shows_gaps in (True, False)
}
