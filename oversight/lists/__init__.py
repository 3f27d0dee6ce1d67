"""The lists of an agency as versioned, published data: what has to be recorded, reviewed, done by whom and how."""
