"""MTP and PTP: the protocol, sans I/O, and a recorder that speaks it over a narrow link.

Formats, transactions and the recorder lie here; USB itself is devices/usb.py. Errors of this folder are
internal (`devices.mtp.errors`): what leaves `MtpRecorder` is devices/errors.py.
"""
