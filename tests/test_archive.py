"""Archives that could run code when torch loads them: each is refused before it is loaded."""

from __future__ import annotations

import json
import pickle
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from reporter.archive import checked, is_plain_operator
from reporter.errors import ModelError, NotTrusted
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


ATTACKS: list[tuple[str, Change]] = [
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
