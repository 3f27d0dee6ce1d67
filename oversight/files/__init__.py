"""What the rules say of a case file: certificates, stages that are not skipped, the gate of legal review."""
