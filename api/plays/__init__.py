"""What was really played of a clip, and who has seen it."""
