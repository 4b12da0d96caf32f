#!/usr/bin/env python3
"""Times the operator Conv of ONNX, by ONNX Runtime or OpenVINO, on the processor and in float32.

onnx_conv.py [--runtime onnxruntime|openvino] [--count 7] [--cpu-time] [CASE …]         prints one JSON line per case
onnx_conv.py --serve [--runtime onnxruntime|openvino]                    answers peers.py line by line: see peer.py

A case is N,Cin,H,W,Cout,K,pad,stride,groups.
"""
from onnx import TensorProto, helper
import peer


def model(case, weight):
    """Returns a model that computes y from x. Its weights are constants, so that a runtime may pack them."""
    top, left = peer.symmetric(case)
    node = helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=case["weight"][2:], strides=case["stride"],
        pads=[top, left, top, left], dilations=case["dilation"], group=case["groups"])
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    weights = helper.make_tensor("w", TensorProto.FLOAT, weight.shape, weight.tobytes(), raw=True)
    graph = helper.make_graph([node], "conv", [value("x", case["src"])], [value("y", case["dst"])], [weights])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


class OnnxRuntime:
    """A session that reads and writes memory which is bound to it once."""

    def __init__(self, case, x, weight, threads):
        import onnxruntime as ort
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = ort.InferenceSession(model(case, weight), options, providers=["CPUExecutionProvider"])
        self.src = ort.OrtValue.ortvalue_from_numpy(x)
        self.dst = ort.OrtValue.ortvalue_from_shape_and_type(case["dst"], x.dtype)
        self.binding = self.session.io_binding()
        self.binding.bind_ortvalue_input("x", self.src)
        self.binding.bind_ortvalue_output("y", self.dst)

    def run(self):
        self.session.run_with_iobinding(self.binding)

    def output(self, images):
        return self.dst.numpy()[:images]

    @staticmethod
    def version():
        import onnxruntime
        return "ONNX Runtime " + onnxruntime.__version__


class OpenVINO:
    """A request that reads the caller's memory."""

    def __init__(self, case, x, weight, threads):
        import openvino
        core = openvino.Core()
        compiled = core.compile_model(core.read_model(model(case, weight)), "CPU", {"INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads})
        self.request, self.x = compiled.create_infer_request(), x  # the request does not keep x alive
        self.request.set_input_tensor(openvino.Tensor(x, shared_memory=True))

    def run(self):
        self.request.infer()

    def output(self, images):
        return self.request.get_output_tensor().data[:images]

    @staticmethod
    def version():
        import openvino
        return "OpenVINO " + openvino.__version__.split("-")[0]


RUNTIMES = {"onnxruntime": OnnxRuntime, "openvino": OpenVINO}
parser = peer.arguments(__doc__)
parser.add_argument("--runtime", choices=list(RUNTIMES), default="onnxruntime")
args = parser.parse_args()
peer.main(args, RUNTIMES[args.runtime].version(), RUNTIMES[args.runtime])
