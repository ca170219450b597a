"""What finished frames are tied to: a version of this program, and the machine that makes them."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PIXELS_VERSION = 23
"""Raised whenever anything changes a pixel of a painted frame for the same source and settings:
decoding, scaling, tone mapping, motion, coherence, statistics, styles, colours, engines, networks.
It is part of a job's key. ``tests/tools/golden.py`` holds it: checksums of small renders may change
only together with this number."""

LIBRARIES = ("numpy", "opencv-python", "av", "keras")
BACKENDS = ("tensorflow", "jax")
VECTOR_UNITS = frozenset(
    {"sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "avx512vl", "avx512_vnni"}
    | {"avx512_bf16", "avx_vnni", "amx_tile", "amx_bf16"}
    | {"asimd", "asimdhp", "sve", "sve2", "bf16", "i8mm"}
)
"""What processors' libraries choose their kernels by; the names of Linux."""
CPU_FACTS = Path("/proc/cpuinfo")
GPU_FACTS = Path("/proc/driver/nvidia/gpus")


def made_with() -> dict[str, str]:
    """What the bytes of frames may depend on beside the settings; loads no library."""
    backend = os.environ.get("KERAS_BACKEND", BACKENDS[0])
    return {
        **{name: _version(name) for name in (*LIBRARIES, backend)},
        "backend": backend,
        "processor": _processor(),
        "device": _device(),
    }


def differences(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """Each fact that is another one now, in words."""
    names = sorted(before.keys() | now.keys())
    pairs = [(name, before.get(name, "none"), now.get(name, "none")) for name in names]
    return [f"{name} {was}, now {new}" for name, was, new in pairs if was != new]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _processor() -> str:
    """Kind of the processor, with what it computes several numbers at once by."""
    try:
        lines = CPU_FACTS.read_text(errors="replace").splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}".strip()
    listed = next((line for line in lines if line.lower().startswith(("flags", "features"))), "")
    units = sorted(VECTOR_UNITS & set(listed.partition(":")[2].split()))
    return " ".join((platform.machine(), *units))


def _device() -> str:
    """Names of the NVIDIA cards that a network may run on, or ``cpu``."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return "cpu"
    models = []
    for facts in sorted(GPU_FACTS.glob("*/information")):
        try:
            lines = facts.read_text(errors="replace").splitlines()
        except OSError:
            continue
        models += [line.partition(":")[2].strip() for line in lines if line.startswith("Model:")]
    return ", ".join(models) or "cpu"
