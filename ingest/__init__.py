"""What happens between docking and release: acquiring clips, media facts, linking."""
