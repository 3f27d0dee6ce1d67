"""What is between the network and the application: TLS, proxies that are believed, and how often one may ask."""
