"""A look into a .pt2 archive before torch loads it: nothing in it may be able to run code.

`torch.export.load` reads weights safely when it is told to, but it also evaluates symbolic shapes and guards as Python,
calls any function of torch that the graph names, and unpickles custom objects. A network of ordinary layers has none of
these beyond plain sizes and aten operators, so anything else is refused here, by lists of what is allowed.
"""

from __future__ import annotations

import ast
import json
import re
import zipfile
from pathlib import Path
from typing import Any, NoReturn

from reporter.errors import ModelError, NotTrusted

MAX_BYTES = 64 * 1024**3
MAX_GRAPH_BYTES = 256 * 1024**2
MAX_EXPRESSION = 2_000

_FOLDERS = ("data/weights/", "data/constants/", "data/sample_inputs/", "models/", ".data/", "extra/")
_FILES = ("archive_format", "archive_version", "byteorder")
_NAME = re.compile(r"[\w.:+<>\-]*")
_OPERATORS = re.compile(
    r"torch\.ops\.(aten|prims|quantized_decomposed)\.\w+(\.\w+)?"
    r"|torch\.sym_\w+"
    r"|_operator\.(add|sub|mul|truediv|floordiv|mod|pow|neg|pos|eq|ne|lt|le|gt|ge|and_|or_|not_|getitem)"
    r"|math\.\w+"
)
_CONTROL_FLOW = re.compile(
    r"torch\.ops\.higher_order\.(cond|while_loop|map_impl|scan|wrap_with_set_grad_enabled|wrap_with_autocast)"
)
_FORBIDDEN_OPERATORS = re.compile(r"torch\.ops\.aten\.(from_file|save|_save)\b.*")  # they write or map files
_FREE_TEXT = ("metadata", "as_string", "as_strings", "torch_version", "stack_trace")
_SPEC_TYPES = (None, "builtins.tuple", "builtins.list", "builtins.dict", "collections.OrderedDict")
_FUNCTIONS = re.compile(
    "Symbol|Integer|Float|Eq|Ne|Lt|Le|Gt|Ge|And|Or|Not|Min|Max|Mod|PythonMod|FloorDiv|CleanDiv|CeilDiv|CeilToInt|"
    "FloorToInt|ModularIndexing|Where|IntTrueDiv|FloatTrueDiv|PowByNatural|FloatPow|TruncToInt|TruncToFloat|RoundToInt|"
    "ToFloat|Abs"
)
_NODES = (
    ast.Expression, ast.Call, ast.Name, ast.Load, ast.Constant, ast.keyword, ast.UnaryOp, ast.USub, ast.UAdd, ast.Not,
    ast.Invert, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.BitAnd, ast.BitOr,
    ast.BoolOp, ast.And, ast.Or, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Subscript,
    ast.Attribute,
)  # fmt: skip


def check_archive(path: Path) -> None:
    """Refuse a .pt2 that could run code, or that is none.

    Raises NotTrusted for the first thing that a plain network does not have, ModelError when it cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            check_files(path, archive.infolist())
            for info in archive.infolist():
                inside = info.filename.partition("/")[2]
                if inside.startswith("models/"):
                    _check_graph(path, json.loads(archive.read(info)), "")
                elif inside.endswith("_config.json"):
                    _check_payloads(path, json.loads(archive.read(info)))
    except (zipfile.BadZipFile, ValueError, RecursionError, KeyError) as error:
        raise ModelError(
            f"{path} is not an exported program: {error}",
            allowed="what torch.export.save writes",
            remedy="save it again",
        ) from error


def _refuse(path: Path, what: str) -> NoReturn:
    raise NotTrusted(
        f"{path} holds {what}, which can run code",
        allowed="plain layers of torch",
        remedy="look at where the file comes from, then add --trust",
    )


def is_plain_operator(name: str) -> bool:
    """Whether a graph may call this: operators on tensors and numbers, but none that reads or writes files."""
    return bool(_OPERATORS.fullmatch(name)) and not _FORBIDDEN_OPERATORS.fullmatch(name)


def check_files(path: Path, infos: list[zipfile.ZipInfo]) -> None:
    """Refuse files that no plain archive has, and sizes beyond all use. Raises NotTrusted or ModelError."""
    names = [info.filename for info in infos]
    insides = [name.partition("/")[2] for name in names]
    if "archive_format" not in insides:
        raise ModelError(
            f"{path} is not an exported program of a known form",
            allowed="what torch.export.save of torch 2.8 or newer writes",
            remedy="export the model again",
        )
    if len(set(names)) != len(names):
        raise ModelError(f"{path} names a file twice", remedy="save it again")
    if any(info.compress_type != zipfile.ZIP_STORED for info in infos) or sum(i.file_size for i in infos) > MAX_BYTES:
        raise ModelError(f"{path} is compressed or too large", allowed=f"stored files, {MAX_BYTES} bytes at most")
    for inside, info in zip(insides, infos, strict=True):
        if inside not in _FILES and not inside.startswith(_FOLDERS):
            _refuse(path, f"the file {inside!r}")
        if inside.endswith(".json") and info.file_size > MAX_GRAPH_BYTES:
            raise ModelError(f"{path}: {inside} is larger than {MAX_GRAPH_BYTES} bytes")


def _check_payloads(path: Path, content: Any) -> None:
    for name, payload in content["config"].items():
        # Tensors may be pickled: those are read weights-only. Custom and opaque objects are unpickled without a guard.
        if not re.fullmatch(r"(weight|tensor)_\d+", str(payload["path_name"])):
            _refuse(path, f"the pickled object {name!r}")


def _check_graph(path: Path, value: Any, key: str) -> None:
    """Walk the JSON of a graph; `key` is where `value` stands."""
    if key in _FREE_TEXT:
        return
    if isinstance(value, dict):
        for name, each in value.items():
            if not _NAME.fullmatch(name):
                _refuse(path, f"the name {name[:80]!r}")
            _check_graph(path, each, name)
    elif isinstance(value, list):
        for each in value:
            _check_graph(path, each, key)
    elif isinstance(value, str):
        _check_text(path, value, key)


def _check_text(path: Path, text: str, key: str) -> None:
    if key in ("target", "as_operator"):
        if not is_plain_operator(text) and not _CONTROL_FLOW.fullmatch(text):
            _refuse(path, f"a call of {text[:80]!r}")
    elif key in ("expr_str", "guards_code"):
        _check_expression(path, text)
    elif key in ("in_spec", "out_spec"):
        _check_spec(path, json.loads(text)[1])
    elif key == "class_fqn" or not _NAME.fullmatch(text):
        _refuse(path, f"{text[:80]!r}")


def _check_expression(path: Path, text: str) -> None:
    """Sizes and comparisons of sizes: arithmetic over symbols, sympy's own functions, `L['x'].size()[0]`."""
    try:
        nodes = list(ast.walk(ast.parse(text.strip(), mode="eval"))) if len(text) <= MAX_EXPRESSION else []
    except SyntaxError:
        nodes = []
    if not nodes or not all(isinstance(node, _NODES) for node in nodes):
        _refuse(path, f"the expression {text[:80]!r}")
    methods = {id(node.func) for node in nodes if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}
    for node in nodes:
        fine = True
        if isinstance(node, ast.Name):
            fine = bool(_FUNCTIONS.fullmatch(node.id) or re.fullmatch(r"[a-z]{1,2}\d*|L|True|False", node.id))
        elif isinstance(node, ast.Attribute):
            fine = node.attr in ("size", "stride", "storage_offset") and id(node) in methods
        elif isinstance(node, ast.Call):
            fine = isinstance(node.func, ast.Attribute) or (
                isinstance(node.func, ast.Name) and bool(_FUNCTIONS.fullmatch(node.func.id))
            )
        elif isinstance(node, ast.Constant):
            fine = isinstance(node.value, (bool, int, float)) or bool(_NAME.fullmatch(str(node.value)))
        if not fine:
            _refuse(path, f"the expression {text[:80]!r}")


def _check_spec(path: Path, spec: Any) -> None:
    """How inputs nest: tuples, lists and dicts with plain keys, nothing that names a class to import."""
    context = spec["context"]
    keys = json.loads(context) if isinstance(context, str) else context
    plain = keys is None or (isinstance(keys, list) and all(isinstance(key, (str, int)) for key in keys))
    if spec["type"] not in _SPEC_TYPES or not plain or not all(_NAME.fullmatch(str(key)) for key in keys or ()):
        _refuse(path, f"inputs or outputs of the kind {str(spec['type'])[:80]!r}")
    for child in spec["children_spec"]:
        _check_spec(path, child)
