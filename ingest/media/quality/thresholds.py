"""From which value on something is worth a word: one table, each line with its reason.

Measured on real recordings and on spoilt copies of them (docs/media.md, Quality). Chosen so that nothing is said about
any of the real ones: a finding that is wrong costs more than one that is missing.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureThresholds:
    """Of `picture.Measured`; luma from 0 to 255. "Real" are the lowest or highest values of real pictures."""

    # A black picture has 0; a lens in a pocket 7, because a sensor in the dark is not still.
    black_bright: float = 5.0
    # A covered lens shows a glow without any edge: 0.3 to 0.7; real ones 12 and more, at a sixteenth of
    # the light 0.9 and more.
    covered_texture: float = 0.8
    # A wall or the sky has no edges either, but light.
    covered_bright: float = 60.0
    # A sixteenth to a twelfth of a day's light gives 9 to 15; a quarter, in which a person sees enough, 46.
    dark_bright: float = 30.0
    dark_middle: float = 15.0
    # What has neither fine nor coarse detail cannot be told to be blurred.
    blurred_texture: float = 1.5
    # Blurred by a sixtieth of the width: 0.012 to 0.023; by a two-hundredth 0.08 to 0.16; real ones 0.13 and more.
    blurred: float = 0.04
    # Equal pixels in two looks. A frozen picture: 0.75 to 0.95 as soon as the encoder has settled; a recorder
    # that lies on a table: 0.2 to 0.6, because noise goes on; real ones at most 0.53.
    frozen_equal: float = 0.7
    # And pixels that are far off: a drawn or clean picture is mostly equal while something moves through it. The
    # recorder's clock changes at most 0.01 of them; what moves in a test picture 0.07 and more.
    frozen_far: int = 32
    frozen_moved: float = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundThresholds:
    """Of sound between -1 and 1."""

    # -60 dBFS: a quiet room through a recorder's microphone is 10 dB louder, a dead input 15 dB quieter.
    silent_level: float = 0.001
    # People pause for less.
    silent_us: int = 10_000_000
    # G.711's largest numbers are 0.980 (mu-law) and 0.984 (A-law); AAC gives a cut sample back a little lower.
    full_scale: float = 0.975
    # Of a second's samples: 10 ms of them. A knock or a door is shorter.
    clipped_share: float = 0.01


PICTURE = PictureThresholds()
SOUND = SoundThresholds()
