"""The application that takes messages of other levels: of its own, beside the archive's pages."""
