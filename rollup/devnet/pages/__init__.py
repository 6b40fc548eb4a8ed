"""Pages: single files that open offline, in the light or in the dark. Whatever a page shows is escaped by its template."""
