//! JSON and its schema, text.
