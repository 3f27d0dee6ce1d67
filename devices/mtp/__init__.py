"""Recorders that speak MTP or PTP: containers, datasets, sessions. No USB library here: devices/usb.py has it."""
