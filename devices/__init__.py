"""Recorders, as folders and (elsewhere in this folder) as USB.

What lies on a recorder is listed, opened and read; nothing here ever writes to one, keeps
anything, or knows of archives, cases and officers. Imports nothing of ours but itself.
"""
