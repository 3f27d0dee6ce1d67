"""What names and folders on a recorder mean, maker by maker, as data (docs/formats/profile.md)."""

from devices.profiles.loading import load_profiles, parse_profile
from devices.profiles.match import choose, order
from devices.profiles.model import ClipFacts, Profile
from devices.profiles.segments import SegmentName, Segments

__all__ = [
    "ClipFacts",
    "Profile",
    "SegmentName",
    "Segments",
    "choose",
    "load_profiles",
    "order",
    "parse_profile",
]
