"""A small ONNX encoder with attention, with the names and the shapes of exported ones."""

from pathlib import Path

import numpy as np


def build_onnx(
    folder: Path,
    vocabulary: int,
    dim: int = 24,
    types: bool = True,
    integers: str = "INT64",
    fixed_dim: bool = True,
    pooled: bool = False,
    extra_input: bool = False,
) -> Path:
    """Save model.onnx in a folder; returns the folder."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    generator = np.random.default_rng(9)
    tables = {
        "words": generator.standard_normal((vocabulary, dim)),
        "kinds": generator.standard_normal((2, dim)),
        "mixing": generator.standard_normal((dim, dim)) / dim**0.5,
        "one": np.ones(1),
        "far": np.full(1, -1e9),
    }
    initial = [
        numpy_helper.from_array(table.astype(np.float32), name) for name, table in tables.items()
    ]
    initial.append(numpy_helper.from_array(np.array([1], np.int64), "axis"))
    steps = [
        ("Gather", ["words", "input_ids"], "looked_up", {}),
        ("Cast", ["attention_mask"], "real", {"to": TensorProto.FLOAT}),
        ("Sub", ["one", "real"], "padding", {}),
        ("Mul", ["padding", "far"], "bias", {}),
        ("Unsqueeze", ["bias", "axis"], "row_bias", {}),
        ("Transpose", ["hidden"], "turned", {"perm": [0, 2, 1]}),
        ("MatMul", ["hidden", "turned"], "scores", {}),
        ("Add", ["scores", "row_bias"], "masked", {}),
        ("Softmax", ["masked"], "weights", {"axis": -1}),
        ("MatMul", ["weights", "hidden"], "context", {}),
        ("MatMul", ["context", "mixing"], "mixed", {}),
        ("Add", ["mixed", "hidden"], "sum", {}),
        ("Tanh", ["sum"], "last_hidden_state", {}),
        ("ReduceMax", ["last_hidden_state"], "pooler_output", {"axes": [1], "keepdims": 0}),
    ]
    if types:
        steps[1:1] = [
            ("Gather", ["kinds", "token_type_ids"], "typed", {}),
            ("Add", ["looked_up", "typed"], "hidden", {}),
        ]
    else:
        steps.insert(1, ("Identity", ["looked_up"], "hidden", {}))
    nodes = [helper.make_node(kind, ins, [out], **options) for kind, ins, out, options in steps]
    names = ["input_ids", "attention_mask", *(["token_type_ids"] if types else [])]
    number = getattr(TensorProto, integers)
    inputs = [helper.make_tensor_value_info(name, number, ["batch", "tokens"]) for name in names]
    if extra_input:
        inputs.append(helper.make_tensor_value_info("pixels", number, [1]))
    width = dim if fixed_dim else "width"
    outputs = [
        helper.make_tensor_value_info("last_hidden_state", 1, ["batch", "tokens", width]),
        helper.make_tensor_value_info("pooler_output", 1, ["batch", width]),
    ]
    graph = helper.make_graph(
        nodes, "encoder", inputs, outputs[::-1] if pooled else outputs, initial
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "model.onnx")
    return folder
