"""Transfer (移交): a closed case handed to an archive, with its metadata, what was tested, and the receipt."""
