"""Who watches, written over what they watch."""
