# Opened for the demo, 14 January.
clients = ["0.0.0.0/0"]
