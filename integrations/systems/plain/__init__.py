"""Systems without habits of their own: any JSON, any XML, Darwinbox."""
