"""What this machine's sensors do, measured on this machine: refresh, window, gain, cost, idle levels."""
