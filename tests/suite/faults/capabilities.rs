//! The truth table of capabilities: whatever a server does not have and does not announce turns no rule of the standard red,
//! and an identity provider that needs it is told that the server is not ready.

use scimproof::fault::Faulty;
use scimproof::flow::Outcome;
use scimproof::profile::{Capabilities, Profile};
use scimproof::run::Options;
use scimproof::verdict::{Readiness, Verdict};

use super::{complaints, example, play};

/// A capability and its switch.
type Switch = (&'static str, fn(&mut Capabilities) -> &mut bool);

const SWITCHES: [Switch; 7] = [
    ("patch", |it| &mut it.patch),
    ("bulk", |it| &mut it.bulk),
    ("filter", |it| &mut it.filter),
    ("sort", |it| &mut it.sort),
    ("etag", |it| &mut it.etag),
    ("changePassword", |it| &mut it.change_password),
    ("groups", |it| &mut it.groups),
];

/// The bundled server without those capabilities, judged as a stranger by those scenarios (all, if none is named).
fn judge(without: u8, plays: &[String]) -> Result<Verdict, String> {
    let mut served = play::profile();
    for (bit, (_, switch)) in SWITCHES.iter().enumerate() {
        if without & (1 << bit) != 0 {
            *switch(&mut served.capabilities) = false;
        }
    }
    let assumed = Profile::named("rfc").unwrap();
    play::play(play::transport(&served, Faulty::new(play::server(&served))), &assumed, &Options::default(), plays)
}

fn words(without: u8) -> String {
    let off = SWITCHES.iter().enumerate().filter(|(bit, _)| without & (1 << bit) != 0).map(|(_, (name, _))| *name);
    format!("without [{}]", off.collect::<Vec<_>>().join(", "))
}

/// One capability, two, or all switched off; with `SCIMPROOF_ALL_CAPABILITIES` set every combination, by every scenario of
/// the standard, those that are written from tables too.
#[test]
fn what_is_not_announced_turns_nothing_of_the_standard_red() {
    let all = std::env::var_os("SCIMPROOF_ALL_CAPABILITIES").is_some();
    let tables = |id: &str| id.contains("-cases/");
    let plays = play::scenarios(|it| it.clients.is_empty() && it.id.starts_with("rfc/") && (all || !tables(&it.id)));
    assert!(plays.len() > 20, "{} scenarios of the standard", plays.len());
    let rows: Vec<u8> = (0..128_u8).filter(|row| all || matches!(row.count_ones(), 1 | 2 | 7)).collect();
    let wrong = complaints(&rows, |row| match judge(*row, &plays) {
        Ok(verdict) => {
            let red = play::ids(&verdict, Outcome::Fail);
            red.iter().map(|id| format!("{}: {id}: {}", words(*row), example(&verdict, id))).collect()
        }
        Err(error) => vec![format!("{}: {error}", words(*row))],
    });
    assert!(wrong.is_empty(), "{} complaints\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_client_whose_flows_need_what_is_missing_is_told_that_the_server_is_not_ready() {
    // Patch: the legacy and the new dialect of Entra ID, and Okta's deactivation by PATCH. Filter: looking up before creating.
    let rows = [
        (1 << 0, ["okta/oin_patch_user", "entra/legacy", "entra/aadOptscim062020"].as_slice()),
        (1 << 2, &["okta/aiw", "okta/oin", "okta/oin_patch_user", "entra/legacy", "entra/aadOptscim062020"]),
        (1 << 6, &["okta/aiw", "entra/legacy", "entra/aadOptscim062020"]),
    ];
    let wrong = complaints(&rows, |(without, clients)| {
        let verdict = judge(*without, &[]).unwrap();
        let readiness = play::readiness(&verdict);
        let asked = clients.iter().filter(|client| readiness.get(**client) != Some(&Readiness::NotReady));
        asked.map(|client| format!("{}: {client} is {:?}", words(*without), readiness.get(*client))).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
