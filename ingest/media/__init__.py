"""What a clip's bytes say about themselves, and the pictures made from them.

The one folder that imports PyAV, and it does so in a child process only: `ingest.media.child` is
the door for everybody else. Nothing here writes to the store or the ledger, and nothing here can
hurt an original: clips are opened read-only, and the child writes into no file but the one that it
is given for a task that makes one.
"""
