"""Systems that the gateway asks or tells: a protocol for each, a real adapter, a fake for the demo and tests."""
