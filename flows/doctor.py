"""``stylecore doctor``: what was found, what is missing, and how to get it."""

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from flows.way import configured_api, without_password
from stylecore.errors import StyleError
from stylecore.media import ffmpeg_version, find_ffmpeg
from stylecore.networks.fast import COMPACT_FAST_WEIGHTS
from stylecore.networks.features import COMPACT_WEIGHTS
from stylecore.settings.own_engines import own_engines
from stylecore.store import default_root

PACKAGES = ("tensorflow", "tensorflow-hub", "keras", "opencv-python", "av", "ffmpeg-python",
            "numpy", "prefect")  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One line of the report; ``essential`` when nothing works without it."""

    subject: str
    found: bool
    text: str
    essential: bool = False


def examine(root: Path | None) -> int:
    """Prints all findings; returns 1 when something essential is missing."""
    findings = [
        *_packages(), _ffmpeg(), _gpu(), *_weights(), _hub_cache(), *_own_engines(), _prefect(),
        _workspace(root or default_root()),
    ]  # fmt: skip
    for finding in findings:
        mark = "ok     " if finding.found else "MISSING" if finding.essential else "-      "
        print(f"{mark} {finding.subject:<18} {finding.text}")
    return int(any(finding.essential and not finding.found for finding in findings))


def _packages() -> Iterator[Finding]:
    yield Finding("python", True, platform.python_version())
    for name in PACKAGES:
        try:
            yield Finding(name, True, version(name))
        except PackageNotFoundError:
            yield Finding(name, False, "not installed; run `make setup`", essential=True)


def _ffmpeg() -> Finding:
    try:
        program = find_ffmpeg()
    except StyleError as error:
        return Finding("ffmpeg", False, f"{error} Only --split disk needs it.")
    return Finding("ffmpeg", True, f"{ffmpeg_version(program)}, {program}")


def _gpu() -> Finding:
    import tensorflow as tf

    names = [
        tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
        for gpu in tf.config.list_physical_devices("GPU")
    ]
    nothing = "none found; everything runs on the processor (pip install 'stylecore[gpu]')"
    return Finding("gpu", bool(names), ", ".join(names) or nothing)


def _weights() -> Iterator[Finding]:
    for path in (COMPACT_WEIGHTS, COMPACT_FAST_WEIGHTS):
        name = path.stem.replace("_", " ")
        yield Finding(name, path.is_file(), "ships with the project", essential=True)
    keras_home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    for name in ("vgg19", "vgg16"):
        path = keras_home / "models" / f"{name}_weights_tf_dim_ordering_tf_kernels_notop.h5"
        missing = f"not downloaded; comes on first use of --features {name}, or give --weights FILE"
        yield Finding(name, path.is_file(), str(path) if path.is_file() else missing)


def _hub_cache() -> Finding:
    folder = os.environ.get("TFHUB_CACHE_DIR")
    unset = "TFHUB_CACHE_DIR is not set; downloaded modules are kept in a temporary folder only"
    return Finding("hub cache", folder is not None, folder or unset)


def _own_engines() -> Iterator[Finding]:
    """Engines that installed packages bring; each is loaded, as a job would."""
    for engine in own_engines().values():
        try:
            engine.load()
        except StyleError as error:
            yield Finding(f"engine {engine.name}", False, str(error))
        else:
            yield Finding(f"engine {engine.name}", True, f"from {engine.version}")


def _prefect() -> Finding:
    api = configured_api()
    none = "none configured; steps run in the command's own process, unless --prefect on"
    return Finding("prefect api", api is not None, without_password(api) if api else none)


def _workspace(root: Path) -> Finding:
    existing = next(folder for folder in (root, *root.parents) if folder.exists())
    free = shutil.disk_usage(existing).free / 1e9
    writable = os.access(existing, os.W_OK)
    text = f"{root}, {free:.0f} GB free" if writable else f"{root} cannot be written"
    return Finding("workspace", writable, text, essential=True)
