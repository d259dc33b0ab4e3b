//! `--fault`: named defects in front of the bundled server, and what is said about them. It knows no defect.

use std::fmt::Write as _;

use super::fault::Fault;
use super::guess;
use crate::fault::{self, Faulty};
use crate::report::terminal::wrap;
use crate::server::Server;

/// A server behind those defects.
///
/// # Errors
/// [`Fault`] (usage) for a name that no defect has, with the nearest ones.
pub fn before(server: Server, names: &[String]) -> Result<Faulty, Fault> {
    let faulty = Faulty::new(server);
    if let Some(name) = names.iter().find(|name| fault::named(name).is_none()) {
        let close = guess::nearest(name, fault::all().map(|(name, _)| name));
        let hint = if close.is_empty() {
            "`scimproof list --faults` shows what there is".to_owned()
        } else {
            format!("did you mean {}?", close.join(", "))
        };
        return Err(Fault::usage(format!("--fault {name}: there is no such fault; {hint}")));
    }
    faulty.switch(names).map_err(|unknown| Fault::usage(format!("--fault: {unknown}")))?;
    Ok(faulty)
}

/// All defects with who had them, for `list --faults`.
pub fn list() -> String {
    let mut text = format!("faults (--fault) ({})\n", fault::all().count());
    let width = fault::all().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, _) in fault::all() {
        let _ = writeln!(text, "  {name:<width$}  {}", sources(name));
    }
    text
}

fn sources(name: &str) -> String {
    let mut sources = Vec::new();
    let first = fault::first_name(name);
    let own = fault::proofs().iter().filter(|it| it.name == first).map(|it| &it.source);
    let caught = fault::caught().iter().filter(|it| it.name == name).map(|it| &it.source);
    let unjudged = fault::unjudged().iter().filter(|it| it.name == name).map(|it| &it.source);
    for source in own.chain(caught).chain(unjudged) {
        if !sources.contains(source) {
            sources.push(source.clone());
        }
    }
    sources.join("; ")
}

/// The page of a defect: where it was seen, what it must turn red, and how to see that; `None` if there is none.
pub fn page(name: &str, width: usize) -> Option<String> {
    let (name, _) = fault::named(name)?;
    let mut text = format!("{name}  a fault that can be put in front of the bundled server\n\n");
    let _ = writeln!(text, "  {:<10} {}", "source", sources(name));
    let mut row = |key: &str, words: &[String]| {
        for (number, line) in wrap(&words.join(", "), width, 13).trim_start().lines().enumerate() {
            let key = if number == 0 { key } else { "" };
            let _ = writeln!(text, "  {key:<10} {}", line.trim_start());
        }
    };
    let mut see = Vec::new();
    for it in fault::unjudged().iter().filter(|it| it.name == name) {
        row("red", &[format!("nothing. {}", it.reason)]);
    }
    for proof in fault::proofs().iter().filter(|it| it.name == fault::first_name(name)) {
        row("red", &proof.red);
        row("warns", &proof.warns);
        row("blocks", &proof.blocks);
        row("shown by", &proof.plays);
        see.push(format!("scimproof run --fault {name} --profile {}", proof.profile));
    }
    for caught in fault::caught().iter().filter(|it| it.name == name) {
        row("disproves", &caught.proves);
        let law = caught.proves.first().map(String::as_str).unwrap_or_default();
        see.push(format!("scimproof prove --fault {name} --profile {} --law {law}", caught.profile));
    }
    for line in see {
        row("see", &[line]);
    }
    Some(text)
}
