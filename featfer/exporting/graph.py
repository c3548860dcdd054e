"""A graph of ONNX operators, built in the order of computation. docs/libraries.md says why no library does it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from featfer.errors import ParameterError
from featfer.utils.environment import import_extra

OPSET = 18
IR = 10  # version of the file format, which runtimes of 2024 can read


class Graph:
    """A sequence of ONNX operators: graph("Add", x, array) appends one and returns the name of its output (str).

    Arrays among the inputs become constants of the file; equal ones are stored once.
    """

    def __init__(self) -> None:
        self.helper = import_extra("onnx", "export").helper
        self.nodes, self.constants = list[Any](), dict[str, Any]()

    def __call__(self, operator: str, *inputs: ArrayLike, **attributes: Any) -> str:
        name = f"{operator.lower()}_{len(self.nodes)}"
        names = [value if isinstance(value, str) else self._constant(np.asarray(value)) for value in inputs]
        self.nodes.append(self.helper.make_node(operator, names, [name], name=name, **attributes))
        return name

    def cast(self, value: ArrayLike, dtype: DTypeLike) -> str:
        """Add a cast. An array is stored in its own, perhaps smaller, dtype and cast when the graph runs.

        Parameters
        ----------
        value : str or array
        dtype : NumPy dtype

        Returns
        -------
        str
        """
        return self("Cast", value, to=self.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def affine(self, x: str, weights: ArrayLike, constant: ArrayLike) -> str:
        """Add x @ weights + constant, in float32.

        Parameters
        ----------
        x : str
        weights, constant : array

        Returns
        -------
        str
        """
        return self("Add", self("MatMul", x, np.asarray(weights, np.float32)), np.asarray(constant, np.float32))

    def softmax(self, x: str) -> str:
        """Add a softmax over columns.

        Parameters
        ----------
        x : str

        Returns
        -------
        str
        """
        return self("Softmax", x, axis=1)

    def inline(self, model: Any, x: str) -> list[str]:
        """Add all operators of an ONNX model with one input.

        Parameters
        ----------
        model : onnx.ModelProto
        x : str
            Name that replaces the model's input.

        Returns
        -------
        list of str
            Names of its outputs.
        """
        from onnx import numpy_helper
        new = f"inlined_{len(self.nodes)}_"
        names = {model.graph.input[0].name: x, "": ""}
        names |= {constant.name: self._constant(numpy_helper.to_array(constant)) for constant in model.graph.initializer}
        for node in model.graph.node:
            names |= {name: new + name for name in node.output}
            node.name = new + node.name
            node.input[:], node.output[:] = ([names[name] for name in ends] for ends in (node.input, node.output))
            node.ClearField("metadata_props")  # torch's notes from which lines of code each operator comes
            self.nodes.append(node)
        return [names[out.name] for out in model.graph.output]

    def make_model(self, inputs: Mapping[str, tuple[DTypeLike, Sequence[Any]]],
                   outputs: Mapping[str, tuple[DTypeLike, Sequence[Any], str]], facts: dict[str, str]) -> Any:
        """Make an ONNX model of the graph.

        Parameters
        ----------
        inputs : dict
            {name: (NumPy dtype, shape)}; the first element of a shape is "n", for any number of rows.
        outputs : dict
            {name: (NumPy dtype, shape, name in the graph)}
        facts : dict of str
            Metadata of the file.

        Returns
        -------
        onnx.ModelProto
        """
        helper = self.helper
        names = [helper.make_node("Identity", [node], [name], name=name) for name, (_, _, node) in outputs.items()]
        types = [[helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(np.dtype(dtype)), shape)
                  for name, (dtype, shape, *_) in ends.items()] for ends in (inputs, outputs)]
        graph = helper.make_graph([*self.nodes, *names], "featfer", *types, initializer=list(self.constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR, producer_name="featfer")
        helper.set_model_props(model, facts)
        return model

    def _constant(self, array: NDArray[Any]) -> str:
        from onnx import numpy_helper
        name = f"constant_{hashlib.sha256(f'{array.dtype}{array.shape}'.encode() + array.tobytes()).hexdigest()[:12]}"
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(array, name)
        return name


def make_refusal(what: str, instead: str) -> ParameterError:
    """Make the error for something that has no ONNX form.

    Parameters
    ----------
    what, instead : str
        What cannot be exported, and what to do instead.

    Returns
    -------
    ParameterError
    """
    return ParameterError(f"{what} cannot be exported to ONNX; {instead}")
