"""A graph of ONNX operators, written down as it would be computed. Why no library does it: docs/libraries.md."""

import hashlib

import numpy as np

from featfer.errors import ParameterError
from featfer.utils.environment import import_extra

OPSET = 18
IR = 10  # of the file's own format: what runtimes of 2024 read, too


class Graph:
    """Operators one after another: graph("Add", x, array) adds one and returns the name (str) of what comes out of it.

    An array among the inputs becomes a constant of the file; equal ones stand in it once.
    """

    def __init__(self):
        self.helper = import_extra("onnx", "export").helper
        self.nodes, self.constants = [], {}

    def __call__(self, operator, *inputs, **attributes):
        name = f"{operator.lower()}_{len(self.nodes)}"
        names = [value if isinstance(value, str) else self._constant(np.asarray(value)) for value in inputs]
        self.nodes.append(self.helper.make_node(operator, names, [name], name=name, **attributes))
        return name

    def cast(self, value, dtype):
        """Add a cast of a name or an array to a NumPy dtype: an array stays in the file as it is, however small."""
        return self("Cast", value, to=self.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def affine(self, x, weights, constant):
        """Add x @ weights + constant, in float32."""
        return self("Add", self("MatMul", x, np.asarray(weights, np.float32)), np.asarray(constant, np.float32))

    def softmax(self, x):
        """Add a softmax over columns."""
        return self("Softmax", x, axis=1)

    def inline(self, model, x):
        """Add all of an ONNX model with one input, x in the place of that; return the names of its outputs (list)."""
        from onnx import numpy_helper
        new = f"inlined_{len(self.nodes)}_"
        names = {model.graph.input[0].name: x, "": ""}
        names |= {constant.name: self._constant(numpy_helper.to_array(constant)) for constant in model.graph.initializer}
        for node in model.graph.node:
            names |= {name: new + name for name in node.output}
            node.name = new + node.name
            node.input[:], node.output[:] = ([names[name] for name in ends] for ends in (node.input, node.output))
            node.ClearField("metadata_props")  # where torch writes down the lines of code that each operator comes from
            self.nodes.append(node)
        return [names[out.name] for out in model.graph.output]

    def model(self, taken, given, facts):
        """Return the whole as an ONNX model.

        taken: {name: (NumPy dtype, shape)} of the input; given: {name: (NumPy dtype, shape, node)} of the outputs; the first of
        a shape is "n", free; facts: {str: str} for the file's metadata
        """
        helper, names = self.helper, []
        for name, (_, _, node) in given.items():
            names.append(self.helper.make_node("Identity", [node], [name], name=name))
        described = [[helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)
                      for name, (dtype, shape, *_) in ends.items()] for ends in (taken, given)]
        graph = helper.make_graph([*self.nodes, *names], "featfer", *described, initializer=list(self.constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR, producer_name="featfer")
        helper.set_model_props(model, facts)
        return model

    def _constant(self, array):
        from onnx import numpy_helper
        name = f"constant_{hashlib.sha256(f'{array.dtype}{array.shape}'.encode() + array.tobytes()).hexdigest()[:12]}"
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(array, name)
        return name


def cannot(what, instead):
    """Return the error for what has no ONNX form."""
    return ParameterError(f"{what} cannot be exported to ONNX; {instead}")
