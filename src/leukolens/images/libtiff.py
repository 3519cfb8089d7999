"""libtiff's error messages as remarks on the file. By itself it prints them to standard error, without a name.

Pillow silences libtiff's warnings but not its errors, and has no switch for them; so the handler is set in the library
that Pillow has loaded. Where that cannot be reached (it is part of Pillow's own file on Windows), the messages are
printed as before.
"""

import ctypes
import functools
import sys

from leukolens.images.remarks import remark

_MAX_MESSAGE = 1000
"""Bytes of a message; libtiff's are below 200."""

_Handler = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_void_p)
"""TIFFErrorHandler(const char *module, const char *format, va_list); a va_list is passed as a pointer."""


@functools.cache
def listen() -> None:
    """Set the handler, once for the process."""
    from PIL import _imaging

    try:
        set_handler = ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler
        set_handler(_HANDLER)
    except (OSError, AttributeError):
        return


def _heard(module: bytes | None, form: bytes, values: int) -> None:
    text = ctypes.create_string_buffer(_MAX_MESSAGE)
    ctypes.CDLL(None).vsnprintf(text, ctypes.c_size_t(_MAX_MESSAGE), form, ctypes.c_void_p(values))
    message = f"{(module or b'libtiff').decode(errors='replace')}: {text.value.decode(errors='replace')}"
    if not remark(message):
        print(message, file=sys.stderr)


_HANDLER = _Handler(_heard)
"""Held here for as long as the process lives: libtiff keeps only its address."""
