"""`muniment.toml`: an archive's settings. No secrets in it; those come from the environment."""

from archive.settings.loading import check_origin, is_archive, load
from archive.settings.model import FORMAT, NAME, Settings
from archive.settings.text import write_text

__all__ = ["FORMAT", "NAME", "Settings", "check_origin", "is_archive", "load", "write_text"]
