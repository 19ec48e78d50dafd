# The office and the bastion.
clients = ["10.20.0.0/16"]
