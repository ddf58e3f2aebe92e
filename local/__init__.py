"""What runs on your own machine: the emulator, replay and preview. Never deployed, never imported by handler/."""
