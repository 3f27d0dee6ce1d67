"""What is due when: on the desk, on a case's page, over the API, in the figures; and why something is late."""
