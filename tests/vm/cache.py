# SPDX-License-Identifier: BSD-2-Clause
"""Where the test host keeps its files, and the locks that let several runs share them."""

import contextlib
import errno
import fcntl
import os
import pathlib
import shutil
import tempfile


class RigError(Exception):
    """The rig itself cannot go on; the message is one line that says what to do."""


def build_dir():
    """$BUILD_DIR, else build/ at the top of the source tree."""
    top = pathlib.Path(__file__).resolve().parents[2]
    return pathlib.Path(os.environ.get("BUILD_DIR") or top / "build").resolve()


def vm_dir():
    """Per-build files: run folders and the logs of failed runs."""
    return make_dir(build_dir() / "vm")


def cache_dir():
    """Kernels, images and probe results: $RINGLIB_CACHE, else <build>/vm."""
    path = os.environ.get("RINGLIB_CACHE")
    return make_dir(pathlib.Path(path).resolve()) if path else vm_dir()


def make_dir(path):
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as e:
        raise RigError(f"cannot create {path}: {e.strerror}; set BUILD_DIR or RINGLIB_CACHE") from e
    return path


@contextlib.contextmanager
def lock(name):
    """One process at a time builds cache entry @name; the others then find it ready."""
    with open(cache_dir() / f".lock-{name}", "w", encoding="ascii") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def replacing(path):
    """Yields a fresh folder next to @path that becomes @path if the body succeeds."""
    path = pathlib.Path(path)
    temp = pathlib.Path(tempfile.mkdtemp(prefix=f".new-{path.name}-", dir=make_dir(path.parent)))
    try:
        yield temp
        temp.chmod(0o755)
        if path.exists():
            shutil.rmtree(path)
        temp.rename(path)
    except OSError as e:
        if e.errno in (errno.ENOSPC, errno.EDQUOT):
            raise RigError(f"disk full while writing {path}; set RINGLIB_CACHE elsewhere") from e
        raise
    finally:
        shutil.rmtree(temp, ignore_errors=True)
