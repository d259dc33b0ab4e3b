//! Why a target cannot be judged: probes from the address down to the round trip, each with what was seen and the fix.
//!
//! It only reads. Wall-clock time comes as an argument; what is written of it is for `report`. It must not know
//! scenarios or verdicts.

mod access;
mod address;
mod answer;
mod look;
mod manner;
mod network;
mod offer;
mod probe;
#[cfg(test)]
mod tests;
mod tls;

pub use look::{Patient, Place, There};
pub use probe::{Outcome, Probe, Status};

use look::Look;
use time::OffsetDateTime;

/// One probe and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was probed.
    pub probe: Probe,
    /// What was seen, and the fix.
    pub outcome: Outcome,
}

/// Makes every probe, in the order of [`Probe::ALL`], where `now` is the local clock. One that needs an earlier one that failed is skipped and says so.
pub async fn examine(patient: &Patient, now: OffsetDateTime) -> Vec<Finding> {
    let mut look = Look::new(patient, now);
    let mut findings: Vec<Finding> = Vec::new();
    for probe in Probe::ALL {
        let blocked = findings.iter().find(|it| {
            probe.needs().contains(&it.probe) && matches!(it.outcome.status, Status::Fail | Status::Skipped)
        });
        let outcome = match blocked {
            Some(it) => Outcome::skipped(it),
            None => make(probe, &mut look).await,
        };
        findings.push(Finding { probe, outcome });
    }
    findings
}

/// Makes one probe.
async fn make(probe: Probe, look: &mut Look<'_>) -> Outcome {
    match probe {
        Probe::Address => address::address(look.patient),
        Probe::Proxy => address::proxy(look.patient),
        Probe::Name => network::name(look).await,
        Probe::Connect => network::connect(look).await,
        Probe::Tls => tls::tls(look).await,
        Probe::Answer => answer::answer(look).await,
        Probe::Base => answer::base(look).await,
        Probe::Anonymous => access::anonymous(look).await,
        Probe::Credentials => access::credentials(look).await,
        Probe::MediaType => answer::media_type(look),
        Probe::Clock => manner::clock(look),
        Probe::Capabilities => offer::capabilities(look),
        Probe::Discovery => offer::discovery(look).await,
        Probe::Users => offer::users(look),
        Probe::Rate => manner::rate(look).await,
        Probe::RoundTrip => manner::round_trip(look),
    }
}
