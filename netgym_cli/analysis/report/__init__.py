"""What runs and evaluations have come to, on one page: material, sections, page."""
