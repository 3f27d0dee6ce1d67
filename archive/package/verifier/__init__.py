"""The parts of verify.py: standard library only, joined into one file by archive/package/joining.py.

Holds: no part imports anything of ours outside this folder, no top-level name is defined twice, the syntax is
that of Python 3.9, and an import of another part is always `from archive.package.verifier.part import name`.
"""
