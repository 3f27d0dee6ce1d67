"""What `doctor` looks at, beside the archive itself. Looks only: nothing is changed or kept."""
