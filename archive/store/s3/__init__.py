"""Objects in a bucket with versioning and Object Lock (docs/formats/store.md, "S3")."""
