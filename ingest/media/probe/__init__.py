"""What a clip's bytes say: streams, exact times, damage. Everything here runs in the media child."""
