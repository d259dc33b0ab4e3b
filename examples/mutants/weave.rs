//! Writes all mutants into one copy of the sources: each site asks which mutant is at work. What does not compile is taken out
//! again until the rest does.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::list::{self, Mutant};
use crate::sites::{self, Kind, Site};

/// The file of the copy that says what became of each mutant in weaving.
pub const WOVEN: &str = "mutants-woven.json";
/// The variable that says which mutant is at work, by its number.
pub const ACTIVE: &str = "MUTANT";
/// The variable that names a file for the numbers of the sites that were reached.
pub const REACHED: &str = "MUTANTS_REACHED";

/// What became of a mutant in weaving.
#[derive(serde::Serialize, serde::Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In the copy, at this site.
    Site(usize),
    /// It does not compile.
    Unbuilt,
    /// Nothing can be asked where it stands: `cargo mutants` alone can try it.
    Alone,
}

/// One mutant of the copy.
#[derive(serde::Serialize, serde::Deserialize, Clone)]
pub struct Woven {
    pub name: String,
    pub place: Place,
}

/// Writes the copy: the tracked files of this folder, with the mutants of `list` in them.
pub fn weave(list: &Path, copy: &Path) -> Result<(), Box<dyn Error>> {
    let mutants = list::read(list)?;
    for file in tracked()? {
        let to = copy.join(&file);
        std::fs::create_dir_all(to.parent().unwrap_or(copy))?;
        std::fs::copy(&file, to)?;
    }
    let mut unbuilt = BTreeSet::new();
    loop {
        let woven = write(&mutants, copy, &unbuilt)?;
        let before = unbuilt.len();
        let errors = errors(copy)?;
        for (file, place) in &errors {
            let ranges = woven.ranges.get(file).into_iter().flatten();
            let inside = ranges.filter(|(range, _)| range.contains(place));
            if let Some((_, number)) = inside.min_by_key(|(range, _)| range.len()) {
                unbuilt.insert(*number);
            }
        }
        println!("{} mutants at {} sites, {} do not compile", mutants.len(), woven.sites, unbuilt.len());
        if errors.is_empty() {
            break write_places(&mutants, copy, &woven.places, &unbuilt);
        }
        if unbuilt.len() == before {
            break Err(format!("no mutant stands where the copy does not compile: {errors:?}").into());
        }
    }
}

fn write_places(
    mutants: &[Mutant],
    copy: &Path,
    places: &BTreeMap<usize, usize>,
    unbuilt: &BTreeSet<usize>,
) -> Result<(), Box<dyn Error>> {
    let place = |number| match places.get(&number) {
        Some(&site) => Place::Site(site),
        None if unbuilt.contains(&number) => Place::Unbuilt,
        None => Place::Alone,
    };
    let woven = mutants.iter().map(|mutant| Woven { name: mutant.name.clone(), place: place(mutant.number) });
    std::fs::write(copy.join(WOVEN), serde_json::to_vec_pretty(&woven.collect::<Vec<_>>())?)?;
    Ok(())
}

fn tracked() -> Result<Vec<String>, Box<dyn Error>> {
    let listed = Command::new("git").arg("ls-files").output()?;
    Ok(String::from_utf8(listed.stdout)?.lines().map(str::to_owned).collect())
}

/// What one writing of the copy came to.
#[derive(Default)]
struct Written {
    /// Of each file, where in it the text of a mutant stands.
    ranges: BTreeMap<String, Vec<(Range<usize>, usize)>>,
    /// The site of each mutant.
    places: BTreeMap<usize, usize>,
    sites: usize,
}

fn write(mutants: &[Mutant], copy: &Path, unbuilt: &BTreeSet<usize>) -> Result<Written, Box<dyn Error>> {
    let mut files: BTreeMap<&str, Vec<&Mutant>> = BTreeMap::new();
    for mutant in mutants {
        files.entry(&mutant.file).or_default().push(mutant);
    }
    let mut written = Written::default();
    for (file, mutants) in files {
        let text = std::fs::read_to_string(file)?;
        let mut sites = sites::find(&text, &mutants)?;
        for site in &mut sites {
            site.mutants.retain(|(number, _)| !unbuilt.contains(number));
        }
        sites.retain(|site| !site.mutants.is_empty());
        let woven = woven_text(&text, &sites, file, &mut written);
        std::fs::write(copy.join(file), woven)?;
    }
    let library = std::fs::read_to_string("src/lib.rs")?;
    std::fs::write(copy.join("src/lib.rs"), format!("{library}\n#[doc(hidden)]\npub mod mutants;\n"))?;
    std::fs::write(copy.join("src/mutants.rs"), at_work(written.sites))?;
    Ok(written)
}

/// The text with something before and behind every site; sites stand in each other or apart.
fn woven_text(text: &str, sites: &[Site], file: &str, written: &mut Written) -> String {
    // Behind a place come first the ends, the innermost first, and then the begins, the outermost first.
    let mut marks = Vec::new();
    for (index, site) in sites.iter().enumerate() {
        let length = site.range.len();
        marks.push((site.range.start, 1, usize::MAX - length, index));
        marks.push((site.range.end, if length == 0 { 2 } else { 0 }, length, usize::MAX - index));
    }
    marks.sort_unstable();
    let (mut out, mut from) = (String::new(), 0);
    for (at, turn, _, index) in marks {
        out.push_str(text.get(from..at).unwrap_or_default());
        from = at;
        match turn {
            1 => {
                let Some(site) = sites.get(index) else { continue };
                before(site, written.sites, &mut out, written.ranges.entry(file.to_owned()).or_default());
                written.places.extend(site.mutants.iter().map(|(number, _)| (*number, written.sites)));
                written.sites += 1;
            }
            _ => out.push_str(sites.get(usize::MAX - index).map_or("", |site| behind(site.kind))),
        }
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}

fn before(site: &Site, number: usize, out: &mut String, ranges: &mut Vec<(Range<usize>, usize)>) {
    let asked = format!("crate::mutants::at({number})");
    match site.kind {
        Kind::Guard => out.push_str(&format!("{} && (", none_of(site, &asked))),
        Kind::NoGuard => {
            out.push_str(" if ");
            out.push_str(&none_of(site, &asked));
        }
        Kind::Value | Kind::ShortField | Kind::Body => {
            if site.kind == Kind::ShortField {
                let name =
                    site.mutants.first().and_then(|(_, text)| text.rsplit_once('.')).map_or("", |(_, name)| name);
                out.push_str(&format!("{name}: "));
            }
            let gives = if site.kind == Kind::Body { "return " } else { "" };
            out.push_str(&format!("{}match {asked} {{ ", if site.kind == Kind::Body { "" } else { "(" }));
            for (mutant, becomes) in &site.mutants {
                let start = out.len();
                out.push_str(&format!("{mutant} => {{ {gives}({becomes}) }} "));
                ranges.push((start..out.len(), *mutant));
            }
            out.push_str(if site.kind == Kind::Body { "_ => {} } " } else { "_ => (" });
        }
    }
}

fn behind(kind: Kind) -> &'static str {
    match kind {
        Kind::Value | Kind::ShortField => ") })",
        Kind::Guard => ")",
        Kind::Body | Kind::NoGuard => "",
    }
}

fn none_of(site: &Site, asked: &str) -> String {
    let numbers = site.mutants.iter().map(|(number, _)| number.to_string()).collect::<Vec<_>>();
    format!("!matches!({asked}, {})", numbers.join(" | "))
}

/// The module of the copy that says which mutant is at work.
fn at_work(sites: usize) -> String {
    format!(
        "//! Which mutant is at work, and which sites were reached.
use std::fs::File;
use std::io::Write as _;
use std::sync::atomic::{{AtomicBool, Ordering}};
use std::sync::{{LazyLock, Mutex}};

static ACTIVE: LazyLock<usize> =
    LazyLock::new(|| std::env::var(\"{ACTIVE}\").ok().and_then(|number| number.parse().ok()).unwrap_or(0));
static REACHED: LazyLock<Option<Mutex<File>>> = LazyLock::new(|| {{
    let path = std::env::var_os(\"{REACHED}\")?;
    File::options().create(true).append(true).open(path).ok().map(Mutex::new)
}});
static SEEN: [AtomicBool; {sites}] = [const {{ AtomicBool::new(false) }}; {sites}];

/// The number of the mutant at work, 0 for none, asked at a site.
pub fn at(site: usize) -> usize {{
    if !SEEN[site].load(Ordering::Relaxed) && !SEEN[site].swap(true, Ordering::Relaxed) {{
        if let Some(Ok(mut file)) = REACHED.as_ref().map(Mutex::lock) {{
            let _ = file.write_all(format!(\"{{site}}\\n\").as_bytes());
        }}
    }}
    *ACTIVE
}}
"
    )
}

/// The places of the compiler's errors in the copy: file and byte.
fn errors(copy: &Path) -> Result<Vec<(String, usize)>, Box<dyn Error>> {
    let checked = Command::new("cargo")
        .args(["check", "--release", "--lib", "--message-format=json"])
        .current_dir(copy)
        .output()?;
    let mut places = Vec::new();
    for line in String::from_utf8_lossy(&checked.stdout).lines() {
        let message: Value = serde_json::from_str(line)?;
        let message = &message["message"];
        if message["level"] != "error" {
            continue;
        }
        for span in message["spans"].as_array().into_iter().flatten() {
            if let (Some(file), Some(start)) = (span["file_name"].as_str(), span["byte_start"].as_u64()) {
                places.push((file.to_owned(), usize::try_from(start)?));
            }
        }
        if places.is_empty() {
            println!("{}", message["rendered"].as_str().unwrap_or_default());
        }
    }
    if !checked.status.success() && places.is_empty() {
        return Err(String::from_utf8_lossy(&checked.stderr).into_owned().into());
    }
    Ok(places)
}
