//! Name resolution and the TCP connection: to the target, or to the proxy before it.

use std::net::SocketAddr;
use std::time::Instant;

use tokio::net::{TcpStream, lookup_host};
use url::Url;

use super::address::proxy_of;
use super::look::Look;
use super::{Outcome, There};

/// Host and port that a socket is opened to, with who is there.
fn peer(there: &There) -> Option<(String, u16, &'static str)> {
    let proxy = proxy_of(there);
    let who = if proxy.is_some() { "the proxy" } else { "the target" };
    let url = proxy.or_else(|| Url::parse(there.base.as_str()).ok())?;
    // SOCKS has no default port that the crate knows.
    let port = url.port_or_known_default().unwrap_or(1080);
    let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']').to_owned();
    Some((host, port, who))
}

/// Does the name have addresses?
pub(super) async fn name(look: &mut Look<'_>) -> Outcome {
    let Some(there) = look.patient.there() else { return Outcome::ok("none needed") };
    let Some((host, port, who)) = peer(there) else {
        return Outcome::cut_off("the URL has no host", "Write --target https://host/scim/v2.");
    };
    let fix =
        format!("Check the host name of {who} for a slip; a name of an inner network needs its VPN or DNS server.");
    let found = tokio::time::timeout(there.options.connect_timeout, lookup_host((host.as_str(), port))).await;
    let addresses: Vec<SocketAddr> = match found {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(error)) => return Outcome::cut_off(format!("{host} has no address: {error}"), fix),
        Err(_) => return Outcome::cut_off(format!("no answer about {host} in time"), fix),
    };
    if addresses.is_empty() {
        return Outcome::cut_off(format!("{host} has no address"), fix);
    }
    let mut shown: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
    shown.dedup();
    look.addresses = addresses;
    let list = shown.join(", ");
    Outcome::ok(if shown == [host.as_str()] { format!("{list} is an address") } else { format!("{host} is {list}") })
}

/// Does a TCP connection stand?
pub(super) async fn connect(look: &mut Look<'_>) -> Outcome {
    let Some(there) = look.patient.there() else { return Outcome::ok("none needed") };
    let who = peer(there).map_or("the target", |(_, _, who)| who);
    let mut last = "there is no address".to_owned();
    for (n, address) in look.addresses.iter().enumerate() {
        let start = Instant::now();
        match tokio::time::timeout(there.options.connect_timeout, TcpStream::connect(address)).await {
            Ok(Ok(_)) => {
                let seen = format!("{address} in {}", milliseconds(start.elapsed()));
                let fix = format!("{last}; remove that address from the DNS of {who}, clients may try it first.");
                let working = *address;
                let outcome = if n == 0 { Outcome::ok(seen) } else { Outcome::warn(seen, fix) };
                look.addresses = vec![working];
                // `localhost` has two addresses on most machines, and a server may listen on one of them.
                return if there.base.is_loopback() {
                    Outcome { fix: None, ..Outcome::ok(outcome.seen) }
                } else {
                    outcome
                };
            }
            Ok(Err(error)) => last = format!("{address}: {error}"),
            Err(_) => last = format!("{address}: no connection in {} s", there.options.connect_timeout.as_secs()),
        }
    }
    let way = if proxy_of(there).is_some() {
        "NO_PROXY with the name of the target goes without it."
    } else {
        "`--proxy URL` goes through a proxy."
    };
    let fix = format!("Is {who} running, and are host and port right? A firewall shows as a time-out; {way}");
    Outcome::cut_off(last, fix)
}

/// `12 ms`, `0.4 ms`.
pub(super) fn milliseconds(time: std::time::Duration) -> String {
    let ms = time.as_secs_f64() * 1000.0;
    if ms < 10.0 { format!("{ms:.1} ms") } else { format!("{ms:.0} ms") }
}
