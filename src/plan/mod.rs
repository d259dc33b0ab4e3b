//! What runs, what is skipped and why: scenarios, clients, capabilities and selection in, plan out.
