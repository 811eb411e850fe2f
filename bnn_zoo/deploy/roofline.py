"""How fast a core could compute binary convolutions at best: XNOR, popcount and add, in registers."""

from __future__ import annotations

import ctypes
import mmap
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

# The loops of roofline.s, assembled.
_AVX512 = bytes.fromhex(
    "62f37d4825c0ff62f17548efc962513d48efc062513548efc962512d48efd262512548efdb62511d48efe462511548efed62510d48eff662510548efff"
    "62e17d48efc162a27d4855c062313d48fec062e17d48efc962a27d4855c962313548fec962e17d48efd162a27d4855d262312d48fed262e17d48efd9"
    "62a27d4855db62312548fedb62e17d48efe162a27d4855e462311d48fee462e17d48efe962a27d4855ed62311548feed62e17d48eff162a27d4855f6"
    "62310d48fef662e17d48eff962a27d4855ff62310548feff48ffcf0f8567ffffffc5f877c3"
)
_AVX2 = bytes.fromhex(
    "c57e6f36c57e6f7e20c5fd76c0c5f5efc9c4413defc0c44135efc9c4412defd2c44125efdbc5fdefd1c4c16ddbdfc5ed72d204c4c16ddbd7c4e20d00db"
    "c4e20d00d2c5edfcd3c53dfcc2c5fdefe1c4c15ddbefc5dd72d404c4c15ddbe7c4e20d00edc4e20d00e4c5ddfce5c535fcccc5fdeff1c4c14ddbffc5cd"
    "72d604c4c14ddbf7c4e20d00ffc4e20d00f6c5cdfcf7c52dfcd6c57defe1c4411ddbefc4c11d72d404c4411ddbe7c4420d00edc4420d00e4c4411dfce5"
    "c44125fcdc48ffcf0f8560ffffffc5f877c3"
)
_SCALAR = bytes.fromhex("31c0" + "4889f14831d1f3480fb8c94801c8" * 8 + "48ffcf758bc3")

#: Name, what /proc/cpuinfo must list, code, bits a round: eight registers of 512 bits, four of 256, eight of 64.
_LOOPS = (
    ("avx512_vpopcntdq", {"avx512f", "avx512_vpopcntdq"}, _AVX512, 8 * 512),
    ("avx2", {"avx2"}, _AVX2, 4 * 256),
    ("popcnt", {"popcnt"}, _SCALAR, 8 * 64),
)


@dataclass(frozen=True)
class Roofline:
    """The calibration of one core.

    Args:
        instructions: what was measured.
        macs_per_second: binary multiply-accumulates of one core at best.
    """

    instructions: str
    macs_per_second: float

    def share(self, macs: int, seconds: float, threads: int = 1) -> float:
        """What part of the best speed a computation reached.

        Args:
            macs: binary multiply-accumulates.
            seconds: that they took.
            threads: how many cores took part.
        """
        return macs / seconds / (self.macs_per_second * threads)


def measure_roofline(seconds: float = 0.005, repeats: int = 60) -> Roofline | None:
    """Measures the core this runs on.

    Args:
        seconds: roughly, of each repeat; short ones fit between the time slices of other processes.
        repeats: the best one counts, since other processes only slow it down.

    Returns:
        The calibration, or None where it cannot be made: not x86-64 Linux, or code may not be written at run time.
    """
    flags = _cpu_flags()
    for name, needed, code, bits in _LOOPS:
        if needed <= flags:
            loop = _callable(code)
            if loop is None:
                return None
            rounds = 100_000
            took = _time(loop, rounds)
            rounds = max(int(rounds * seconds / max(took, 1e-6)), 1)
            best = min(_time(loop, rounds) for _ in range(repeats))
            return Roofline(name, rounds * bits / best)
    return None


def _cpu_flags() -> set[str]:
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        return set()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("flags"):
            return set(line.partition(":")[2].split())
    return set()


def _time(loop: Callable[[int, int], int], rounds: int) -> float:
    # Four bits a nibble, and the mask of the lower nibbles: what the AVX2 loop reads.
    table = np.array([bin(i).count("1") for i in range(16)] * 2 + [15] * 32, np.uint8)
    start = time.perf_counter()
    loop(rounds, table.ctypes.data)
    return time.perf_counter() - start


def _callable(code: bytes) -> Callable[[int, int], int] | None:
    try:
        page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    except (OSError, PermissionError):
        return None
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    function = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_uint64, ctypes.c_void_p)(address)
    function.page = page  # type: ignore[attr-defined]
    return function
