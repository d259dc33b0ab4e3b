//! Performs the steps of a flow: transports, credentials, TLS, proxy, retry, pacing.
