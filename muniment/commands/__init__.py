"""What each command does. One module for what belongs together; loaded when it runs."""
