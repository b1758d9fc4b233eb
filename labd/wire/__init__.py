"""The wire `labd/1`: topics and payloads, nothing that sends them."""
