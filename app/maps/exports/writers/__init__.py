"""One writer a family of formats: write(file, job) takes the rows as they come and leaves one file."""
