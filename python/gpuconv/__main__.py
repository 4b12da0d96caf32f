"""python -m gpuconv: the program."""

import os
import sys

from ._program import find

if __name__ == "__main__":
    os.execv(find(), ["gpuconv", *sys.argv[1:]])
