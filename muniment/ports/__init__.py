"""The station's ports: a worker for each recorder that is plugged in, and the board that shows them."""
