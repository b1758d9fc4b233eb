"""What pretends to be the world behind the ports: virtual time, an in-memory journal and link."""
