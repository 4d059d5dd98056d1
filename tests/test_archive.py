"""Archives that could run code when torch loads them: each is refused before it is loaded."""

from __future__ import annotations

import json
import pickle
import re
import zipfile
from collections.abc import Callable
from copy import copy as copy_of
from pathlib import Path
from typing import Any

import pytest
import torch

from reporter.archive import checked, is_plain_operator
from reporter.errors import ModelError, NotTrusted
from reporter.unpacking import read_program
from tests.networks import mlp


def check_archive(path: Path) -> None:
    with checked(path):
        pass


Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "model.pt2"
    batch = {0: torch.export.Dim("batch")}
    torch.export.save(torch.export.export(mlp(), (torch.zeros(2, 6),), dynamic_shapes=(batch,)), path)
    return path


def changed(path: Path, edits: dict[str, Callable[[bytes], bytes]], added: dict[str, bytes] | None = None) -> Path:
    """The archive with some files edited and some added."""
    target = path.with_name("changed.pt2")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for info in old.infolist():
            inside = info.filename.partition("/")[2]
            new.writestr(info.filename, edits.get(inside, bytes)(old.read(info)))
        for name, content in (added or {}).items():
            new.writestr(f"model/{name}", content)
    return target


def graph_changed(path: Path, change: Change) -> Path:
    def edit(content: bytes) -> bytes:
        graph = json.loads(content)
        change(graph)
        return json.dumps(graph).encode()

    return changed(path, {"models/model.json": edit})


def set_target(name: str) -> Change:
    def change(graph: dict[str, Any]) -> None:
        graph["graph_module"]["graph"]["nodes"][0]["target"] = name

    return change


def set_expression(text: str) -> Change:
    def change(graph: dict[str, Any]) -> None:
        graph["graph_module"]["graph"]["tensor_values"]["input"]["sizes"][0]["as_expr"]["expr_str"] = text

    return change


def set_guard(text: str) -> Change:
    def change(graph: dict[str, Any]) -> None:
        graph["guards_code"] = [text]

    return change


def set_node_name(text: str) -> Change:
    def change(graph: dict[str, Any]) -> None:
        graph["graph_module"]["graph"]["nodes"][0]["name"] = text

    return change


def set_spec(kind: str, context: str) -> Change:
    spec = json.dumps([1, {"type": kind, "context": context, "children_spec": []}])

    def change(graph: dict[str, Any]) -> None:
        graph["graph_module"]["module_call_graph"][0]["signature"]["in_spec"] = spec

    return change


def test_what_torch_writes_is_fine(exported: Path) -> None:
    check_archive(exported)
    check_archive(graph_changed(exported, lambda graph: None))


def set_table(table: str, name: str, value: Any) -> Change:
    def change(graph: dict[str, Any]) -> None:
        graph["graph_module"]["graph"][table][name] = value

    return change


def set_weight(name: str) -> Change:
    def change(graph: dict[str, Any]) -> None:
        next(each for each in graph["graph_module"]["signature"]["input_specs"] if "parameter" in each)["parameter"][
            "parameter_name"
        ] = name

    return change


EVIL = {"as_expr": {"expr_str": "__import__('os').system('true')", "hint": {"as_int": 1}}}

ATTACKS: list[tuple[str, Change]] = [
    # A tensor may be called as a field of free text is.
    ("the expression", set_table("sym_int_values", "metadata", EVIL)),
    ("the expression", set_table("sym_int_values", "as_string", EVIL)),
    ("the expression", set_table("tensor_values", "stack_trace", {"sizes": [EVIL]})),
    ("objects of its own", set_table("custom_obj_values", "metadata", {"name": "x", "class_fqn": "os.system"})),
    ("a weight called '0.__class__.forward'", set_weight("0.__class__.forward")),
    ("a call of 'torch.ops.aten.__setattr__'", set_target("torch.ops.aten.__setattr__")),
    ("a call of 'torch.ops.aten.linear.__setattr__'", set_target("torch.ops.aten.linear.__setattr__")),
    (
        "a call of 'torch.ops.aten._nested_view_from_buffer",
        set_target("torch.ops.aten._nested_view_from_buffer.default"),
    ),
    ("a call of 'torch.ops.aten.set_.source_Storage'", set_target("torch.ops.aten.set_.source_Storage")),
    ("a call of 'math.factorial'", set_target("math.factorial")),
    ("the expression", set_expression("Pow(Integer(9), Pow(Integer(9), Integer(9)))")),
    ("the expression", set_expression("Pow(Symbol('x'), Integer(99))")),
    ("a call of 'torch.os.system'", set_target("torch.os.system")),
    ("a call of 'torch.load'", set_target("torch.load")),
    ("a call of 'torch.ops.aten.from_file.default'", set_target("torch.ops.aten.from_file.default")),
    ("a call of 'torch.ops.mylib.run.default'", set_target("torch.ops.mylib.run.default")),
    ("a call of '_operator.attrgetter'", set_target("_operator.attrgetter")),
    ("a call of '#ext'", set_target("#ext")),
    ("the expression", set_expression("__import__('os').system('true')")),
    ("the expression", set_expression("(lambda: 1)()")),
    ("the expression", set_expression("Symbol('x').__class__")),
    ("the expression", set_expression("[1 for i in (1,)]")),
    ("the expression", set_expression("exec('1')")),
    ("the expression", set_expression("Symbol('x') ** 9 ** 9")),
    ("the expression", set_expression("1 +" * 3000 + "1")),
    ("the expression", set_expression("not python at all")),
    ("the expression", set_guard("__import__('os').system('true')")),
    ("the expression", set_guard("L['input'].data_ptr() == 0")),
    ("'x); import os'", set_node_name("x); import os")),
    ("inputs or outputs of the kind", set_spec("collections.defaultdict", "null")),
    ("inputs or outputs of the kind", set_spec("builtins.dict", '["a b"]')),
    ("inputs or outputs of the kind", set_spec("builtins.tuple", '{"__enum__": true}')),
]


@pytest.mark.parametrize(("said", "change"), ATTACKS, ids=[str(i) for i in range(len(ATTACKS))])
def test_graphs_that_could_run_code_are_refused(exported: Path, said: str, change: Change) -> None:
    with pytest.raises(NotTrusted, match=re.escape(said)) as caught:
        check_archive(graph_changed(exported, change))
    assert "--trust" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_guard_over_sizes_is_fine(exported: Path) -> None:
    check_archive(graph_changed(exported, set_guard("L['input'].size()[0] >= 2 and L['input'].size()[0] % 2 == 0")))


def test_pickled_objects_are_refused(exported: Path) -> None:
    def with_object(content: bytes) -> bytes:
        config = json.loads(content)
        config["config"]["thing"] = {
            "path_name": "opaque_obj_0",
            "is_param": False,
            "use_pickle": True,
            "tensor_meta": None,
        }
        return json.dumps(config).encode()

    path = changed(
        exported,
        {"data/constants/model_constants_config.json": with_object},
        {"data/constants/opaque_obj_0": pickle.dumps(Bomb())},
    )
    with pytest.raises(NotTrusted, match="the pickled object 'thing'"):
        check_archive(path)


class Bomb:
    """Raises when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, ("raise SystemExit('a bomb went off')",)


def test_files_that_no_plain_archive_has_are_refused(exported: Path) -> None:
    with pytest.raises(NotTrusted, match=r"data/aotinductor/model/x\.so"):
        check_archive(changed(exported, {}, {"data/aotinductor/model/x.so": b"x"}))


def test_other_zip_files_are_no_programs(tmp_path: Path, exported: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a/b", b"x")
    with pytest.raises(ModelError, match="not an exported program of a known form"):
        check_archive(tmp_path / "a.zip")
    (tmp_path / "b.pt2").write_bytes(b"x")
    with pytest.raises(ModelError, match="not an exported program"):
        check_archive(tmp_path / "b.pt2")
    with pytest.raises(ModelError, match="not an exported program"):
        check_archive(changed(exported, {"models/model.json": lambda _: b"{"}))
    with pytest.raises(ModelError, match="not an exported program"):
        check_archive(changed(exported, {"models/model.json": lambda _: b"[" * 100_000}))


def test_expressions_of_sizes_are_fine(exported: Path) -> None:
    for text in ("Mul(Integer(6), Symbol('s10', positive=True, integer=True))", "Pow(Symbol('s10'), Integer(2))"):
        check_archive(graph_changed(exported, set_expression(text)))


@pytest.mark.parametrize(
    ("name", "error"),
    [
        (
            "model/data/constants/MODEL_constants_config.JSON",
            "names a file twice",
        ),  # torch ignores case
        ("model/models/model.json", "names a file twice"),
        ("other/models/model.json", "more than one folder"),
        ("model/data/weights/../../../x", r"the file 'data/weights/\.\./\.\./\.\./x'"),
        ("version", "more than one folder"),  # of the older form, which torch would fall back to
        ("model/serialized_exported_program.json", "the file 'serialized_exported_program.json'"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_files_that_two_readers_may_see_differently(name: str, error: str, exported: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.pt2"
    with zipfile.ZipFile(exported) as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            new.writestr(f"model/{info.filename.partition('/')[2]}", old.read(info))
        new.writestr(name, b"{}")
    with pytest.raises(ModelError, match=error) as caught:
        check_archive(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match=error):
        read_program(path)


def test_torch_reads_what_was_looked_at_and_nothing_else(exported: Path) -> None:
    """One file, two lists of contents: zipfile takes the one at the end, other readers the one that is pointed to."""
    with checked(exported) as copy, zipfile.ZipFile(copy) as same, zipfile.ZipFile(exported) as old:
        assert {n.partition("/")[2] for n in same.namelist()} == {n.partition("/")[2] for n in old.namelist()}
        assert all(name.startswith("archive/") for name in same.namelist())
    hidden = exported.with_name("hidden.pt2")
    hidden.write_bytes(graph_changed(exported, set_target("torch.load")).read_bytes() + exported.read_bytes())
    with checked(hidden) as copy:
        assert b"torch.load" not in copy.read()
        copy.seek(0)
        assert torch.export.load(copy).module()(torch.zeros(2, 6)).shape == (2, 3)


def test_files_that_lie_over_each_other_are_refused(exported: Path) -> None:
    """A zip bomb without compression: many names for the same bytes."""
    path = exported.with_name("bomb.pt2")
    with zipfile.ZipFile(exported) as old, zipfile.ZipFile(path, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
        new.writestr("x/data/weights/weight_99".replace("x", new.namelist()[0].partition("/")[0]), b"0" * 100_000)
        last = new.infolist()[-1]
        for number in range(100, 110):
            twin = copy_of(last)
            twin.filename = last.filename.replace("99", str(number))
            new.filelist.append(twin)
            new.NameToInfo[twin.filename] = twin
    with pytest.raises(ModelError, match="lie over each other"):
        check_archive(path)


def test_compressed_archives_are_refused(exported: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(exported) as old, zipfile.ZipFile(tmp_path / "c.pt2", "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
    with pytest.raises(ModelError, match="compressed or too large"):
        check_archive(tmp_path / "c.pt2")


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("torch.ops.aten.linear.default", True),
        ("torch.sym_max", True),
        ("torch.ops.aten.__and__.Tensor", True),
        ("torch.ops.aten._assert_tensor_metadata.default", True),
        ("torch.ops.aten.__getattr__", False),
        ("torch.ops.aten._pickle", False),
        ("torch.sym_ite.__globals__", False),
        ("_operator.mul", True),
        ("math.ceil", True),
        ("torch.ops.aten.from_file", False),
        ("torch.ops.aten.linear.default.__globals__", False),
        ("torch.ops.higher_order.cond", False),
        ("builtins.eval", False),
    ],
)
def test_plain_operators(name: str, plain: bool) -> None:
    assert is_plain_operator(name) is plain
