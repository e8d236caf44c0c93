"""E-mail: HTML with a plain text beside it, through the company's own mail server."""
