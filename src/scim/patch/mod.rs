//! PATCH (`RFC7644 §3.5.2`): parse a request, apply its operations in order, all or nothing.
//!
//! What the RFC leaves open, or what identity providers do differently, is a named switch of [`PatchOptions`].

mod options;

pub use options::PatchOptions;
