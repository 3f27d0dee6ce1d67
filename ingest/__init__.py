"""What happens between a docking and a clip's release: acquiring, media facts, linking rules.

Imports archive and devices; knows no framework, no HTTP and no orchestration.
"""
