"""Writes the float networks of MLPerf Tiny, which are published as TensorFlow Lite files,
as ONNX, with a description beside each.

    pip install tflite numpy onnx
    python3 from_tflite.py FOLDER_OF_TFLITE_FILES OUTPUT_FOLDER

It reads convolutions, depthwise convolutions, fully connected layers, sums, average pools,
reshapes and a softmax at the end, with Relu and Relu6 in them. Anything else stops it. The
input keeps its order, [N, H, W, C]; the nodes after it are [N, C, H, W].
"""

import pathlib
import sys

import numpy
import onnx
import tflite
from onnx import TensorProto, helper, numpy_helper

# What the benchmark feeds: https://github.com/mlcommons/tiny, benchmark/training.
DESCRIPTIONS = {
    # Pixels of CIFAR-10 as they are, 0 to 255.
    "pretrainedResnet.tflite": """[input]
size = [32, 32]
channels = "rgb"
range = [0, 255]

[output]
labels = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
""",
    # Pixels divided by 255.
    "vww_96_float.tflite": """[input]
size = [96, 96]
channels = "rgb"
range = [0, 1]

[output]
labels = ["no person", "person"]
""",
}
NAMES = {
    "ad01_fp32.tflite": "ad01",
    "pretrainedResnet.tflite": "resnet8",
    "kws_ref_model_float32.tflite": "kws",
    "vww_96_float.tflite": "vww",
}
ACTIVATIONS = {0: None, 1: "Relu", 3: "Relu6"}
OPERATORS = {value: name for name, value in vars(tflite.BuiltinOperator).items() if isinstance(value, int)}


class Writer:
    """Turns one subgraph into nodes and constants."""

    def __init__(self, model):
        self.model = model
        self.graph = model.Subgraphs(0)
        self.nodes = []
        self.constants = []
        # What is a map [N, C, H, W] here and [N, H, W, C] in the file.
        self.names = {}

    def tensor(self, index):
        return self.graph.Tensors(index)

    def values(self, index):
        """A constant's values, in the file's order."""
        tensor = self.tensor(index)
        data = self.model.Buffers(tensor.Buffer()).DataAsNumpy()
        kind = {0: numpy.float32, 2: numpy.int32, 9: numpy.int8}[tensor.Type()]
        values = numpy.frombuffer(data.tobytes(), kind).reshape(tensor.ShapeAsNumpy())
        if kind != numpy.int8:
            return values
        # The keyword network's float file keeps some weights in int8, one scale a filter.
        found = tensor.Quantization()
        shape = [1] * values.ndim
        shape[found.QuantizedDimension()] = -1
        scale, zero = found.ScaleAsNumpy().reshape(shape), found.ZeroPointAsNumpy().reshape(shape)
        return ((values - zero) * scale).astype(numpy.float32)

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(numpy.ascontiguousarray(values), name))
        return name

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def activated(self, name, activation):
        kind = ACTIVATIONS[activation]
        if kind == "Relu":
            return self.node("Relu", [name], f"{name}.relu")
        if kind == "Relu6":
            bounds = [self.constant(f"{name}.{end}", numpy.float32(value)) for end, value in (("low", 0), ("high", 6))]
            return self.node("Clip", [name, *bounds], f"{name}.relu6")
        return name

    def operator(self, number, operator):
        code = self.model.OperatorCodes(operator.OpcodeIndex())
        kind = OPERATORS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
        inputs = [index for index in operator.InputsAsNumpy() if index >= 0]
        output = operator.OutputsAsNumpy()[0]
        name = f"{kind.lower()}{number}"
        table = operator.BuiltinOptions()

        def options(of):
            found = of()
            found.Init(table.Bytes, table.Pos)
            return found

        read = [self.names.get(index) for index in inputs]
        if kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            chosen = options(tflite.Conv2DOptions if kind == "CONV_2D" else tflite.DepthwiseConv2DOptions)
            weights = self.values(inputs[1])
            # [O, H, W, I] of a convolution, [1, H, W, O] of a depthwise one.
            order = (0, 3, 1, 2) if kind == "CONV_2D" else (3, 0, 1, 2)
            group = 1 if kind == "CONV_2D" else weights.shape[3]
            operands = [read[0], self.constant(f"{name}.weight", weights.transpose(order))]
            if len(inputs) > 2:
                operands.append(self.constant(f"{name}.bias", self.values(inputs[2])))
            made = self.node("Conv", operands, name, group=group, kernel_shape=weights.shape[1:3],
                             dilations=[chosen.DilationHFactor(), chosen.DilationWFactor()],
                             strides=[chosen.StrideH(), chosen.StrideW()],
                             auto_pad="SAME_UPPER" if chosen.Padding() == 0 else "VALID")
            made = self.activated(made, chosen.FusedActivationFunction())
        elif kind == "FULLY_CONNECTED":
            chosen = options(tflite.FullyConnectedOptions)
            operands = [read[0], self.constant(f"{name}.weight", self.values(inputs[1]))]
            if len(inputs) > 2:
                operands.append(self.constant(f"{name}.bias", self.values(inputs[2])))
            made = self.node("Gemm", operands, name, transB=1)
            made = self.activated(made, chosen.FusedActivationFunction())
        elif kind == "ADD":
            chosen = options(tflite.AddOptions)
            made = self.activated(self.node("Add", read, name), chosen.FusedActivationFunction())
        elif kind == "AVERAGE_POOL_2D":
            chosen = options(tflite.Pool2DOptions)
            assert chosen.Padding() == 1, "an average that counts fewer values at the edge"
            made = self.node("AveragePool", read, name, kernel_shape=[chosen.FilterHeight(), chosen.FilterWidth()],
                             strides=[chosen.StrideH(), chosen.StrideW()])
        elif kind == "RESHAPE":
            shape = self.tensor(inputs[0]).ShapeAsNumpy()
            assert len(shape) == 2 or shape[1] == shape[2] == 1, "a map whose order would change"
            made = self.node("Flatten", read[:1], name, axis=1)
        elif kind == "SOFTMAX":
            made = self.node("Softmax", read, name, axis=1)
        else:
            raise SystemExit(f"operator {number} ({kind}) is not read")
        self.names[output] = made

    def write(self, name):
        source = self.graph.Inputs(0)
        shape = [int(size) for size in self.tensor(source).ShapeAsNumpy()]
        first = "input"
        if len(shape) == 4:
            self.names[source] = self.node("Transpose", [first], "channels-first", perm=[0, 3, 1, 2])
        else:
            self.names[source] = first
        for number in range(self.graph.OperatorsLength()):
            self.operator(number, self.graph.Operators(number))
        output = self.graph.Outputs(0)
        sizes = [int(size) for size in self.tensor(output).ShapeAsNumpy()]
        graph = helper.make_graph(
            self.nodes, name,
            [helper.make_tensor_value_info(first, TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(self.names[output], TensorProto.FLOAT, sizes)],
            self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        onnx.checker.check_model(model)
        return model


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    folder, output = map(pathlib.Path, sys.argv[1:])
    output.mkdir(parents=True, exist_ok=True)
    found = 0
    for path in sorted(folder.iterdir()):
        file = path.name.rsplit("--")[-1]
        if file not in NAMES:
            continue
        name = NAMES[file]
        model = Writer(tflite.Model.GetRootAsModel(path.read_bytes(), 0)).write(name)
        onnx.save(model, output / f"{name}.onnx")
        if file in DESCRIPTIONS:
            (output / f"{name}.toml").write_text(DESCRIPTIONS[file])
        print(f"{path.name}: {output / name}.onnx")
        found += 1
    if found != len(NAMES):
        raise SystemExit(f"{found} of {len(NAMES)} files were found in {folder}: {', '.join(NAMES)}")


if __name__ == "__main__":
    main()
