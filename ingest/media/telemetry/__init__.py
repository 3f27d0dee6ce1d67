"""Where a recorder was: positions out of GoPro telemetry, MP4 location boxes and side files, as one track of a clip.

Runs in the media child only. Every parser here is our own, takes foreign bytes within bounds and knows one error,
`TelemetryError`. All values are integers. Nothing is smoothed, filled in or guessed: what cannot be a position is left
out and counted.
"""
