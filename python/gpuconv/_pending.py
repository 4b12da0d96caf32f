"""Batches that the library computes while Python does something else, and the arrays that they use.

The library reads and writes these arrays until gpuconv_wait returns something other than TIMEOUT. KeyboardInterrupt may
come between any two steps of Python, more than once. So an array is kept here from before its batch is submitted, and
forgotten only after it is done. Whatever is interrupted, an array may live too long, and never too short.
"""

import atexit
import contextlib
import ctypes
import threading
import weakref

from . import _library


class Waiter:
    """What the function that waits for a batch holds. It dies with that function, however that ends."""


class Batch:
    """A batch. Its handle is 0 until it is submitted."""

    def __init__(self, waiter, *arrays):
        self.handle, self.waiter, self.arrays = ctypes.c_uint64(), weakref.ref(waiter), arrays
        self.abandoned = False


_batches = set()
add, discard = _batches.add, _batches.discard


def abandon(library, batch):
    """Cancel a batch for which nobody waits any more. A thread waits for it in the end."""
    batch.abandoned = True
    library.gpuconv_cancel(batch.handle)
    with contextlib.suppress(RuntimeError):  # no thread can start: release does it
        threading.Thread(target=_wait, args=(library, batch, -1), daemon=True).start()


def release(library):
    """Cancel batches for which nobody waits any more, and release what those that are done have used."""
    for batch in list(_batches):
        if batch.abandoned or batch.waiter() is None:
            library.gpuconv_cancel(batch.handle)
            _wait(library, batch, 0)


def _wait(library, batch, milliseconds):
    if library.gpuconv_wait(batch.handle, milliseconds) != _library.TIMEOUT:
        discard(batch)


@atexit.register
def _at_exit():
    """Keep arrays for ever: an interpreter that ends frees what it has, and the library may still write."""
    for batch in list(_batches):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(batch))
