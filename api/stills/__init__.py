"""Frames of clips that leave as pictures, with a caption and a watermark."""
