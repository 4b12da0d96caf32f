"""The inputs of a case, and whether a peer's outputs are right: within gpuconv's own error bound of its reference."""
import os
import numpy as np

WORK = 1e8  # multiplications that the reference makes for a case: they take it a fraction of a second


class Numbers:
    """Images and weights of a case, in files, and what the reference makes of them.

    There are at most two images. A peer repeats them to fill the batch, and the outputs of the first two are judged.
    """

    def __init__(self, case, folder, number, gpuconv, seed):
        self.case, self.base, self.gpuconv = case, os.path.join(folder, f"case{number}"), gpuconv
        self.x, self.w, self.y = (self.base + suffix for suffix in (".x", ".w", ".y"))
        rng = np.random.default_rng([seed, number])
        self.images = min(2, case["n"])
        x = rng.uniform(-1, 1, [self.images] + case["src"][1:]).astype(np.float32)
        w = rng.uniform(-1, 1, case["weight"]).astype(np.float32)
        x.tofile(self.x), w.tofile(self.w)
        self.filters = self.chosen(rng)
        self.want = self.reference(x, w[self.filters])
        # Float32 sums of n products are within γₙ·Σ|x||w| of the true ones, in any order. n is two larger here: one
        # rounding is that of the reference's outputs, which are stored as float32, and one is a margin.
        n = int(np.prod(case["weight"][1:])) + 2
        unit = n * 2.0 ** -24
        self.bound = unit / (1 - unit) * self.reference(np.abs(x), np.abs(w[self.filters]))

    def chosen(self, rng):
        """Returns the filters that are judged: all, or as many as WORK allows, with the first and the last."""
        count = self.case["weight"][0]
        most = max(2, int(WORK / (self.case["macs"] / self.case["n"] / count * self.images)))
        if self.case["groups"] > 1 or most >= count:
            return np.arange(count)
        return np.sort(np.concatenate([[0, count - 1], 1 + rng.choice(count - 2, most - 2, replace=False)]))

    def reference(self, x, w):
        """Returns what gpuconv's float64 reference makes of x and w, as float64."""
        paths = [self.base + suffix for suffix in (".x.npy", ".w.npy", ".y.npy")]
        np.save(paths[0], x), np.save(paths[1], w)
        text = lambda name: ",".join(map(str, self.case[name]))
        self.gpuconv("conv", "--input", paths[0], "--weight", paths[1], "--output", paths[2], "--backend", "reference",
            "--stride", text("stride"), "--padding", text("padding"), "--dilation", text("dilation"),
            "--groups", str(self.case["groups"]))
        y = np.load(paths[2]).astype(np.float64)
        for path in paths:
            os.remove(path)
        return y

    def wrong(self):
        """Returns what is wrong with a peer's outputs of the first images, or "".

        Each output must be within its bound, and the RMS error at most 1e-5 of the largest output. Float32 makes an RMS
        error of 1e-7 to 1e-6, TF32 1e-4. For sums of many products the bound alone would let TF32 pass.
        """
        got = np.fromfile(self.y, np.float32)
        if got.size != self.images * int(np.prod(self.case["dst"][1:])):
            return f"{got.size} outputs of {self.images} images of {self.case['dst'][1:]}"
        got = got.reshape([self.images] + self.case["dst"][1:])[:, self.filters]
        error = np.abs(got - self.want)
        if not (error <= self.bound).all():  # also if an error is NaN
            at = tuple(int(i) for i in np.argwhere(~(error <= self.bound))[0])
            return (f"image {at[0]}, filter {self.filters[at[1]]}, row {at[2]}, column {at[3]}: {got[at]:.9g} "
                f"instead of {self.want[at]:.9g}, which may be off by {self.bound[at]:.2g}")
        rms = float(np.sqrt(np.mean(error ** 2)) / np.abs(self.want).max())
        return "" if rms <= 1e-5 else f"RMS error {rms:.2g} of the largest output, at most 1e-5 is allowed"
