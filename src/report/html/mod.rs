//! The report that one hands on: a single HTML file that needs no network. What a person must read stands in it as text;
//! everything else is the JSON report, compressed, which the page's script unpacks and draws. It decides nothing.

use std::io::{self, Write};

use base64::engine::general_purpose::STANDARD;
use base64::write::EncoderWriter;
use flate2::Compression;
use flate2::write::GzEncoder;

const STYLE: &str = include_str!("page.css");

/// The script in its parts: the tools and the shell of the page, what each kind of report shows, the start.
const SCRIPT: &[&str] = &[
    include_str!("page.js"),
    include_str!("exchanges.js"),
    include_str!("run.js"),
    include_str!("prove.js"),
    include_str!("load.js"),
    include_str!("start.js"),
];

/// What the page says before any script runs.
pub struct Head<'a> {
    /// The page's title: the verdict first.
    pub title: &'a str,
    /// The report as the terminal shows it, without colour.
    pub text: &'a str,
}

/// Writes the page. `data` writes the JSON report, `texts` is what the report needs of the catalogue, as a JSON object; both
/// free of secrets already.
///
/// # Errors
/// The writer's.
pub fn write(
    head: &Head,
    texts: &serde_json::Value,
    data: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (title, text) = (escaped(head.title), escaped(head.text));
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'; img-src data:\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header id=\"head\"></header>\n<nav id=\"tabs\" role=\"tablist\"></nav>\n\
         <main id=\"page\"><pre id=\"plain\">{text}</pre></main>\n"
    )?;
    blob(out, "data", data)?;
    blob(out, "texts", |to| Ok(serde_json::to_writer(to, texts)?))?;
    writeln!(out, "<script>\n\"use strict\";")?;
    for part in SCRIPT {
        out.write_all(part.as_bytes())?;
    }
    out.write_all(b"</script>\n</body>\n</html>\n")
}

/// Bytes for the script, compressed, as text that no HTML parser stumbles over.
fn blob(out: &mut dyn Write, id: &str, data: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    write!(out, "<script type=\"application/octet-stream\" id=\"{id}\">")?;
    let mut packed = GzEncoder::new(EncoderWriter::new(&mut *out, &STANDARD), Compression::default());
    data(&mut packed)?;
    packed.finish()?.finish()?;
    out.write_all(b"</script>\n")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_its_text_escaped_and_its_data_packed() {
        let mut out = Vec::new();
        let head = Head { title: "FAIL <b>", text: "a < b & \"c\"" };
        let texts = serde_json::json!({"x": ["</script>"]});
        write(&head, &texts, |to| to.write_all(br#"{"schema":"</script><script>alert(1)</script>"}"#), &mut out)
            .unwrap();
        let page = String::from_utf8(out).unwrap();
        assert!(page.contains("<title>FAIL &lt;b&gt;</title>") && page.contains("a &lt; b &amp; &quot;c&quot;"));
        assert!(!page.contains("alert(1)"), "what a server sent is nowhere as it stands");
        let packed = page.split("id=\"data\">").nth(1).unwrap().split('<').next().unwrap();
        let bytes = base64::Engine::decode(&STANDARD, packed).unwrap();
        let mut text = String::new();
        io::Read::read_to_string(&mut flate2::read::GzDecoder::new(bytes.as_slice()), &mut text).unwrap();
        assert_eq!(text, r#"{"schema":"</script><script>alert(1)</script>"}"#);
    }
}
