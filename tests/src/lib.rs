//! The Rungs tests live here.
