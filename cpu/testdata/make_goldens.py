#!/usr/bin/env python3
"""Writes reference.json beside itself: what PyTorch computes in float64, to judge the float64 reference by.

    python3 make_goldens.py

Made with PyTorch 1.13.1 (Debian 12's python3-torch 1.13.1+dfsg-4, which calls itself 1.13.0a0). Another processor or
PyTorch may change the last digits of the dense cases, within the bound that golden_test.go derives.

Inputs are not stored: golden_test.go makes the same ones from the generator below (numbers). Of a problem only what is
not its default is stored: no stride means 1, no pool stride means its size.

"cases": problems with PyTorch's "dst" (shape), "values", and "magnitude", sum |x||w| + |b| pooled like the values, for
problems without special values. "special" puts NaN, infinities or zeros into inputs: [tensor, element, value].
"verdicts": problems at and over the edge of what is allowed, with whether PyTorch "refused" or "computed" them, and what
it said. Where gpuconv differs, golden_test.go says so and why.
"""
import itertools
import json
import math
import os

import torch
import torch.nn.functional as F

torch.set_num_threads(1)  # the order of sums does not depend on the machine's cores

GRID, DENSE = "grid", "dense"
SRC, WEIGHT, BIAS = 1, 2, 3  # the seeds of the generator


def numbers(shape, seed, fill):
    """A linear congruential generator (Numerical Recipes' constants). grid: multiples of 1/64 in [-2, 2), of which
    every sum here is exact in float64. dense: 24 bits times a power of two in [1/128, 1], of which sums round."""
    state, values = seed * 0x9E3779B9 & 0xFFFFFFFF, []
    for _ in range(math.prod(shape)):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        if fill == GRID:
            values.append(((state >> 24) - 128) / 64)
        else:
            values.append(((state >> 5 & 0xFFFFFF) - 2**23) / 2 ** (23 + (state >> 29)))
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def tensors(p):
    x, w = numbers(p["src"], SRC, p["fill"]), numbers(p["weight"], WEIGHT, p["fill"])
    b = numbers(p["weight"][:1], BIAS, p["fill"]) if p["bias"] else None
    for name, at, value in p["special"] or []:
        {"src": x, "weight": w, "bias": b}[name].view(-1)[at] = float(value)
    return x, w, b


def compute(p, x, w, b, activation):
    top, bottom, left, right = p["padding"] or (0, 0, 0, 0)
    mode = {"zeros": "constant"}.get(p["mode"], p["mode"])
    if p["padding"]:
        x = F.pad(x, (left, right, top, bottom), mode=mode)
    stride, dilation = [(1, 1) if v is None else v for v in (p["stride"], p["dilation"])]
    y = F.conv2d(x, w, b, stride=stride, dilation=dilation, groups=1 if p["groups"] is None else p["groups"])
    if activation == "relu":
        y = F.relu(y)
    if activation == "energy":  # of magnitudes too: it is a norm
        y = torch.sqrt(y[:, 0::2] ** 2 + y[:, 1::2] ** 2)
    if p["pool"]:
        pool = F.max_pool2d if p["pool"]["kind"] == "max" else F.avg_pool2d
        y = pool(y, p["pool"]["size"], stride=p["pool"].get("stride"), ceil_mode=False)
    return y


def case(name, src, weight, fill=GRID, stride=None, dilation=None, padding=None, mode="zeros", groups=None, bias=True,
         activation="none", pool=None, special=None):
    """padding is (top, bottom, left, right); pairs are (H, W)."""
    return dict(name=name, src=src, weight=weight, fill=fill, stride=stride, dilation=dilation, padding=padding, mode=mode,
                groups=groups, bias=bias, activation=activation, pool=pool, special=special)


def pool(kind, size, stride=None):
    return dict(kind=kind, size=size) if stride is None else dict(kind=kind, size=size, stride=stride)


def cases():
    fills = itertools.cycle([GRID, GRID, DENSE])  # of a length that the loops below do not share

    def plain(name, *args, **kw):
        return case(name, *args, fill=next(fills), **kw)

    for kh, kw in [(1, 1), (2, 2), (3, 3), (4, 4), (3, 2), (2, 5), (1, 5), (5, 1), (7, 7)]:
        yield plain(f"kernel/{kh}x{kw}", (2, 1, 5, 6), (2, 1, kh, kw), padding=(kh // 2, kh // 2, kw // 2, kw // 2))
    for stride in [(1, 2), (2, 1), (2, 3), (5, 4), (9, 9)]:
        yield plain("stride/%dx%d" % stride, (1, 2, 9, 11), (3, 2, 3, 2), stride=stride)
    for dilation in [(1, 2), (2, 1), (3, 2), (4, 5)]:
        for stride in [None, (1, 2)]:
            yield plain("dilation/%dx%d/stride=%s" % (*dilation, stride), (1, 2, 9, 11), (1, 2, 3, 3), dilation=dilation,
                        stride=stride, padding=(1, 2, 0, 3))
    for mode in ["zeros", "reflect", "replicate", "circular"]:
        for padding, stride in [((1, 1, 1, 1), None), ((2, 0, 0, 3), (1, 2)), ((0, 3, 4, 1), None), ((4, 4, 5, 5), (2, 1))]:
            yield plain(f"mode/{mode}/{padding}", (1, 2, 5, 6), (2, 2, 3, 3), padding=padding, mode=mode, stride=stride)
        yield plain(f"mode/{mode}/dilated", (2, 1, 4, 5), (2, 1, 3, 2), padding=(2, 1, 1, 3), mode=mode, dilation=(2, 3))
        yield plain(f"mode/{mode}/grouped", (1, 4, 3, 4), (4, 2, 2, 3), padding=(1, 0, 2, 1), mode=mode, groups=2)
    yield plain("mode/circular/padding = size", (1, 1, 3, 4), (1, 1, 2, 2), padding=(3, 3, 4, 4), mode="circular")
    yield plain("mode/replicate/padding > size", (1, 1, 2, 3), (1, 1, 3, 3), padding=(5, 4, 6, 7), mode="replicate")
    yield plain("mode/replicate/one pixel", (1, 2, 1, 1), (2, 2, 2, 3), padding=(2, 1, 3, 2), mode="replicate")
    yield plain("mode/circular/one pixel", (1, 2, 1, 1), (2, 2, 2, 3), padding=(1, 1, 1, 1), mode="circular")
    yield plain("padding >= kernel", (1, 1, 3, 3), (1, 1, 2, 2), padding=(5, 4, 3, 6))
    for groups, c, k in [(2, 4, 6), (3, 3, 3), (3, 3, 6), (5, 10, 5), (2, 6, 2)]:
        yield plain(f"groups/{groups} of {c} to {k}", (2, c, 3, 3), (k, c // groups, 3, 2), groups=groups, padding=(1, 1, 1, 1))
    yield plain("groups/depthwise, strided", (1, 3, 5, 7), (9, 1, 2, 3), groups=3, stride=(2, 3), bias=False)
    yield plain("groups/70 channels, depthwise", (1, 70, 2, 3), (70, 1, 2, 2), groups=70)
    for fill in [GRID, DENSE]:
        yield case(f"70 channels/{fill}", (1, 70, 3, 5), (2, 70, 3, 3), fill, padding=(1, 1, 1, 1))
    for bias, activation, fill in itertools.product([False, True], ["none", "relu"], [GRID, DENSE]):
        yield case(f"epilogue/bias={bias}/{activation}/{fill}", (2, 2, 4, 5), (3, 2, 3, 3), fill, bias=bias, activation=activation)
    for kind, size, stride in [
        ("max", (2, 2), None), ("avg", (2, 2), None), ("max", (2, 3), None), ("avg", (3, 2), None), ("max", (3, 2), (2, 1)),
        ("avg", (3, 2), (1, 3)), ("max", (1, 3), (4, 4)), ("avg", (2, 1), (3, 2)), ("max", (7, 8), None), ("avg", (7, 8), None),
        ("max", (1, 1), (2, 3)),
    ]:
        for activation in ["none", "relu"]:
            yield plain(f"pool/{kind} {size} {stride}/{activation}", (1, 2, 7, 8), (2, 2, 3, 3), padding=(1, 1, 1, 1),
                        pool=pool(kind, size, stride), activation=activation)
    for fill, window in itertools.product([GRID, DENSE], [None, pool("max", (2, 2)), pool("avg", (2, 3), (1, 2))]):
        yield case(f"energy/{fill}/{window and window['kind']}", (2, 2, 5, 6), (4, 2, 3, 3), fill, padding=(1, 1, 1, 1),
                   activation="energy", pool=window)
    yield case("energy/groups", (1, 4, 5, 6), (8, 2, 3, 2), groups=2, activation="energy")
    for value in ["nan", "inf", "-inf"]:
        yield case(f"energy/{value}", (1, 2, 4, 6), (4, 2, 3, 3), padding=(1, 1, 1, 1), activation="energy",
                   special=[("weight", 20, value)])
    yield plain("shape/kernel = image", (2, 2, 5, 7), (3, 2, 5, 7))
    yield plain("shape/kernel = padded image", (2, 1, 3, 3), (2, 1, 5, 7), padding=(1, 1, 2, 2))
    yield plain("shape/dilated kernel = image", (2, 1, 5, 7), (2, 1, 3, 4), dilation=(2, 2))
    yield plain("shape/one pixel", (2, 3, 1, 1), (4, 3, 1, 1))
    yield plain("shape/one pixel, 3x3", (1, 1, 1, 1), (2, 1, 3, 3), padding=(1, 1, 1, 1))
    yield plain("shape/one row", (1, 2, 1, 13), (2, 2, 1, 5), padding=(0, 0, 2, 2))
    yield plain("shape/one column", (1, 2, 13, 1), (2, 2, 5, 1), padding=(2, 2, 0, 0))
    yield plain("shape/stride > kernel", (1, 2, 11, 13), (2, 2, 2, 2), stride=(5, 3))
    yield plain("shape/stride > image", (2, 1, 3, 3), (2, 1, 2, 2), stride=(70, 70))
    yield plain("shape/prime", (3, 1, 7, 11), (2, 1, 5, 3), stride=(1, 3), padding=(2, 2, 0, 0))
    yield plain("shape/empty batch", (0, 2, 5, 5), (3, 2, 3, 3))
    yield plain("shape/empty batch, all at once", (0, 4, 5, 6), (4, 2, 3, 3), padding=(1, 2, 3, 0), mode="circular", groups=2,
                activation="relu", pool=pool("max", (2, 2)))
    for mode, fill in itertools.product(["zeros", "reflect", "replicate", "circular"], [GRID, DENSE]):
        yield case(f"all at once/{mode}/{fill}", (2, 4, 11, 13), (6, 2, 3, 4), fill, stride=(2, 3), dilation=(2, 1),
                   padding=(1, 0, 2, 3), mode=mode, groups=2, activation="relu",
                   pool=pool("max" if fill == GRID else "avg", (2, 2), (1, 2)))
    yield from special_cases()


def special_cases():
    """Means are over powers of two here: all that is finite stays exact."""
    for value, where in itertools.product(["nan", "inf", "-inf"], ["src", "weight", "bias"]):
        for activation, window in [("none", None), ("relu", None), ("none", pool("max", (2, 2))), ("relu", pool("max", (2, 2))),
                                   ("none", pool("avg", (2, 2)))]:
            yield case(f"special/{value} in {where}/{activation}/{window and window['kind']}", (1, 2, 4, 6), (2, 2, 3, 3),
                       padding=(1, 1, 1, 1), activation=activation, pool=window,
                       special=[(where, {"src": 9, "weight": 13, "bias": 1}[where], value)])
    for mode in ["reflect", "replicate", "circular"]:
        for value in ["nan", "-inf"]:
            yield case(f"special/{value} at a border/{mode}", (1, 1, 4, 5), (2, 1, 2, 3), padding=(2, 1, 1, 3), mode=mode,
                       special=[("src", 1, value)])
    yield case("special/inf - inf", (1, 1, 4, 5), (2, 1, 2, 2), special=[("src", 6, "inf"), ("src", 7, "-inf")])
    yield case("special/inf - inf, relu", (1, 1, 4, 5), (2, 1, 2, 2), activation="relu",
               special=[("src", 6, "inf"), ("bias", 1, "-inf")])
    yield case("special/inf times 0", (1, 1, 4, 5), (2, 1, 2, 2), special=[("src", 7, "inf"), ("weight", 2, 0)])
    yield case("special/inf in weight over zero padding", (1, 1, 3, 4), (2, 1, 3, 3), padding=(1, 1, 1, 1),
               special=[("weight", 0, "inf")])
    yield case("special/nan stays in its group", (1, 4, 3, 4), (4, 2, 2, 2), groups=2, special=[("src", 30, "nan")])
    yield case("special/nan stays in its image", (3, 1, 3, 4), (2, 1, 2, 2), special=[("src", 17, "nan")])
    yield case("special/nan between strides", (1, 1, 5, 7), (2, 1, 2, 2), stride=(3, 3), special=[("src", 16, "nan")])
    yield case("special/nan under a dilated kernel", (1, 1, 5, 7), (2, 1, 2, 2), dilation=(2, 3), special=[("src", 16, "nan")])
    yield case("special/max of nan and inf", (1, 1, 4, 6), (1, 1, 1, 1), bias=False, pool=pool("max", (2, 3)),
               special=[("weight", 0, 1), ("src", 1, "nan"), ("src", 2, "inf"), ("src", 3, "-inf"), ("src", 16, "inf")])


def verdicts():
    one = ((1, 1, 4, 5), (1, 1, 3, 3))
    for top, bottom, left, right in [(3, 3, 4, 4), (4, 0, 0, 0), (0, 4, 0, 0), (0, 0, 5, 0), (0, 0, 0, 5), (0, 0, 0, 7)]:
        yield case(f"reflect padding {top},{bottom},{left},{right} of 4x5", *one, padding=(top, bottom, left, right), mode="reflect")
    for top, bottom, left, right in [(4, 4, 5, 5), (5, 0, 0, 0), (0, 5, 0, 0), (0, 0, 6, 0), (0, 0, 0, 6), (0, 0, 11, 0)]:
        yield case(f"circular padding {top},{bottom},{left},{right} of 4x5", *one, padding=(top, bottom, left, right), mode="circular")
    yield case("replicate padding > size", *one, padding=(9, 9, 11, 11), mode="replicate")
    yield case("kernel = image", (1, 1, 4, 5), (1, 1, 4, 5))
    yield case("kernel > image along H", (1, 1, 4, 5), (1, 1, 5, 5))
    yield case("kernel > image along W", (1, 1, 4, 5), (1, 1, 4, 6))
    yield case("kernel = padded image", (1, 1, 4, 5), (1, 1, 5, 7), padding=(0, 1, 2, 0))
    yield case("kernel > padded image along H", (1, 1, 4, 5), (1, 1, 6, 5), padding=(0, 1, 2, 0))
    yield case("kernel > padded image along W", (1, 1, 4, 5), (1, 1, 5, 8), padding=(0, 1, 2, 0))
    yield case("dilated kernel = image", (1, 1, 5, 5), (1, 1, 3, 3), dilation=(2, 2))
    yield case("dilated kernel > image along H", (1, 1, 4, 5), (1, 1, 3, 3), dilation=(2, 1))
    yield case("dilated kernel > image along W", (1, 1, 4, 5), (1, 1, 3, 3), dilation=(1, 3))
    yield case("channels", (1, 3, 4, 5), (2, 2, 3, 3))
    yield case("groups not dividing the channels", (1, 3, 4, 5), (2, 1, 3, 3), groups=2)
    yield case("groups not dividing the filters", (1, 4, 4, 5), (3, 2, 3, 3), groups=2)
    yield case("more groups than channels", (1, 2, 4, 5), (4, 1, 3, 3), groups=4)
    yield case("channels of the weight not per group", (1, 4, 4, 5), (4, 4, 3, 3), groups=2)
    yield case("pool = sums", *one, pool=pool("max", (2, 3)))
    for kind in ["max", "avg"]:
        yield case(f"{kind} pool > sums along H", *one, pool=pool(kind, (3, 3)))
        yield case(f"{kind} pool > sums along W", *one, pool=pool(kind, (2, 4)))
        yield case(f"{kind} pool of size 0", *one, pool=pool(kind, (0, 2), (1, 1)))
        yield case(f"{kind} pool, stride -1", *one, pool=pool(kind, (2, 2), (1, -1)))
        yield case(f"{kind} pool, stride 0", *one, pool=pool(kind, (2, 2), (0, 1)))
    for value in [-1, 0]:
        yield case(f"stride {value}", *one, stride=(value, 1))
        yield case(f"dilation {value}", *one, dilation=(1, value))
        yield case(f"groups {value}", *one, groups=value)
    for mode in ["zeros", "reflect", "replicate", "circular"]:
        yield case(f"{mode} padding -1", *one, padding=(-1, 0, 0, 0), mode=mode)
        yield case(f"no rows, {mode} padding", (1, 1, 0, 5), (1, 1, 3, 3), padding=(2, 2, 0, 0), mode=mode)
    yield case("no rows", (1, 1, 0, 5), (1, 1, 3, 3))
    yield case("no channels", (1, 0, 4, 5), (2, 0, 3, 3))
    yield case("no filters", (1, 2, 4, 5), (0, 2, 3, 3), bias=False)
    yield case("no kernel rows", (1, 2, 4, 5), (2, 2, 0, 3))
    yield case("no kernel columns", (1, 2, 4, 5), (2, 2, 3, 0))


DEFAULTS = dict(fill=GRID, mode="zeros", activation="none", bias=False)


def stored(p):
    return {name: v for name, v in p.items() if v is not None and v != DEFAULTS.get(name)}


def plain_list(y):
    """JSON has no NaN and no infinity: they become strings."""
    return [v if math.isfinite(v) else str(v) for v in y.flatten().tolist()]


def golden(p):
    x, w, b = tensors(p)
    y = compute(p, x, w, b, p["activation"])
    g = dict(stored(p), dst=list(y.shape), values=plain_list(y))
    if not p["special"]:
        a = compute(p, x.abs(), w.abs(), None if b is None else b.abs(), "energy" if p["activation"] == "energy" else "none")
        g["magnitude"] = plain_list(a)
    return g


def verdict(p):
    try:
        y = compute(p, *tensors(p), p["activation"])
    except RuntimeError as refusal:
        return dict(stored(p), pytorch="refused", said=str(refusal).splitlines()[0])
    return dict(stored(p), pytorch="computed", dst=list(y.shape))


def lines(items):
    return ",\n".join(json.dumps(item, separators=(",", ":")) for item in items)


def main():
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reference.json")
    text = '{"made_by": "make_goldens.py, PyTorch %s",\n"cases": [\n%s\n],\n"verdicts": [\n%s\n]}\n' % (
        torch.__version__, lines(map(golden, cases())), lines(map(verdict, verdicts())))
    with open(path, "w") as f:
        f.write(text)


if __name__ == "__main__":
    main()
