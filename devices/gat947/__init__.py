"""Recorders that are spoken to through their maker's library: the C functions that go with GA/T 947.4.

The standard's text was not at hand. What is held to is what published headers and bindings of three makers agree on:
the functions' names and arguments, the packed `ZFY_INFO`, the result codes. **No maker's own library was ever tried
with this**: the tests compile one of ours that behaves as those headers say, and several that misbehave.

A maker's library is foreign code in our address space, so it never is: every session runs in a child process with a
time limit (`child`), and only bytes come back. It finds one recorder at a time and says nothing of USB ports; nor can
it be asked what a recorder's clock shows. Once a recorder is switched to mass storage it is docked as a disk.
"""
