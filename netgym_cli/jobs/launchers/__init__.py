"""Where the jobs of a sweep may run besides this machine: each module here hands them to one engine."""
