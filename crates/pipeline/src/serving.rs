//! The serving copy.
