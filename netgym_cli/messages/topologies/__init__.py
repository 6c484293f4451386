"""Who is joined to whom, one module per topology."""
