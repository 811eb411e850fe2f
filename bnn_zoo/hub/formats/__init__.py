"""How weights lie in a file: a file a format.

Each has `load(model, path, leave_out)`, which fills a model or changes nothing, and `check(path)`, which comes first where no hash
is recorded.
"""

from __future__ import annotations

#: The endings of each format's files, first the one that the cache gives them. A new format is one new file here, of its name (with
#: _ for -), and one line.
ENDINGS = {
    "packed": (".safetensors",),
    "keras-h5": (".h5", ".hdf5"),
    "pytorch": (".pth", ".pt", ".tar"),
}
