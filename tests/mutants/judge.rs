//! What judges a changed server in the mutation runs (`docs/mutants.md`): `run` and `prove` alone, as a stranger would. Knows
//! nothing of what was changed.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What is played in one process: every profile under which the bundled server is correct and ready, with the products' other
/// choices, and the laws under two of them. Whatever would be said at any level kills.
const PLAYED: &[&[&str]] = &[
    &["run", "--profile", "reference"],
    &["run", "--profile", "rfc"],
    &["run", "--profile", "coalesce-catalog"],
    &["run", "--profile", "catalytic"],
    &["run", "--profile", "coalesce-sso"],
    &["run", "--profile", "interop"],
    &["run", "--profile", "ipsie-al1"],
    &["run", "--profile", "strict", "--idp", "okta"],
    &["run", "--profile", "other-catalog.toml"],
    &["run", "--profile", "other-catalytic.toml"],
    &["run", "--profile", "other-sso.toml"],
    &["run", "--profile", "other-reference.toml", "--idp", "okta"],
    &["prove", "--cases", "150", "--profile", "coalesce-catalog"],
    &["prove", "--cases", "150", "--profile", "catalytic"],
];

/// What is put behind which line of a text.
type Insertion = (&'static str, &'static str);

/// Choices that no embedded profile makes: the file, the embedded text that it begins with, and what is put into it.
const OTHERS: &[(&str, &str, &[Insertion])] = &[
    (
        "other-catalog.toml",
        include_str!("../../fixtures/profiles/coalesce-catalog.toml"),
        &[
            (
                "[role_mapping]\n",
                "conflict = \"last\"\nunmapped = \"keep\"\nrename = \"bound\"\nnames = \"exact\"\nnested = \"transitive\"\nmanual = \"kept\"\n",
            ),
            ("[users]\n", "deletion = \"soft\"\n"),
        ],
    ),
    (
        "other-catalytic.toml",
        include_str!("../../fixtures/profiles/catalytic.toml"),
        &[(
            "user_names = \"alphanumeric\"\n",
            "put_without_active = \"activates\"\ndeactivated_names = \"reactivates\"\n",
        )],
    ),
    (
        "other-sso.toml",
        include_str!("../../fixtures/profiles/coalesce-sso.toml"),
        &[("[accounts]\n", "email_scope = \"organization\"\n")],
    ),
    (
        "other-reference.toml",
        include_str!("../../fixtures/profiles/reference.toml"),
        &[("cursor = true\n", "bulk = false\n[users]\ndeletion = \"none\"\n")],
    ),
];

/// What is played over a socket: the listener, SQLite, Basic credentials, tokens of the server's own token endpoint.
const SERVED: &[(&[&str], &[&str])] = &[
    (&["--token", "t", "--store", "it.db"], &["run", "--token-env", "PASS"]),
    (&["--basic", "ada:PASS"], &["run", "--user", "ada", "--token-env", "PASS", "--quick"]),
    (
        &["--oauth-client-id", "ada", "--oauth-client-secret-env", "PASS"],
        &["run", "--auth", "oauth", "--oauth-client-id", "ada", "--token-env", "PASS", "--quick"],
    ),
];

/// One judgement: what is served, if it is judged over a socket, and what judges it.
#[derive(Clone, Copy)]
pub struct Step {
    served: Option<&'static [&'static str]>,
    asked: &'static [&'static str],
}

impl std::fmt::Display for Step {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = self.asked.iter().chain(self.served.unwrap_or_default());
        let words = words.filter(|word| **word != "--profile").copied().collect::<Vec<_>>();
        write!(out, "{}", words.join(" "))
    }
}

/// Every step of a judgement, in the order of the first test.
pub fn steps() -> Vec<Step> {
    let played = PLAYED.iter().map(|asked| Step { served: None, asked });
    let served = SERVED.iter().map(|&(served, asked)| Step { served: Some(served), asked });
    played.chain(served).collect()
}

/// How a step ended: its exit code, `None` where it had to be stopped, and what was printed.
pub struct Ended {
    pub code: Option<i32>,
    pub said: String,
}

/// A program that judges itself, and the folder in which it does.
pub struct Judge {
    program: PathBuf,
    folder: tempfile::TempDir,
}

impl Judge {
    pub fn new(program: impl Into<PathBuf>) -> std::io::Result<Self> {
        let folder = tempfile::tempdir()?;
        for (file, text, changes) in OTHERS {
            let whole = changes.iter().fold((*text).to_owned(), |text, (line, more)| match text.split_once(line) {
                Some((before, after)) => format!("{before}{line}{more}{after}"),
                None => format!("{text}\n{line}{more}"),
            });
            std::fs::write(folder.path().join(file), whole)?;
        }
        Ok(Self { program: program.into(), folder })
    }

    /// Plays one step with these variables of the environment; what takes longer than `limit` is stopped.
    pub fn play(&self, step: Step, environment: &[(&str, &str)], limit: Duration) -> std::io::Result<Ended> {
        for name in ["it.db", "it.db-wal", "it.db-shm"] {
            let _ = std::fs::remove_file(self.folder.path().join(name));
        }
        let until = Instant::now() + limit;
        let server = match step.served {
            Some(arguments) => match self.serve(arguments, environment)? {
                (server, Some(url)) => Some((server, url)),
                (_, None) => return Ok(Ended { code: Some(-1), said: "the server did not start".to_owned() }),
            },
            None => None,
        };
        let mut command = self.command(environment);
        command.args(step.asked).args(["--seed", "3"]);
        if step.asked.first() == Some(&"run") {
            command.args(["--fail-on", "warn"]);
        }
        if let Some((_, url)) = &server {
            command.args(["--profile", "rfc", "--target", url]);
            if step.asked.contains(&"oauth") {
                let place = url.find("/scim").unwrap_or(url.len());
                command.args(["--oauth-token-url", &format!("{}/oauth2/token", &url[..place])]);
            }
        }
        let mut said = tempfile::tempfile()?;
        command.stdout(said.try_clone()?).stderr(said.try_clone()?);
        let mut running = Running(command.spawn()?);
        let code = loop {
            match running.0.try_wait()? {
                Some(status) => break Some(status.code().unwrap_or(-1)),
                None if Instant::now() > until => break None,
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        drop(running);
        Ok(Ended { code, said: from_start(&mut said)? })
    }

    fn command(&self, environment: &[(&str, &str)]) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(self.folder.path()).env("PASS", "t").envs(environment.iter().copied());
        command
    }

    /// A server of this machine and its address, `None` where it ended before it had one.
    fn serve(&self, arguments: &[&str], environment: &[(&str, &str)]) -> std::io::Result<(Running, Option<String>)> {
        let mut command = self.command(environment);
        command.args(["serve", "--listen", "127.0.0.1:0", "--profile", "rfc"]).args(arguments);
        let mut server = Running(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?);
        let (say, said) = std::sync::mpsc::channel();
        if let Some(out) = server.0.stdout.take() {
            std::thread::spawn(move || {
                let mut line = String::new();
                let read = BufReader::new(out).read_line(&mut line);
                let _ = say.send(read.map(|_| line.trim().to_owned()).unwrap_or_default());
            });
        }
        let url = said.recv_timeout(Duration::from_secs(20)).unwrap_or_default();
        Ok((server, Some(url).filter(|url| !url.is_empty())))
    }
}

fn from_start(file: &mut File) -> std::io::Result<String> {
    use std::io::Seek as _;
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A process that ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
