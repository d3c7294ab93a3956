"""The only SQL: the schema, functions per noun, and migrations."""
