//! Conditions and expressions: one small typed language, a documented subset of CEL, the same
//! everywhere in a programme.
//!
//! [`expression`] is the typed tree that checking produces; settlement and the recount both read it,
//! each with an evaluator of its own.

pub mod expression;
