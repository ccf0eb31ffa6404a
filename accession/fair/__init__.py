"""How findable, accessible, interoperable and reusable a project is, by checks with weights and evidence."""
