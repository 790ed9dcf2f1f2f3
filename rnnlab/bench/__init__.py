"""What costs how much time, measured beside others on this machine."""
