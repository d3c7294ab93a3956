"""Pages: pictures and tables as they are written."""
