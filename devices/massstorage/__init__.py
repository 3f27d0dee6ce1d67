"""Recorders that are USB disks: their volumes mounted read-only, and read as folders.

A file system is recognised by its own first blocks, mounted with nothing that could write, and unmounted after.
"""

from devices.massstorage.recorder import MassStorageRecorder

__all__ = ["MassStorageRecorder"]
