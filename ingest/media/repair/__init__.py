"""A playable file from a damaged clip, by copying its samples, and an exact report of what was lost.

Parses foreign bytes, so all of it runs in the confined child (`ingest.media.repair.task`). The
original is read by descriptor and never changed; what is made is a rendition and says so. Samples
are copied as they are, never encoded again. What cannot be shown to be a whole sample is left out
and named in the report: a file that plays garbage is worse than none.
"""
