"""Statistics and weak points: what comes late, is damaged, belongs to nothing, was never looked at."""
