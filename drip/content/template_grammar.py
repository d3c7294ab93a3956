"""The part of Jinja2 that a template may use. What is not on the list is refused before anything runs."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, TemplateSyntaxError, nodes

from drip.content.slots import Kind, Piece
from drip.content.template_problem import Place, TemplateProblem, problem

FILTERS: Final = ("date", "time", "weekday", "default", "upper", "lower", "title")

ALLOWED: Final = (
    "a template may use {{ object.name }}, {% if %} with == != < <= > >= in and or not, {% include %} from shared/, "
    "and the filters " + " ".join(FILTERS)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One use of `object.name`, where it is written."""

    path: str
    object: str
    name: str
    line: int
    column: int
    has_default: bool


_NAMES: Final[dict[type[nodes.Node], str]] = {
    nodes.Call: "a call",
    nodes.Getitem: "an index in square brackets",
    nodes.Test: "`is`",
    nodes.CondExpr: "`if` inside a value",
    nodes.Concat: "joining with ~",
    nodes.Dict: "a mapping",
    nodes.BinExpr: "arithmetic",
    nodes.UnaryExpr: "arithmetic",
}
_CONDITIONS: Final = (nodes.Compare, nodes.And, nodes.Or, nodes.Not)
_BARE: Final = re.compile(r"\{%\s*(else|endif)\s*%\}")
_IF: Final = re.compile(r"\{%\s*(?:el)?if\b(.*)%\}", re.DOTALL)
_DASHES: Final = re.compile(r"\{[{%][-+]|[-+][}%]\}$")
# Only to parse with: nothing is ever rendered here.
_PARSER: Final = Environment(autoescape=True)


def problems_in(pieces: Iterable[Piece]) -> list[TemplateProblem]:
    """Everything in these constructs that a template may not use, each at its place."""
    return [found for piece in pieces if piece.kind is not Kind.WORDS for found in _problems_in_piece(piece)]


def variables_in(pieces: Iterable[Piece]) -> list[Variable]:
    """Every `object.name` in these pieces, in reading order. Pieces that cannot be read have none."""
    return [variable for piece in pieces if not _problems_in_piece(piece) for variable in _variables(piece)]


def unbalanced(pieces: Iterable[Piece]) -> list[TemplateProblem]:
    """Each `if` without its `endif`, and the other way round; an `if` ends in the file it began in."""
    open_ifs: list[Piece] = []
    problems: list[TemplateProblem] = []
    for piece in pieces:
        if piece.word == "if":
            open_ifs.append(piece)
        elif piece.word in ("elif", "else", "endif"):
            if not open_ifs or open_ifs[-1].place.path != piece.place.path:
                problems.append(problem(piece.place, "template-syntax", f"this {piece.word} has no if before it"))
            elif piece.word == "endif":
                open_ifs.pop()
    message = "this if has no {% endif %}"
    return problems + [problem(piece.place, "template-syntax", message) for piece in open_ifs]


def not_allowed(tree: nodes.Node) -> Iterator[str]:
    """What in a parsed template is not on the list, each as a sentence; nothing if it may run."""
    if isinstance(tree, (*_CONDITIONS, nodes.Template, nodes.If, nodes.TemplateData, nodes.Const)):
        yield from _each(tree.iter_child_nodes())
        return
    match tree:
        case nodes.Output():
            yield from _shown(tree.nodes)
        case nodes.Operand():
            yield from _operand(tree)
        case nodes.Getattr():
            yield from _attribute(tree)
        case nodes.Filter():
            yield from _filter(tree)
        case nodes.Name():
            yield f"`{tree.name}` stands alone: write an object and a name, such as {{{{ patient.first_name }}}}"
        case _:
            name = next((name for kind, name in _NAMES.items() if isinstance(tree, kind)), type(tree).__name__.lower())
            yield f"{name} is not allowed: {ALLOWED}"


def _each(trees: Iterable[nodes.Node]) -> Iterator[str]:
    for tree in trees:
        yield from not_allowed(tree)


def _shown(trees: Iterable[nodes.Node]) -> Iterator[str]:
    for tree in trees:
        if isinstance(tree, _CONDITIONS):
            yield "a comparison cannot be shown: use it in {% if %}"
        yield from not_allowed(tree)


def _operand(tree: nodes.Operand) -> Iterator[str]:
    """Lists may stand only behind `in`, and hold only constants."""
    if not isinstance(tree.expr, nodes.List | nodes.Tuple) or tree.op not in ("in", "notin"):
        yield from not_allowed(tree.expr)
    elif not all(isinstance(item, nodes.Const) for item in tree.expr.items):
        yield "a list can hold only texts and numbers"


def _attribute(tree: nodes.Getattr) -> Iterator[str]:
    if not isinstance(tree.node, nodes.Name):
        yield f"more than one dot is not allowed: {ALLOWED}"
    elif tree.attr.startswith("_") or "__" in tree.attr + tree.node.name:
        yield f"the name `{tree.attr}` is not allowed: {ALLOWED}"


def _filter(tree: nodes.Filter) -> Iterator[str]:
    given = [*tree.args, *tree.kwargs, *filter(None, (tree.dyn_args, tree.dyn_kwargs))]
    if tree.name not in FILTERS:
        yield f"the filter `{tree.name}` is not allowed: {ALLOWED}"
    elif tree.name == "default" and not (len(given) == 1 and isinstance(given[0], nodes.Const)):
        yield "write `default` with one text or number, as in default('your clinic')"
    elif tree.name != "default" and given:
        yield f"write `{tree.name}` without brackets"
    if tree.node is not None:
        yield from _shown([tree.node])


def _problems_in_piece(piece: Piece) -> list[TemplateProblem]:
    if _DASHES.search(piece.source):
        message = "leave out the dash: a tag alone on its line leaves no empty line behind"
        return [problem(piece.place, "template-not-allowed", message)]
    try:
        tree = _parse(piece)
    except TemplateSyntaxError as error:
        return [problem(piece.place, "template-syntax", error.message or "this cannot be read")]
    except RecursionError:
        return [problem(piece.place, "template-not-allowed", "too many brackets inside each other")]
    wrong = not_allowed(tree) if tree else [f"{{% {piece.word} %}} is not allowed: {ALLOWED}"]
    return [problem(piece.place, "template-not-allowed", message) for message in wrong]


def _parse(piece: Piece) -> nodes.Template | None:
    """A construct as Jinja2 reads it, alone; None for a tag that is not on the list."""
    if piece.kind is Kind.VALUE:
        return _PARSER.parse(piece.source)
    if piece.word in ("if", "elif") and (found := _IF.fullmatch(piece.source)):
        return _PARSER.parse("{% if " + found[1] + " %}{% endif %}")
    return nodes.Template([]) if _BARE.fullmatch(piece.source) else None


def _variables(piece: Piece) -> Iterator[Variable]:
    tree = _parse(piece) if piece.kind is not Kind.WORDS else None
    if tree is None:
        return
    # Only directly behind the name: `upper` would already have failed on what is missing.
    defaulted = {id(found.node) for found in tree.find_all(nodes.Filter) if found.name == "default"}
    end = 0
    for found in tree.find_all(nodes.Getattr):
        owner = found.node.name if isinstance(found.node, nodes.Name) else ""
        pattern = re.compile(rf"\b{re.escape(owner)}\s*\.\s*{re.escape(found.attr)}\b")
        where = pattern.search(piece.source, end) or pattern.search(piece.source)
        end = where.end() if where else end
        place = piece.place.after(piece.source[: where.start()]) if where else piece.place
        yield _variable(place, owner, found.attr, id(found) in defaulted)


def _variable(place: Place, owner: str, name: str, has_default: bool) -> Variable:
    return Variable(
        path=place.path, object=owner, name=name, line=place.line, column=place.column, has_default=has_default
    )
