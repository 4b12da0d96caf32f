#!/usr/bin/env python3
"""Writes reference.json: what PyTorch computes in float64, to judge the float64 reference by.

Made with PyTorch 1.13.1 (Debian's python3-torch). Inputs are not stored: element i of a tensor with salt s is
((i*7919 + s*104729) mod 257 - 128) / 64, which float32 holds exactly; src has salt 1, weight 2, bias 3. "special" puts
a value into one element of src or weight afterwards. "magnitude" holds sum |x||w| + |b|, pooled like the values.
"refused" problems are those that PyTorch refuses.
"""
import itertools, json, os
import torch
import torch.nn.functional as F

def numbers(shape, salt):
    n = 1
    for e in shape:
        n *= e
    i = torch.arange(n, dtype=torch.int64)
    return (((i * 7919 + salt * 104729) % 257 - 128).double() / 64).reshape(shape)

def compute(p, x, w, b):
    top, bottom, left, right = p["padding"]
    mode = {"zeros": "constant"}.get(p["mode"], p["mode"])
    if any(p["padding"]):
        x = F.pad(x, (left, right, top, bottom), mode=mode)
    y = F.conv2d(x, w, b, stride=p["stride"], dilation=p["dilation"], groups=p["groups"])
    if p["activation"] == "relu":
        y = F.relu(y)
    if p["pool"]:
        f = F.max_pool2d if p["pool"][0] == "max" else F.avg_pool2d
        y = f(y, p["pool"][1], stride=p["pool"][2])
    return y

def case(name, src, weight, stride=(1, 1), dilation=(1, 1), padding=(0, 0, 0, 0), mode="zeros", groups=1, bias=True,
         activation="none", pool=None, special=None):
    return dict(name=name, src=src, weight=weight, stride=stride, dilation=dilation, padding=padding, mode=mode, groups=groups,
                bias=bias, activation=activation, pool=pool, special=special)

CASES = []
for k in [(1, 1), (2, 2), (3, 3), (4, 4), (3, 2), (1, 5), (5, 1), (7, 7)]:
    CASES.append(case("kernel %dx%d" % k, (2, 1, 7, 8), (2, 1) + k, padding=(k[0] // 2, k[0] // 2, k[1] // 2, k[1] // 2)))
for s in [(1, 2), (2, 1), (2, 3), (5, 4), (9, 9)]:
    CASES.append(case("stride %dx%d" % s, (1, 2, 9, 11), (3, 2, 3, 2), stride=s))
for d in [(1, 2), (2, 1), (3, 2)]:
    CASES.append(case("dilation %dx%d" % d, (1, 2, 9, 11), (2, 2, 3, 3), dilation=d, stride=(1, 2), padding=(1, 2, 0, 3)))
for mode in ["zeros", "reflect", "replicate", "circular"]:
    for padding in [(1, 1, 1, 1), (2, 0, 0, 3), (0, 3, 4, 1), (4, 4, 5, 5)]:
        CASES.append(case("%s %s" % (mode, padding), (1, 2, 5, 6), (2, 2, 3, 3), padding=padding, mode=mode, stride=(1, 2) if padding[0] == 2 else (1, 1)))
CASES.append(case("circular padding = size", (1, 1, 3, 4), (1, 1, 2, 2), padding=(3, 3, 4, 4), mode="circular"))
CASES.append(case("replicate beyond size", (1, 1, 2, 3), (1, 1, 3, 3), padding=(5, 4, 6, 7), mode="replicate"))
CASES.append(case("zeros beyond kernel", (1, 1, 3, 3), (1, 1, 2, 2), padding=(5, 4, 3, 6)))
for g, c, k in [(2, 4, 6), (3, 3, 3), (3, 3, 6), (5, 10, 5), (2, 6, 2)]:
    CASES.append(case("groups %d of %d to %d" % (g, c, k), (2, c, 4, 5), (k, c // g, 3, 3), groups=g, padding=(1, 1, 1, 1)))
CASES.append(case("70 channels, depthwise", (1, 70, 3, 3), (70, 1, 2, 2), groups=70))
CASES.append(case("70 channels", (1, 70, 3, 5), (2, 70, 3, 3), padding=(1, 1, 1, 1)))
for bias, activation in itertools.product([False, True], ["none", "relu"]):
    CASES.append(case("bias %s, %s" % (bias, activation), (2, 2, 4, 5), (3, 2, 3, 3), bias=bias, activation=activation))
for kind, size, stride in [("max", (2, 2), (2, 2)), ("avg", (2, 2), (2, 2)), ("max", (3, 2), (2, 1)), ("avg", (3, 2), (1, 3)),
                           ("max", (1, 3), (4, 4)), ("avg", (7, 8), (7, 8)), ("avg", (3, 3), (3, 3))]:
    for activation in ["none", "relu"]:
        CASES.append(case("%s pool %s %s, %s" % (kind, size, stride, activation), (1, 2, 7, 8), (2, 2, 3, 3), padding=(1, 1, 1, 1),
                          pool=(kind, size, stride), activation=activation))
CASES += [
    case("kernel = image", (2, 2, 5, 7), (3, 2, 5, 7)),
    case("kernel = padded image", (2, 1, 3, 3), (2, 1, 5, 7), padding=(1, 1, 2, 2)),
    case("one pixel", (2, 3, 1, 1), (4, 3, 1, 1)),
    case("one pixel, 3x3", (1, 1, 1, 1), (2, 1, 3, 3), padding=(1, 1, 1, 1)),
    case("one row", (1, 2, 1, 13), (2, 2, 1, 5), padding=(0, 0, 2, 2)),
    case("one column", (1, 2, 13, 1), (2, 2, 5, 1), padding=(2, 2, 0, 0)),
    case("empty batch", (0, 2, 5, 5), (3, 2, 3, 3)),
    case("all at once", (2, 4, 11, 13), (6, 2, 3, 4), stride=(2, 3), dilation=(2, 1), padding=(1, 0, 2, 3), mode="reflect", groups=2,
         activation="relu", pool=("max", (2, 2), (1, 2))),
]
for value in ["nan", "inf", "-inf"]:
    for where in ["src", "weight"]:
        for activation, pool in [("none", None), ("relu", None), ("relu", ("max", (2, 2), (2, 2))), ("none", ("avg", (2, 3), (2, 3)))]:
            CASES.append(case("%s in %s, %s, %s" % (value, where, activation, pool and pool[0]), (1, 2, 5, 6), (2, 2, 3, 3),
                              padding=(1, 1, 1, 1), activation=activation, pool=pool, special=(where, 10, value)))

REFUSED = [
    case("reflect padding = size", (1, 1, 4, 5), (1, 1, 3, 3), padding=(4, 0, 0, 0), mode="reflect"),
    case("reflect padding > size", (1, 1, 4, 5), (1, 1, 3, 3), padding=(0, 0, 0, 7), mode="reflect"),
    case("circular padding > size", (1, 1, 4, 5), (1, 1, 3, 3), padding=(5, 0, 0, 0), mode="circular"),
    case("kernel > image", (1, 1, 4, 5), (1, 1, 5, 3)),
    case("dilated kernel > image", (1, 1, 4, 5), (1, 1, 3, 3), dilation=(2, 1)),
    case("channels", (1, 3, 4, 5), (2, 2, 3, 3)),
    case("groups of channels", (1, 3, 4, 5), (2, 1, 3, 3), groups=2),
    case("groups of filters", (1, 4, 4, 5), (3, 2, 3, 3), groups=2),
    case("stride 0", (1, 1, 4, 5), (1, 1, 3, 3), stride=(0, 1)),
    case("pool > sums", (1, 1, 4, 5), (1, 1, 3, 3), pool=("max", (3, 1), (1, 1))),
]

def value(v):
    return v if v == v and abs(v) != float("inf") else str(v)

def tensors(p):
    x, w = numbers(p["src"], 1), numbers(p["weight"], 2)
    b = numbers((p["weight"][0],), 3) if p["bias"] else None
    if p["special"]:
        where, at, v = p["special"]
        (x if where == "src" else w).view(-1)[at] = float(v)
    return x, w, b

out = []
for p in CASES:
    x, w, b = tensors(p)
    y = compute(p, x, w, b)
    golden = dict(p, dst=list(y.shape), values=[value(v) for v in y.flatten().tolist()])
    if not p["special"]:
        linear = dict(p, activation="none")
        golden["magnitude"] = compute(linear, x.abs(), w.abs(), None if b is None else b.abs()).flatten().tolist()
    out.append(golden)
refused = []
for p in REFUSED:
    try:
        compute(p, *tensors(p))
    except (RuntimeError, ValueError, AssertionError):
        refused.append(p)
    else:
        raise SystemExit("PyTorch computes " + p["name"])
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference.json")
with open(path, "w") as f:
    f.write('{"made_by": "PyTorch %s", "cases": [\n' % torch.__version__)
    f.write(",\n".join(json.dumps(c, separators=(",", ":")) for c in out))
    f.write('\n], "refused": [\n')
    f.write(",\n".join(json.dumps(c, separators=(",", ":")) for c in refused))
    f.write("\n]}\n")
