//! What `main` hands to a command: arguments, environment, folder, day, streams. Read once; nothing below reads them
//! again. Everything that is written goes through here and is scrubbed of secrets first.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anstream::AutoStream;
use time::{Date, OffsetDateTime};

use super::args::Color;
use super::fault::Fault;
use crate::client::Environment;
use crate::wire::Redactor;

/// The world outside.
pub struct Context {
    /// The arguments, the program's name first.
    pub arguments: Vec<OsString>,
    /// The environment variables.
    pub environment: Environment,
    /// The current folder.
    pub folder: PathBuf,
    /// Today, UTC.
    pub today: Date,
    /// When the process began.
    pub now: OffsetDateTime,
    /// A number that nobody can foresee, for a run without `--seed`.
    pub entropy: u32,
    /// Knows every secret of this process.
    pub redactor: Redactor,
    /// Results.
    stdout: Stream,
    /// Talk.
    stderr: Stream,
    color: Color,
    /// Say more.
    pub verbose: bool,
}

/// An output stream.
struct Stream {
    writer: Mutex<Box<dyn Write + Send>>,
    terminal: bool,
}

impl Stream {
    fn new(writer: Box<dyn Write + Send>, terminal: bool) -> Self {
        Self { writer: Mutex::new(writer), terminal }
    }

    /// A reader that went away (`| head`) is no fault.
    fn write(&self, text: &str) {
        let mut writer = self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let _ = writer.write_all(text.as_bytes()).and_then(|()| writer.flush());
    }
}

/// Hands lines on, each scrubbed as soon as it is whole.
struct Scrubbed<'a> {
    redactor: &'a Redactor,
    line: Vec<u8>,
    to: &'a mut dyn Write,
}

impl Scrubbed<'_> {
    /// Hands on what is there.
    fn hand_on(&mut self) -> io::Result<()> {
        let text = String::from_utf8_lossy(&self.line);
        self.to.write_all(self.redactor.scrub(&text).as_bytes())?;
        self.line.clear();
        Ok(())
    }
}

impl Write for Scrubbed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                self.hand_on()?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_on()?;
        self.to.flush()
    }
}

impl Context {
    /// Reads the world; called once, by `main`.
    ///
    /// # Errors
    /// [`Fault`] when there is no current folder.
    pub fn from_process() -> Result<Self, Fault> {
        let now = OffsetDateTime::now_utc();
        let folder = std::env::current_dir().map_err(|error| Fault::ours(format!("no current folder: {error}")))?;
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Ok(Self {
            arguments: std::env::args_os().collect(),
            environment: variables,
            folder,
            today: now.date(),
            now,
            entropy: rand::random(),
            redactor: Redactor::default(),
            stdout: Stream::new(Box::new(std::io::stdout()), std::io::stdout().is_terminal()),
            stderr: Stream::new(Box::new(std::io::stderr()), std::io::stderr().is_terminal()),
            color: Color::Auto,
            verbose: false,
        })
    }

    /// Takes over the global flags.
    pub fn configure(&mut self, color: Color, verbose: bool) {
        self.color = color;
        self.verbose = verbose;
    }

    /// Writes a result to stdout.
    pub fn print(&self, text: &str) {
        self.stdout.write(&self.dress(text, &self.stdout));
    }

    /// Writes a line of talk to stderr.
    pub fn say(&self, text: &str) {
        self.stderr.write(&format!("{}\n", self.dress(text, &self.stderr)));
    }

    /// As [`Context::say`], with `--verbose` only.
    pub fn say_more(&self, text: &str) {
        if self.verbose {
            self.say(text);
        }
    }

    /// Writes a line to stderr as it stands: for the one secret that is made here and must be shown.
    pub fn reveal(&self, text: &str) {
        self.stderr.write(&format!("{text}\n"));
    }

    /// Writes an artefact, scrubbed of secrets; `-` is stdout.
    ///
    /// # Errors
    /// [`Fault`] (usage) when the file cannot be written.
    pub fn write_artefact(&self, path: &Path, text: &str) -> Result<(), Fault> {
        if path.as_os_str() == "-" {
            self.stdout.write(&self.redactor.scrub(text));
            return Ok(());
        }
        std::fs::write(path, self.redactor.scrub(text).as_bytes())
            .map_err(|error| Fault::usage(format!("cannot write {}: {error}", path.display())))
    }

    /// Adds a scrubbed text to the end of a file.
    ///
    /// # Errors
    /// [`Fault::usage`] when the file cannot be written.
    pub fn append(&self, path: &Path, text: &str) -> Result<(), Fault> {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        file.and_then(|mut file| file.write_all(self.redactor.scrub(text).as_bytes()))
            .map_err(|error| Fault::usage(format!("cannot write {}: {error}", path.display())))
    }

    /// Writes a file line by line while it is made, each line scrubbed; `-` is stdout. No secret may span lines: in JSON none can.
    ///
    /// # Errors
    /// [`Fault::usage`] when the file cannot be written.
    pub fn stream_artefact(
        &self,
        path: &Path,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Fault> {
        let stream = |to: &mut dyn Write| self.scrubbed(to, write);
        let written = if path.as_os_str() == "-" {
            // A reader that went away (`| head`) is no fault.
            let _ = stream(&mut *self.stdout.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
            Ok(())
        } else {
            std::fs::File::create(path).and_then(|file| stream(&mut io::BufWriter::new(file)))
        };
        written.map_err(|error| Fault::usage(format!("cannot write {}: {error}", path.display())))
    }

    /// Hands on what is written, line by line and scrubbed.
    ///
    /// # Errors
    /// The writer's.
    pub fn scrubbed(&self, to: &mut dyn Write, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let mut lines = Scrubbed { redactor: &self.redactor, line: Vec::new(), to };
        write(&mut lines)?;
        lines.flush()
    }

    /// Columns for prose.
    #[must_use]
    pub fn width(&self) -> usize {
        self.environment
            .get("COLUMNS")
            .and_then(|text| text.parse().ok())
            .map_or(80, |width: usize| width.clamp(60, 120))
    }

    /// True when a progress bar makes sense.
    #[must_use]
    pub fn shows_progress(&self) -> bool {
        self.stderr.terminal && !self.is_dumb()
    }

    fn is_dumb(&self) -> bool {
        self.environment.get("TERM") == Some("dumb")
    }

    fn colors(&self, stream: &Stream) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            // An empty NO_COLOR is as good as none (no-color.org).
            Color::Auto if self.environment.get("NO_COLOR").is_some() || self.is_dumb() => false,
            Color::Auto => stream.terminal || self.environment.get("CLICOLOR_FORCE").is_some_and(|text| text != "0"),
        }
    }

    fn dress(&self, text: &str, stream: &Stream) -> String {
        let clean = self.redactor.scrub(text);
        if self.colors(stream) {
            return clean.into_owned();
        }
        let mut plain = AutoStream::never(Vec::new());
        let _ = plain.write_all(clean.as_bytes());
        String::from_utf8_lossy(&plain.into_inner()).into_owned()
    }
}
