"""KeyboardInterrupt at each step of a submitted batch, once and twice, with a library that only pretends."""

import sys
import threading
import weakref

import numpy as np
import pytest

from gpuconv import _conv, _library, _pending


class Pretended:
    """The functions of a batch. Some of them are interrupted."""

    def __init__(self, *interrupted):
        self.interrupted, self.done, self.cancelled = interrupted, threading.Event(), False

    def _step(self, name):
        if name in self.interrupted:
            raise KeyboardInterrupt

    def gpuconv_submit(self, plan, dst, src, images, pending):
        self._step("submit")
        pending._obj.value = 7
        self._step("submitted")
        return 0

    def gpuconv_wait(self, pending, milliseconds):
        if milliseconds == -1:
            self.done.wait()
        if milliseconds in (-1, 0):
            return 0 if self.done.is_set() else _library.TIMEOUT
        self._step("wait")
        return _library.TIMEOUT if self.interrupted and not self.done.is_set() else 0

    def gpuconv_cancel(self, pending):
        self._step("cancel")
        self.cancelled = True
        return 0


def wait(library):
    """Run a batch, and return references to its arrays, and whether it was interrupted."""
    plan = _conv._Plan.__new__(_conv._Plan)
    plan.closed, plan.library, plan.handle = True, library, 1
    dst, src = np.zeros(3, np.float32), np.zeros(3, np.float32)
    try:
        plan._wait(library, dst, src, 1)
    except KeyboardInterrupt:
        return (weakref.ref(dst), weakref.ref(src)), True
    return (weakref.ref(dst), weakref.ref(src)), False


def released(library, arrays):
    """Let the batch end. The next run, or the thread that waits for it, releases its arrays."""
    library.done.set()
    library.interrupted = ()
    wait(library)
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.daemon:
            thread.join()
    assert all(a() is None for a in arrays)


@pytest.mark.parametrize("again", [(), ("cancel",)])
@pytest.mark.parametrize("step", ["submitted", "wait"])
def test_interrupted(step, again):
    """What the library still uses stays, also if the handler is interrupted."""
    library = Pretended(step, *again)
    arrays, interrupted = wait(library)
    assert interrupted
    assert all(a() is not None for a in arrays)
    released(library, arrays)


def test_handler_that_does_not_begin(monkeypatch):
    """If the second interrupt comes before the handler's first step, a later run cancels and releases the batch."""

    def interrupted(library, batch):
        raise KeyboardInterrupt

    library = Pretended("wait")
    with monkeypatch.context() as patch:
        patch.setattr(_pending, "abandon", interrupted)
        arrays, _ = wait(library)
    assert all(a() is not None for a in arrays)
    assert not library.cancelled
    released(library, arrays)
    assert library.cancelled


def test_no_thread(monkeypatch):
    """If no thread can start, the arrays stay until a later run."""

    def start(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    library = Pretended("wait")
    arrays, interrupted = wait(library)
    assert interrupted
    assert all(a() is not None for a in arrays)
    released(library, arrays)


def test_not_interrupted():
    arrays, interrupted = wait(Pretended())
    assert not interrupted
    assert all(a() is None for a in arrays)
    assert not _pending._batches


def test_end_of_the_interpreter():
    """What is pending at the end is never freed."""
    library = Pretended("wait", "cancel")
    arrays, _ = wait(library)
    (batch,) = _pending._batches
    before = sys.getrefcount(batch)
    _pending._at_exit()
    assert sys.getrefcount(batch) == before + 1
    _pending.ctypes.pythonapi.Py_DecRef(_pending.ctypes.py_object(batch))
    del batch
    released(library, arrays)
