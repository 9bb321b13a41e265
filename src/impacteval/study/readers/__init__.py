"""One module a file format; each gives named columns, or every problem at once."""
