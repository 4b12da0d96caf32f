"""Makes the golden files of package checkpoint, with PyTorch and safetensors:

    python make.py    # writes beside itself: small.pt, nested.pt, module.pt, protocol4.pt, alone.pt,
    # small.safetensors

The values of every tensor are (index in C order) / 8 - 1, which each type but the integers holds; integers are the index.
"""
import collections
import os

import torch
from safetensors.torch import save_file

os.chdir(os.path.dirname(os.path.abspath(__file__)))


def values(shape, dtype):
    n = torch.arange(torch.tensor(shape).prod().item())
    return (n if not dtype.is_floating_point else n / 8 - 1).reshape(shape).to(dtype)


weight = values([2, 3, 2, 2], torch.float32)
state = collections.OrderedDict()
state["conv.weight"] = torch.nn.Parameter(weight)
state["conv.bias"] = values([2], torch.float64)
state["half"] = values([2, 2], torch.float16)
state["bfloat"] = values([2, 2], torch.bfloat16)
state["long"] = values([3], torch.int64)
state["flag"] = torch.tensor([True, False])
state["last"] = weight.contiguous(memory_format=torch.channels_last)
state["part"] = values([4, 4], torch.float32)[1:3, 1:]
torch.save(state, "small.pt")


class Config:
    def __init__(self):
        self.rate = 0.1


torch.save({"epoch": 3, "state_dict": {"conv.weight": weight}, "config": Config(), "layers": [weight[:1]]}, "nested.pt")
torch.save(torch.nn.Conv2d(3, 2, 2), "module.pt")
torch.save({"w": weight}, "protocol4.pt", pickle_protocol=4)
torch.save(weight, "alone.pt")

save_file({k: v.detach().contiguous().clone() for k, v in state.items()}, "small.safetensors")
