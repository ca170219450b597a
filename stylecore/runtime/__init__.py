"""What belongs to the process: locks, memory, threads that work ahead, versions, cleaning up."""
