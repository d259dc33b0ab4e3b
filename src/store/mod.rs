//! What the reference server needs of storage, and the in-memory store.
