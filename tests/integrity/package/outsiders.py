"""The `bagit` library as outsiders have it.

Its last release that comes as a wheel asks `pkg_resources` for its own version, and setuptools brings that no more:
`importlib.metadata` says the same.
"""

from __future__ import annotations

import sys
from importlib import metadata
from types import ModuleType

if "pkg_resources" not in sys.modules:
    _gone = ModuleType("pkg_resources")
    _gone.DistributionNotFound = metadata.PackageNotFoundError  # type: ignore[attr-defined]
    _gone.get_distribution = metadata.distribution  # type: ignore[attr-defined]
    sys.modules["pkg_resources"] = _gone

import bagit  # type: ignore[import-untyped]

Bag = bagit.Bag
