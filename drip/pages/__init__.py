"""Pages to look at: one file each, pictures drawn within, nothing fetched from anywhere, no script."""
