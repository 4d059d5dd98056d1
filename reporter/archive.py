"""A look into a .pt2 archive before torch loads it: nothing in it may be able to run code.

`torch.export.load` reads weights safely when it is told to, but it also evaluates symbolic shapes and guards as Python,
calls any function of torch that the graph names, and unpickles custom objects. A network of ordinary layers has none of
these beyond plain sizes and aten operators, so anything else is refused here, by lists of what is allowed.

Two readers of one zip file may see two different lists of files in it. Therefore torch is never given the file itself,
but a copy that holds what was looked at and nothing else.
"""

from __future__ import annotations

import ast
import json
import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn

from reporter.errors import ModelError, NotTrusted, ReporterError, first_line

MAX_BYTES = 64 * 1024**3
MAX_GRAPH_BYTES = 256 * 1024**2
MAX_EXPRESSION = 2_000

_FOLDERS = ("data/weights/", "data/constants/", "data/sample_inputs/", "models/", ".data/", "extra/")
_FILES = ("archive_format", "archive_version", "byteorder")
_NAME = re.compile(r"[\w.:+<>\-]*")
# Operators with an underscore are torch's own: many trust their arguments blindly. Those below stand in plain networks.
_INNER = (
    "__(i?and|i?or|i?xor|i?lshift|i?rshift)__"
    "|_(assert_(async|scalar|tensor_metadata)|functional_assert_(async|scalar)|adaptive_avg_pool[23]d|batch_norm_\\w+"
    "|cdist_forward|conj|conj_physical|convolution|embedding_bag|euclidean_dist|fft_(c2c|c2r|r2c)|fused_rms_norm"
    "|is_a(ll|ny)_true|linalg_(det|eigh|slogdet|svd)|local_scalar_dense|log_softmax|masked_softmax|neg_view"
    "|native_batch_norm_legit(_functional|_no_training)?|native_multi_head_attention|pad_enum|pdist_forward"
    "|prelu_kernel|reshape_alias|safe_softmax|scaled_dot_product_(attention_math|flash_attention_for_cpu)"
    "|shape_as_tensor|softmax|stack|thnn_fused_(gru|lstm)_cell|to_copy|transformer_encoder_layer_fwd|trilinear"
    "|unsafe_(index|view)|upsample_\\w+_aa|upsample_nearest_exact[123]d|weight_norm|weight_norm_interface)"
)
_OPERATORS = re.compile(
    rf"torch\.ops\.aten\.([a-z]\w*|{_INNER})(\.[A-Za-z]\w*)?"
    r"|torch\.ops\.(prims|quantized_decomposed)\.[a-z]\w*(\.[A-Za-z]\w*)?"
    r"|torch\.sym_(constrain_range_for_size|constrain_range|fresh_size|float|int|ite|max|min|not|sqrt|sum)"
    r"|_operator\.(add|sub|mul|truediv|floordiv|mod|pow|neg|pos|eq|ne|lt|le|gt|ge|and_|or_|not_|getitem)"
    r"|math\.(ceil|floor|sqrt|trunc|exp|log|log2|log10|pow|fabs|isfinite|isinf|isnan|prod)"
)
_CONTROL_FLOW = re.compile(
    r"torch\.ops\.higher_order\.(cond|while_loop|map_impl|scan|wrap_with_set_grad_enabled|wrap_with_autocast)"
)
# They write or map files, take over memory, or change torch itself.
_FORBIDDEN_OPERATORS = re.compile(
    r"torch\.ops\.aten\.(from_file|save|warn|set_|resize\w*|record_stream|manual_seed|seed|set_\w+|\w+_unsafe)\b.*"
)
_FREE_TEXT = ("as_string", "as_strings", "torch_version", "stack_trace")
_TABLES = (  # their keys are names of things in the graph, whatever they look like, and not fields
    "tensor_values", "sym_int_values", "sym_bool_values", "sym_float_values", "custom_obj_values", "range_constraints",
    "as_string_to_argument", "opset_version", "treespec_namedtuple_fields",
)  # fmt: skip
_SPEC_TYPES = (None, "builtins.tuple", "builtins.list", "builtins.dict", "collections.OrderedDict")
_FUNCTIONS = re.compile(
    "Symbol|Integer|Float|Eq|Ne|Lt|Le|Gt|Ge|And|Or|Not|Min|Max|Mod|PythonMod|FloorDiv|CleanDiv|CeilDiv|CeilToInt|"
    "FloorToInt|ModularIndexing|Where|IntTrueDiv|FloatTrueDiv|TruncToInt|TruncToFloat|RoundToInt|ToFloat|Abs|Add|Mul|"
    "Rational|Pow"
)
_NODES = (
    ast.Expression, ast.Call, ast.Name, ast.Load, ast.Constant, ast.keyword, ast.UnaryOp, ast.USub, ast.UAdd, ast.Not,
    ast.Invert, ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.BitAnd, ast.BitOr,
    ast.BoolOp, ast.And, ast.Or, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Subscript,
    ast.Attribute,
)  # fmt: skip


@contextmanager
def checked(path: Path) -> Iterator[IO[bytes]]:
    """Refuse a .pt2 that could run code, or that is none; gives a copy that holds exactly what was looked at.

    Raises NotTrusted for the first thing that a plain network does not have, ModelError when it cannot be read.
    """
    with tempfile.TemporaryFile() as copy:
        try:
            with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as same:
                check_files(path, archive.infolist())
                for info in archive.infolist():
                    inside, content = info.filename.partition("/")[2], archive.read(info)
                    if inside.startswith("models/"):
                        _check_graph(path, json.loads(content.decode()), "")
                    elif inside.endswith("_config.json"):
                        _check_payloads(path, json.loads(content.decode()))
                    same.writestr(f"archive/{inside}", content)
        except ReporterError:
            raise
        except (zipfile.BadZipFile, ValueError, OSError, RuntimeError, LookupError, TypeError, AttributeError) as error:
            raise ModelError(
                f"{path} is not an exported program: {first_line(error)}",
                allowed="what torch.export.save writes",
                remedy="save it again",
            ) from error
        copy.seek(0)
        yield copy


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
    # torch looks files up without regard to case.
    if len({name.casefold() for name in insides}) != len(names) or len({n.partition("/")[0] for n in names}) != 1:
        raise ModelError(f"{path} names a file twice, or more than one folder", remedy="save it again")
    total = sum(info.file_size for info in infos)
    if any(info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 for info in infos) or total > MAX_BYTES:
        raise ModelError(f"{path} is compressed or too large", allowed=f"stored files, {MAX_BYTES} bytes at most")
    if total > path.stat().st_size:
        raise ModelError(f"{path} holds files that lie over each other", remedy="save it again")
    for inside, info in zip(insides, infos, strict=True):
        if ".." in inside.split("/"):
            _refuse(path, f"the file {inside!r}")
        if inside not in _FILES and not inside.startswith(_FOLDERS):
            _refuse(path, f"the file {inside!r}")
        if inside.casefold().endswith(".json") and info.file_size > MAX_GRAPH_BYTES:
            raise ModelError(f"{path}: {inside} is larger than {MAX_GRAPH_BYTES} bytes")


def _check_payloads(path: Path, content: Any) -> None:
    for name, payload in content["config"].items():
        # Tensors may be pickled: those are read weights-only. Custom and opaque objects are unpickled without a guard.
        if not re.fullmatch(r"(weight|tensor)_\d+", str(payload["path_name"])):
            _refuse(path, f"the pickled object {name!r}")
        _check_home(path, name)


def _check_home(path: Path, name: str) -> None:
    # torch puts a weight where its name says: "layer.__class__.forward" would change a class of torch.
    if any(part.startswith("__") for part in name.split(".")):
        _refuse(path, f"a weight called {name[:80]!r}")


def _check_graph(path: Path, value: Any, key: str) -> None:
    """Walk the JSON of a graph; `key` is the field in which `value` stands."""
    if isinstance(value, dict):
        if key == "metadata" and all(isinstance(each, str) for each in value.values()):
            return  # where a node comes from: notes that nothing depends on
        if key == "custom_obj_values" and value:
            _refuse(path, "objects of its own")
        for name, each in value.items():
            if not _NAME.fullmatch(name):
                _refuse(path, f"the name {name[:80]!r}")
            _check_graph(path, each, "" if key in _TABLES else name)
    elif isinstance(value, list):
        for each in value:
            _check_graph(path, each, key)
    elif isinstance(value, str):
        _check_text(path, value, key)


def _check_text(path: Path, text: str, key: str) -> None:
    if key in _FREE_TEXT:
        return
    if key in ("parameter_name", "buffer_name", "tensor_constant_name"):
        _check_home(path, text)
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
                isinstance(node.func, ast.Name)
                and bool(_FUNCTIONS.fullmatch(node.func.id))
                and (node.func.id != "Pow" or _is_small_power(node))
            )
        elif isinstance(node, ast.Constant):
            fine = isinstance(node.value, (bool, int, float)) or bool(_NAME.fullmatch(str(node.value)))
        if not fine:
            _refuse(path, f"the expression {text[:80]!r}")


def _is_small_power(call: ast.Call) -> bool:
    """A symbol to the power of 2 or so: a tower of powers would keep the machine busy for ever."""
    base, exponent = (ast.unparse(each) for each in call.args) if len(call.args) == 2 else ("", "")
    return base.startswith("Symbol(") and bool(re.fullmatch(r"Integer\(-?\d\)", exponent))


def _check_spec(path: Path, spec: Any) -> None:
    """How inputs nest: tuples, lists and dicts with plain keys, nothing that names a class to import."""
    context = spec["context"]
    keys = json.loads(context) if isinstance(context, str) else context
    plain = keys is None or (isinstance(keys, list) and all(isinstance(key, (str, int)) for key in keys))
    if spec["type"] not in _SPEC_TYPES or not plain or not all(_NAME.fullmatch(str(key)) for key in keys or ()):
        _refuse(path, f"inputs or outputs of the kind {str(spec['type'])[:80]!r}")
    for child in spec["children_spec"]:
        _check_spec(path, child)
