"""The functions of gpuconv.h, by ctypes. ctypes releases the GIL during each call."""

import contextlib
import ctypes
import operator
import os
import sys
import threading
import warnings

ABI = 1


class Error(RuntimeError):
    """Something that gpuconv could not do, though the call was right. The errors below are kinds of it."""


class NoDevice(Error):
    """No OpenGL device answers the request. The text says why each one failed."""


class DeviceLost(Error):
    """The driver has reset the GPU. The next call opens the device again."""


class Unsupported(Error):
    """The device cannot compute this convolution. Another one may."""


class Forked(Error):
    """This process is a fork of one that had loaded gpuconv, whose threads a fork does not copy."""


class Wrong(Error):
    """Outputs differ from the float64 reference by more than is allowed."""


class Closed(ValueError):
    """The object is already closed."""


# Codes of enum gpuconv_status that this file names.
_INVALID, _HANDLE, _NO_MEMORY, _WRONG, TIMEOUT = 1, 2, 6, 7, 8
_ERRORS = {
    _INVALID: ValueError,
    _HANDLE: Closed,
    3: Unsupported,
    4: NoDevice,
    5: DeviceLost,
    _NO_MEMORY: MemoryError,
    _WRONG: Wrong,
    10: Forked,
}


class Options(ctypes.Structure):
    """gpuconv_options."""

    _fields_ = [("size", ctypes.c_uint64)] + [
        (name, ctypes.c_char_p) for name in ("backend", "device", "algorithm", "precision", "programs")
    ]


class Problem(ctypes.Structure):
    """gpuconv_problem."""

    _fields_ = [
        ("size", ctypes.c_uint64),
        ("src", ctypes.c_int64 * 4),
        ("weight", ctypes.c_int64 * 4),
        ("stride", ctypes.c_int64 * 2),
        ("dilation", ctypes.c_int64 * 2),
        ("padding", ctypes.c_int64 * 4),
        ("groups", ctypes.c_int64),
        ("pool_size", ctypes.c_int64 * 2),
        ("pool_stride", ctypes.c_int64 * 2),
        ("padding_mode", ctypes.c_int32),
        ("activation", ctypes.c_int32),
        ("pool", ctypes.c_int32),
        ("reserved", ctypes.c_int32),
    ]


_address, _handle, _size = ctypes.c_void_p, ctypes.c_uint64, ctypes.c_size_t
_text = [ctypes.c_char_p, _size, ctypes.POINTER(_size)]
_FUNCTIONS = {
    "open": [ctypes.POINTER(Options), ctypes.POINTER(_handle)],
    "output_shape": [ctypes.POINTER(Problem), ctypes.POINTER(ctypes.c_int64)],
    "make_plan": [_handle, ctypes.POINTER(Problem), _address, _address, ctypes.POINTER(_handle)],
    "run": [_handle, _address, _address, ctypes.c_int64],
    "submit": [_handle, _address, _address, ctypes.c_int64, ctypes.POINTER(_handle)],
    "wait": [_handle, ctypes.c_int64],
    "cancel": [_handle],
    "list_devices": _text,
    "describe_device": [_handle, *_text],
    "describe": [_handle, *_text],
    "verify": [_handle, ctypes.POINTER(Problem), _address, _address, _address, *_text],
    "close": [_handle],
}


# Of Python's names for systems, those on which the library has another name than libgpuconv.so.
_NAMES = {"win32": "libgpuconv.dll", "cygwin": "libgpuconv.dll", "darwin": "libgpuconv.dylib"}


def file_name():
    """Return the name of the library's file on this system."""
    return _NAMES.get(sys.platform, "libgpuconv.so")


def _load():
    path = os.environ.get("GPUCONV_LIBRARY") or os.path.join(os.path.dirname(__file__), file_name())
    try:
        library = ctypes.CDLL(path)
        abi = library.gpuconv_abi
    except (OSError, AttributeError) as error:
        text = f"gpuconv: {error}; want the library of this package, or its path in GPUCONV_LIBRARY"
        raise ImportError(text) from None
    abi.restype = ctypes.c_uint32
    if abi() < ABI:
        raise ImportError(f"gpuconv: {path} has version {abi()} of the interface; want {ABI} or newer")
    library.gpuconv_last_error.restype = ctypes.c_char_p
    for name, arguments in _FUNCTIONS.items():
        function = getattr(library, "gpuconv_" + name)
        function.argtypes, function.restype = arguments, ctypes.c_int
    # gpuconv_run for arguments that are ctypes' objects already: without argtypes a call takes 0.6 µs in place of 1.4.
    library.run = library["gpuconv_run"]
    return library


_lock = threading.Lock()
_loaded = None
_parent = None  # in a fork: the process that had loaded the library


def _after_fork():
    """Remember that this is a fork. Threads that it lacks may hold locks: call forked before taking any lock."""
    global _parent
    if _parent is None and (_loaded is not None or _lock.locked()):
        _parent = os.getppid()


if hasattr(os, "register_at_fork"):  # Windows has no forks
    os.register_at_fork(after_in_child=_after_fork)


def forked():
    """Say if this is a fork of a process that had loaded the library."""
    return _parent is not None


def library():
    """Return the library. The first call loads it, so that import stays fast."""
    global _loaded
    if forked():
        raise Forked(f"process {os.getpid()}: this is a fork of process {_parent}, which loaded the library; want a "
                     "process that loads it itself: fork before that, or start a new program")
    if _loaded is None:
        with _lock:
            if _loaded is None:
                _loaded = _load()
    return _loaded


def raise_error(status):
    """Raise the error of the last call on this thread."""
    text = library().gpuconv_last_error().decode()
    raise _ERRORS.get(status, Error)(text)


def call(name, *arguments):
    """Call a function, and raise its error."""
    status = getattr(library(), "gpuconv_" + name)(*arguments)
    if status:
        raise_error(status)


def read(name, *arguments):
    """Call a function that writes JSON, and return what it says. Outputs that are wrong are not an error here."""
    import json

    length, room = _size(), 4096
    while True:
        text = ctypes.create_string_buffer(room)
        status = getattr(library(), "gpuconv_" + name)(*arguments, text, room, ctypes.byref(length))
        if status not in (0, _WRONG):
            raise_error(status)
        if length.value < room:
            return json.loads(text.value)
        room = length.value + 1


def options(backend, device, algorithm, precision):
    """Return the arguments that choose a device as a tuple of texts and None. device may be a number."""
    if device is not None and not isinstance(device, str):
        try:
            device = str(operator.index(device))
        except TypeError:
            raise TypeError(f"device {device!r}: want a text or a number") from None
    named = {"backend": backend, "device": device, "algorithm": algorithm, "precision": precision}
    return tuple(_option(name, value) for name, value in named.items())


def _option(name, value):
    if value is None:
        return None
    if not isinstance(value, str):
        raise TypeError(f"{name} {value!r}: want a text")
    if "\0" in value:
        raise ValueError(f"{name} {value!r}: want a text without zero bytes")
    return str(value)


class Device:
    """An open device."""

    def __init__(self, *key):
        self.lost = False
        texts = [None if v is None else v.encode() for v in key]
        handle, programs = _handle(), _programs()
        try:
            _open(texts, programs, handle)
        except ValueError as error:
            if programs is None:
                raise
            _open(texts, None, handle)  # fails again if the folder was not to blame
            _warn_once(f"{error}; compiled shaders are not kept")
        self.handle = handle.value

    @contextlib.contextmanager
    def used(self):
        """Forget the device if a call finds that it is lost. The next call then opens it again."""
        try:
            yield
        except DeviceLost:
            _forget(self)
            raise
        except Closed:
            if self.lost:  # another thread has seen it and closed it
                raise DeviceLost("the driver has reset the GPU: call again, which opens it again") from None
            raise


def _open(texts, programs, handle):
    asked = Options(ctypes.sizeof(Options), *texts, programs)
    call("open", ctypes.byref(asked), ctypes.byref(handle))


_warned = set()


def _warn_once(text):
    if text not in _warned:
        _warned.add(text)
        warnings.warn(text, RuntimeWarning, stacklevel=2)


def _programs():
    """Return the folder that keeps compiled shaders: the program's, which `gpuconv info` names."""
    named = os.environ.get("GPUCONV_CACHE")
    if named == "off":
        return None
    if not named:
        cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        named = os.path.join(cache, "gpuconv")
    return os.fsencode(os.path.join(named, "programs"))


_devices = {}


def device(*key):
    """Return the open device for (backend, device, algorithm, precision). Devices stay open, since opening is slow."""
    library()  # takes the lock too, and refuses a fork
    found = _devices.get(key)
    if found is None:
        with _lock:
            found = _devices.get(key)
            if found is None:
                found = _devices[key] = Device(*key)
    return found


def _forget(lost):
    """Close a device that is lost, and its plans with it."""
    with _lock:
        first, lost.lost = not lost.lost, True
        for key, kept in list(_devices.items()):
            if kept is lost:
                del _devices[key]
    if first:
        library().gpuconv_close(lost.handle)
