"""The recorder: a process beside the workload that reads sensors and writes a segment."""
