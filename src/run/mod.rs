//! Drives flows to their end, side by side where they are independent, cleans up, emits events.
