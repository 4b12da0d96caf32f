#!/usr/bin/env python3
"""Times OpenCV's filter2D and SciPy's correlate2d, an image and a filter at a time.

filter2d.py [--library opencv|scipy] [--count 7] [--cpu-time] [CASE …]                  prints one JSON line per case
filter2d.py --serve [--library opencv|scipy]                             answers peers.py line by line: see peer.py

A case is N,Cin,H,W,Cout,K,pad,stride,groups, with one channel, stride 1 and outputs of the image's size.
"""
import time
import numpy as np
import peer

PATIENCE = 1.0  # seconds that a run may take; a case that takes longer is refused


class Bank:
    """A bank of filters on images of one channel. A subclass has filter, which computes one plane of outputs."""

    def __init__(self, case, x, weight):
        if not takes(case):
            raise peer.Refused("want one channel, stride 1 and outputs of the image's size")
        self.src, self.filters, self.dst = x[:, 0], weight[:, 0], np.empty(case["dst"], np.float32)
        self.images(1)  # the first calls take longer
        start = time.perf_counter()
        self.images(1)
        if (whole := (time.perf_counter() - start) * case["n"]) > PATIENCE:
            raise peer.Refused(f"one run would take about {whole:.2g} s, and {PATIENCE:g} s is allowed")

    def images(self, count):
        for image, planes in zip(self.src[:count], self.dst):
            for kernel, plane in zip(self.filters, planes):
                self.filter(image, kernel, plane)

    def run(self):
        self.images(len(self.src))

    def output(self, images):
        return self.dst[:images]


def takes(case):
    """Reports whether OpenCV's and SciPy's functions can compute a case."""
    rows, columns = case["weight"][2:]
    same = case["padding"] == [rows // 2, rows // 2, columns // 2, columns // 2] and rows % 2 == columns % 2 == 1
    return same and case["src"][1] == 1 and case["stride"] == case["dilation"] == [1, 1]


def opencv():
    import cv2

    class OpenCV(Bank):
        def __init__(self, case, x, weight, threads):
            cv2.setNumThreads(threads)
            super().__init__(case, x, weight)

        def filter(self, image, kernel, plane):
            cv2.filter2D(image, cv2.CV_32F, kernel, plane, borderType=cv2.BORDER_CONSTANT)

    return OpenCV, "OpenCV " + cv2.__version__, "filter2D"


def scipy():
    import scipy, scipy.signal

    class SciPy(Bank):
        def __init__(self, case, x, weight, threads):
            super().__init__(case, x, weight)

        def filter(self, image, kernel, plane):
            plane[:] = scipy.signal.correlate2d(image, kernel, mode="same")

    return SciPy, "SciPy " + scipy.__version__, "correlate2d"


if __name__ == "__main__":
    LIBRARIES = {"opencv": opencv, "scipy": scipy}
    parser = peer.arguments(__doc__)
    parser.add_argument("--library", choices=list(LIBRARIES), default="opencv")
    args = parser.parse_args()
    prepare, version, algorithm = LIBRARIES[args.library]()
    peer.main(args, version, prepare, algorithm=algorithm)
