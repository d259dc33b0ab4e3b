//! The reference server: requests in, responses out, on a store. It knows nothing of the client.

mod sqlite;

pub use sqlite::SqliteStore;
